import { LakehouseError, sorted } from '../private';
import { type ReadColumnRules, readColumnRules } from './column-rules';
import { checkRenames, renameReason } from './contract-changes';
import { ContractFile } from './contract-file';
import type { DocumentPath } from './yaml-places';
import {
  COLUMN_PROPERTIES,
  type ColumnProperties,
  type ContractProperty,
  PROPERTY,
  STANDARD_KEYS,
} from './contract-schema';
import { IcebergType } from './iceberg-type';
import { PartitionTransform } from './partition-transform';
import { readBy, readCustomProperties, refuseUnknownKeys } from './schema-check';
import type { Column, PartitionField } from './table-spec';

/** The columns of a contract, with the roles they play. */
export interface ContractColumns {
  readonly columns: Column[];
  readonly keyColumns: string[];
  readonly partitionFields: PartitionField[];
  /** All names, those of columns whose type could not be read too. */
  readonly names: string[];
  readonly rules: ReadColumnRules[];
}

interface NamedColumn {
  readonly path: DocumentPath;
  readonly property: ContractProperty;
  readonly custom: ColumnProperties;
}

/** A column whose type could be read, with its place in the file. */
export interface ColumnEntry extends NamedColumn {
  readonly type: IcebergType;
}

/** Which physical types each logical type of the standard can have. */
const PHYSICAL: Record<string, RegExp> = {
  string: /^(string|uuid)$/,
  date: /^date$/,
  timestamp: /^timestamp(tz)?$/,
  time: /^time$/,
  number: /^(float|double|decimal|int|long)/,
  integer: /^(int|long)$/,
  object: /^struct$/,
  array: /^(list|binary|fixed)/,
  boolean: /^boolean$/,
  map: /^map$/,
  vector: /^list$/,
};

/** Reads the columns below a path; notes what is wrong with them and leaves out what cannot be read. */
export function readColumns(file: ContractFile, path: DocumentPath): ContractColumns {
  const listed = file.valueAt(path);
  const indexes = Array.isArray(listed) ? [...listed.keys()] : [];
  const named = indexes.flatMap((index) => readNamed(file, [...path, index]) ?? []);
  checkNames(file, named);
  const entries = named.flatMap((column) => readTyped(file, column) ?? []);
  return {
    columns: entries.map((entry) => columnOf(file, entry)),
    keyColumns: readKey(file, entries),
    partitionFields: readPartition(file, entries),
    names: named.map(({ property }) => property.name),
    rules: entries.map((entry) => readColumnRules(file, entry)),
  };
}

/** Runs a reader of a small language; notes its complaint at the path and returns undefined when it has one. */
export function attempt<T>(file: ContractFile, path: DocumentPath, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof LakehouseError)) {
      throw error;
    }
    file.reportText(path, error.message);
    return undefined;
  }
}

function readNamed(file: ContractFile, path: DocumentPath): NamedColumn | undefined {
  refuseUnknownKeys(file, path, STANDARD_KEYS.column);
  const property = readBy(file, path, PROPERTY);
  const custom = readCustomProperties(file, [...path, 'customProperties'], COLUMN_PROPERTIES);
  return property === undefined ? undefined : { path, property, custom };
}

function readTyped(file: ContractFile, { path, property, custom }: NamedColumn): ColumnEntry | undefined {
  const type = attempt(file, [...path, 'physicalType'], () => IcebergType.parse(property.physicalType));
  const fits = property.logicalType === undefined ? undefined : PHYSICAL[property.logicalType];
  if (type !== undefined && fits !== undefined && !fits.test(type.kind)) {
    file.report([...path, 'logicalType'], `a logical type that ${type.kind} can hold`, 'correct one of the two types');
  }
  return type === undefined ? undefined : { path, property, custom, type };
}

function columnOf(file: ContractFile, { path, property, custom, type }: ColumnEntry): Column {
  return {
    name: property.name,
    type,
    required: property.required ?? false,
    doc: property.description?.trim(),
    classification: property.classification,
    renamedFrom: custom.renamedFrom,
    renameReason: renameReason(property),
    declaredAt: file.at([...path, 'name']),
  };
}

function checkNames(file: ContractFile, entries: NamedColumn[]): void {
  const seen = new Set<string>();
  for (const { path, property } of entries) {
    if (seen.has(property.name)) {
      file.report([...path, 'name'], 'a name no other column has', 'rename or drop one of the two');
    }
    seen.add(property.name);
  }
  checkRenames(
    file,
    entries.map(({ path, property, custom }) => ({ path, property, former: custom.renamedFrom })),
  );
}

function readKey(file: ContractFile, entries: ColumnEntry[]): string[] {
  const key = entries.filter(({ property }) => property.primaryKey === true);
  for (const { path, property, type } of key) {
    if (property.required !== true) {
      file.report([...path, 'required'], 'true for a column of the primary key', 'set required: true');
    }
    if (!type.isPrimitive || type.kind === 'float' || type.kind === 'double') {
      file.report([...path, 'physicalType'], 'a type that can identify a row', 'no float, double or nested type can');
    }
  }
  return inOrder(file, key, 'primaryKeyPosition').map(({ property }) => property.name);
}

function readPartition(file: ContractFile, entries: ColumnEntry[]): PartitionField[] {
  for (const { path, property, custom } of entries) {
    if (custom.partitionTransform !== undefined && property.partitioned !== true) {
      file.report([...path, 'partitioned'], 'true beside partitionTransform', 'set partitioned: true');
    }
  }
  const names = new Set(entries.map(({ property }) => property.name));
  const fields = inOrder(
    file,
    entries.filter(({ property }) => property.partitioned === true),
    'partitionKeyPosition',
  );
  return fields.flatMap((entry) => partitionField(file, entry, names) ?? []);
}

function partitionField(file: ContractFile, entry: ColumnEntry, names: Set<string>): PartitionField | undefined {
  const { path, property, custom, type } = entry;
  const index = property.customProperties?.findIndex((item) => item.property === 'partitionTransform') ?? -1;
  const valuePath = index < 0 ? [...path, 'partitioned'] : [...path, 'customProperties', index, 'value'];
  const text = custom.partitionTransform ?? 'identity';
  const transform = attempt(file, valuePath, () => PartitionTransform.parse(text));
  if (transform === undefined) {
    return undefined;
  }
  if (!transform.accepts(type)) {
    file.report(
      valuePath,
      `a transform that ${type.toString()} can have`,
      `${transform.name} takes ${transform.acceptedTypes}`,
    );
  }
  const name = transform.fieldName(property.name);
  if (name !== property.name && names.has(name)) {
    file.report(valuePath, `a transform whose field name ${name} is no column`, 'rename that column');
  }
  return { column: property.name, transform };
}

/** The entries by their positions, which must differ; entries without one come last in the order of the file. */
function inOrder(
  file: ContractFile,
  entries: ColumnEntry[],
  key: 'primaryKeyPosition' | 'partitionKeyPosition',
): ColumnEntry[] {
  const taken = new Set<number>();
  for (const { path, property } of entries) {
    const position = property[key];
    if (position !== undefined && taken.has(position)) {
      file.report([...path, key], 'a position no other column has', 'number the columns 1, 2, 3');
    }
    taken.add(position ?? 0);
  }
  const rank = ({ property }: ColumnEntry) => property[key] ?? Number.MAX_SAFE_INTEGER;
  return sorted(entries, rank);
}

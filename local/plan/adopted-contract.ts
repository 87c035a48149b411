import { dump } from 'js-yaml';
import { failAll, problem } from '../../lib/private/errors';
import { COMMENT, type Field, type TableDefinition, fieldOf, typeText } from './definition';

/** A table to write a contract of. */
export interface Adopted {
  readonly zone: string;
  readonly domain: string;
  readonly name: string;
  readonly table: TableDefinition;
}

/** The properties that say how a table is written, read and cared for; others are an engine's notes. */
const SETTINGS = /^(write|read|commit|history|gc)\./;

/** What the standard calls the types. */
const LOGICAL: [RegExp, string][] = [
  [/^(string|uuid)$/, 'string'],
  [/^date$/, 'date'],
  [/^timestamp/, 'timestamp'],
  [/^time$/, 'time'],
  [/^(int|long)$/, 'integer'],
  [/^(float|double|decimal)/, 'number'],
  [/^boolean$/, 'boolean'],
  [/^struct$/, 'object'],
  [/^map$/, 'map'],
];

/**
 * A contract, as text, that asks for a table as it is.
 *
 * @throws LakehouseError with all that a contract cannot say of it
 */
export function contractOf({ zone, domain, name, table }: Adopted): string {
  failAll(`table '${name}'`, [...formatProblems(table), ...partitionProblems(table), ...sortProblems(table)]);
  const comment = table.properties[COMMENT];
  const document = {
    apiVersion: 'v3.2.0',
    kind: 'DataContract',
    id: `lakehouse-${zone}-${name.replaceAll('_', '-')}`,
    name,
    version: '1.0.0',
    status: 'active',
    domain,
    ...(comment === undefined ? {} : { description: { purpose: comment } }),
    schema: [
      {
        name,
        logicalType: 'object',
        physicalType: 'table',
        properties: table.fields.filter(isColumn).map((field) => columnOf(field, table)),
      },
    ],
    customProperties: [
      { property: 'zone', value: zone },
      ...(table.formatVersion === 2 ? [] : [{ property: 'formatVersion', value: table.formatVersion }]),
      ...listed('sortOrder', sortOrder(table)),
      ...listed('tableProperties', settings(table)),
    ],
  };
  return dump(document, { lineWidth: 120, skipInvalid: true, noRefs: true });
}

function columnOf(field: Field, table: TableDefinition) {
  const key = table.identifiers.indexOf(field.id);
  const position = table.partition.findIndex(({ source }) => source === field.id);
  const transform = table.partition[position]?.transform;
  return {
    name: field.name,
    logicalType: LOGICAL.find(([types]) => types.test(field.type))?.[1] ?? 'array',
    physicalType: typeText(field, table.fields),
    ...(field.required ? { required: true } : {}),
    ...(key < 0 ? {} : { primaryKey: true, primaryKeyPosition: key + 1 }),
    ...(position < 0 ? {} : { partitioned: true, partitionKeyPosition: position + 1 }),
    ...(field.doc === undefined ? {} : { description: field.doc }),
    ...(transform === undefined || transform === 'identity'
      ? {}
      : { customProperties: [{ property: 'partitionTransform', value: transform }] }),
  };
}

function sortOrder(table: TableDefinition) {
  return table.sort.map(({ source, direction, nulls }) => ({
    column: fieldOf(table, source)?.path,
    direction,
    nulls: nulls.replace('nulls-', ''),
  }));
}

function settings({ properties }: TableDefinition): Record<string, string> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => SETTINGS.test(name)));
}

function listed(property: string, value: object) {
  return Object.keys(value).length === 0 ? [] : [{ property, value }];
}

function formatProblems({ formatVersion }: TableDefinition): string[] {
  const remedy = "upgrade the table first, by its property 'format-version'";
  return formatVersion === 1 ? [problem({ path: 'formatVersion', must: '2 or 3', got: formatVersion, remedy })] : [];
}

function partitionProblems(table: TableDefinition): string[] {
  return table.partition.flatMap(({ name, source }, index) => {
    const isNested = !isColumn(fieldOf(table, source));
    const isSecond = table.partition.findIndex((field) => field.source === source) < index;
    const must = isNested ? 'made from a column that is not nested' : 'the only one of its column';
    const remedy = 'give the table another partition spec, or declare it with IcebergTable instead of a contract';
    return isNested || isSecond ? [problem({ path: `partition field ${name}`, must, got: source, remedy })] : [];
  });
}

function sortProblems(table: TableDefinition): string[] {
  const remedy = 'give the table another sort order, or declare it with IcebergTable instead of a contract';
  return table.sort
    .filter(({ transform, source }) => transform !== 'identity' || !isColumn(fieldOf(table, source)))
    .map(({ transform }) => problem({ path: 'sort order', must: 'of columns as they are', got: transform, remedy }));
}

function isColumn(field: Field | undefined): boolean {
  return field !== undefined && field.parent === undefined;
}

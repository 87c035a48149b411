import { didYouMean } from '../private';
import { type ContractColumns, readColumns } from './contract-columns';
import { readDroppedColumns } from './contract-changes';
import type { ContractData } from './contract-data';
import { type ContractFile, isRecord } from './contract-file';
import type { DocumentPath } from './yaml-places';
import { checkMaintenance, maintenanceOf } from './contract-maintenance';
import { checkOrigin, streamOf } from './contract-origin';
import {
  type ContractDocument,
  DOCUMENT,
  DOCUMENT_PROPERTIES,
  type DocumentProperties,
  STANDARD_KEYS,
} from './contract-schema';
import { readObjectives } from './contract-objectives';
import { readRules } from './dataset-rules';
import { customPath, readBy, readCustomProperties, refuseUnknownKeys } from './schema-check';
import { NullOrder, SortDirection, type SortField } from './table-spec';
import { Zone } from './zone';

const DATASET: DocumentPath = ['schema', 0];

/** Types whose values tell which version of a row is newer. */
const ORDERABLE = ['int', 'long', 'date', 'timestamp', 'timestamptz'];

/** Reads a contract file; notes everything that is wrong with it, and returns undefined when something is. */
export function readContract(file: ContractFile): ContractData | undefined {
  if (file.problems.length > 0) {
    return undefined;
  }
  if (!isRecord(file.value) || Array.isArray(file.value)) {
    file.report([], 'an object', 'write the contract of a dataset, or remove the file');
    return undefined;
  }
  refuseUnknownKeys(file, [], STANDARD_KEYS.document);
  refuseUnknownKeys(file, DATASET, STANDARD_KEYS.dataset);
  const document = readBy(file, [], DOCUMENT);
  const custom = readCustomProperties(file, ['customProperties'], DOCUMENT_PROPERTIES);
  const columns = readColumns(file, [...DATASET, 'properties']);
  const rules = readRules(file, DATASET, columns);
  const zone = readZone(file, custom);
  checkPlace(file);
  checkReferences(file, custom, columns);
  const droppedColumns = readDroppedColumns(file, custom, columns.columns);
  checkOrigin(file, custom, { zone, columns });
  checkMaintenance(file, custom);
  const objectives = readObjectives(file, document?.slaProperties ?? []);
  if (document === undefined || zone === undefined || file.problems.length > 0) {
    return undefined;
  }
  return {
    ...identity(file, document, zone),
    columns: columns.columns,
    rules,
    droppedColumns,
    keyColumns: columns.keyColumns,
    partitionFields: columns.partitionFields,
    sortFields: sortFields(custom),
    formatVersion: custom.formatVersion ?? 2,
    tableProperties: texts(custom.tableProperties ?? {}),
    orderingColumn: custom.orderingColumn,
    source: custom.source,
    stream: streamOf(custom, columns.keyColumns),
    derivedFrom: custom.derivedFrom && { ...custom.derivedFrom },
    maintenance: maintenanceOf(custom),
    ...objectives,
    expectedBytesPerDay: custom.expectedBytesPerDay,
  };
}

function identity(file: ContractFile, document: ContractDocument, zone: Zone) {
  const dataset = document.schema[0]?.name ?? '';
  return {
    zone,
    dataset,
    domain: document.domain,
    title: document.name ?? dataset,
    version: document.version,
    status: document.status,
    grain: document.schema[0]?.dataGranularityDescription?.trim(),
    purpose: document.description?.purpose?.trim() ?? document.name ?? dataset,
    file: file.name,
    declaredAt: file.at([...DATASET, 'name']),
  };
}

function readZone(file: ContractFile, custom: DocumentProperties): Zone | undefined {
  const names = Zone.all().map((zone) => zone.name);
  if (custom.zone === undefined) {
    file.report(['customProperties', 'zone'], `a zone: ${names.join(', ')}`, 'add it to customProperties');
    return undefined;
  }
  if (!names.includes(custom.zone)) {
    file.report(customPath(file, 'zone'), 'a zone of the lake', didYouMean(custom.zone, names));
    return undefined;
  }
  return Zone.of(custom.zone);
}

/** Jobs find a contract by its place, so the place must agree with the content. */
function checkPlace(file: ContractFile): void {
  const [folder, name] = file.name.split('/').slice(-2);
  const zonePath = customPath(file, 'zone');
  const zone = file.valueAt(zonePath);
  if (Zone.all().some(({ name: known }) => known === zone) && zone !== folder) {
    file.report(
      zonePath,
      `the name of its folder, '${folder}'`,
      `move the file to ${String(zone)}/ or correct the zone`,
    );
  }
  const datasetPath = [...DATASET, 'name'];
  const dataset = file.valueAt(datasetPath);
  // a name that is none is refused already
  if (typeof dataset === 'string' && /^\w+$/.test(dataset) && dataset !== name?.replace(/\.yaml$/, '')) {
    file.report(datasetPath, `the name of its file, '${name}'`, `rename the file to ${dataset}.yaml or the dataset`);
  }
  if (typeof dataset === 'string' && dataset.includes('__')) {
    file.report(datasetPath, 'a name without a double underscore', 'it marks derived tables such as flights__dlq');
  }
}

/** Every column that the document's custom properties name must exist and fit. */
function checkReferences(file: ContractFile, custom: DocumentProperties, { columns, names }: ContractColumns): void {
  const exists = (path: DocumentPath, name: string) => {
    const found = columns.find((column) => column.name === name);
    if (!names.includes(name)) {
      file.report(path, 'a column of the contract', didYouMean(name, names));
    }
    return found;
  };
  const orderable = (path: DocumentPath, name: string | undefined) => {
    const column = name === undefined ? undefined : exists(path, name);
    if (column !== undefined && !(ORDERABLE.includes(column.type.kind) && column.required)) {
      const must = `a required column of type ${ORDERABLE.join(', ')}`;
      file.report(path, must, `it is ${column.required ? 'required' : 'optional'} and ${column.type.toString()}`);
    }
  };
  orderable(customPath(file, 'orderingColumn'), custom.orderingColumn);
  orderable([...customPath(file, 'source'), 'watermarkColumn'], custom.source?.watermarkColumn);
  const sorted = new Set<string>();
  for (const [index, { column: name }] of (custom.sortOrder ?? []).entries()) {
    const path = [...customPath(file, 'sortOrder'), index, 'column'];
    const column = exists(path, name);
    if (column !== undefined && !column.type.isPrimitive) {
      file.report(path, 'a column of a primitive type', `it is ${column.type.kind}`);
    }
    if (sorted.has(name)) {
      file.report(path, 'a column listed once', 'drop one of the two');
    }
    sorted.add(name);
  }
}

function sortFields(custom: DocumentProperties): SortField[] {
  return (custom.sortOrder ?? []).map(({ column, direction, nulls }) => ({
    column,
    direction: direction === 'desc' ? SortDirection.DESC : SortDirection.ASC,
    nulls: (nulls ?? (direction === 'desc' ? 'last' : 'first')) === 'first' ? NullOrder.FIRST : NullOrder.LAST,
  }));
}

function texts(values: Record<string, string | number | boolean>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

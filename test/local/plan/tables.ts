import { readFields, readMetadata } from '../../../local/plan/iceberg-json';
import type { TableDefinition } from '../../../local/plan/definition';
import type { LiveTable } from '../../../local/plan/catalog';
import type { DeclaredTable } from '../../../local/plan/template-tables';

type Columns = Parameters<typeof readFields>[0];

/** A column. */
export function column(id: number, name: string, type: Columns[number]['type'], required = false): Columns[number] {
  return { id, name, type, required };
}

/** Three columns, of which one is nested. */
export const COLUMNS = [
  column(1, 'id', 'int', true),
  column(2, 'name', 'string'),
  column(3, 'marks', { type: 'map', 'key-id': 4, key: 'string', 'value-id': 5, value: 'int', 'value-required': false }),
];

/** A table that is partitioned, sorted and has a key. */
export function table(columns: Columns = COLUMNS, more: Partial<TableDefinition> = {}): TableDefinition {
  return {
    formatVersion: 2,
    location: 's3://silver/shop/orders',
    fields: readFields(columns),
    identifiers: [1],
    partition: [{ id: 1000, name: 'id_bucket', source: 1, transform: 'bucket[4]' }],
    sort: [{ source: 2, transform: 'identity', direction: 'asc', nulls: 'nulls-first' }],
    properties: { 'write.format.default': 'parquet', comment: 'Orders' },
    optimizers: {},
    ...more,
  };
}

/** The metadata file of a table that had a column of id 6 once. */
export function metadataText(columns: Columns = COLUMNS, more: object = {}): string {
  const schema = (id: number, fields: Columns) => ({
    type: 'struct',
    'schema-id': id,
    'identifier-field-ids': [1],
    fields,
  });
  return JSON.stringify({
    'format-version': 2,
    location: 's3://silver/shop/orders/',
    'last-column-id': 6,
    'current-schema-id': 1,
    schemas: [schema(0, [...columns, column(6, 'gone', 'date')]), schema(1, columns)],
    'default-spec-id': 1,
    'partition-specs': [
      { 'spec-id': 0, fields: [{ 'field-id': 1001, 'source-id': 2, name: 'name', transform: 'identity' }] },
      { 'spec-id': 1, fields: [{ 'field-id': 1000, 'source-id': 1, name: 'id_bucket', transform: 'bucket[4]' }] },
    ],
    'default-sort-order-id': 1,
    'sort-orders': [
      {
        'order-id': 1,
        fields: [{ 'source-id': 2, transform: 'identity', direction: 'asc', 'null-order': 'nulls-first' }],
      },
    ],
    properties: { 'write.format.default': 'parquet', comment: 'Orders', owner: 'spark' },
    ...more,
  });
}

/** A table as it is. */
export function live(columns: Columns = COLUMNS, more: object = {}): LiveTable {
  return { metadata: readMetadata(metadataText(columns, more), 'a') };
}

/** A table of a template. */
export function declared(definition: TableDefinition = table(), more: Partial<DeclaredTable> = {}): DeclaredTable {
  return { database: 'lake_silver', name: 'orders', address: 'Lake#Orders', isRetained: true, definition, ...more };
}

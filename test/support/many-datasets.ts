import * as fs from 'node:fs';
import * as path from 'node:path';
import { updateLockFile } from '../../lib/contracts/update-lock-file';

/** The domains of a larger company; datasets are dealt out to them in turn. */
const DOMAINS = ['billing', 'claims', 'inventory', 'logistics', 'marketing', 'payments', 'sales', 'support'];

/** What tables of such a domain hold. */
const SUBJECTS = ['accounts', 'adjustments', 'contacts', 'events', 'lines', 'orders', 'prices', 'returns', 'visits'];

/** The name of the source database that all of them are loaded from. */
export const SOURCE = 'warehouse';

/** Which datasets are written, and for whom. */
export interface ManyDatasets {
  /** How many. */
  readonly datasets: number;

  /** The number of the first, for the second part of a lake. */
  readonly first?: number;

  /** The domains they belong to, in turn. */
  readonly domains?: string[];
}

/**
 * Writes contracts of tables of PostgreSQL with twelve columns each, and their schema lock, as a lake of that size has them: the
 * job `maintain` looks after the tables, because Glue's optimizers are three resources for each.
 */
export function writeManyDatasets(directory: string, { datasets, first = 0, domains = DOMAINS }: ManyDatasets): void {
  fs.mkdirSync(path.join(directory, 'silver'), { recursive: true });
  for (let number = first; number < first + datasets; number++) {
    const domain = domains[number % domains.length] ?? '';
    const name = datasetName(number, domain);
    fs.writeFileSync(path.join(directory, 'silver', `${name}.yaml`), contractText(name, domain));
  }
  updateLockFile(directory);
}

function datasetName(number: number, domain: string): string {
  return `${domain}_${SUBJECTS[number % SUBJECTS.length]}_${String(number).padStart(4, '0')}`;
}

interface ColumnText {
  readonly name: string;
  readonly types: [logical: string, physical: string];
  readonly description: string;
  readonly more?: string[];
}

const KEY = ['required: true', 'primaryKey: true'];

const COLUMNS: ColumnText[] = [
  {
    name: 'id',
    types: ['integer', 'long'],
    description: 'Number of the row in the source',
    more: [...KEY, 'primaryKeyPosition: 1', 'logicalTypeOptions: { minimum: 1 }'],
  },
  {
    name: 'region',
    types: ['string', 'string'],
    description: 'Two-letter code of the region',
    more: [...KEY, 'primaryKeyPosition: 2', "logicalTypeOptions: { pattern: '^[A-Z]{2}$' }"],
  },
  {
    name: 'occurred_at',
    types: ['timestamp', 'timestamptz'],
    description: 'When it happened, UTC',
    more: [
      'required: true',
      'partitioned: true',
      'partitionKeyPosition: 1',
      'customProperties: [{ property: partitionTransform, value: month }]',
    ],
  },
  { name: 'customer_id', types: ['integer', 'long'], description: 'Number of the customer', more: ['required: true'] },
  { name: 'status', types: ['string', 'string'], description: 'Where it is in its life', more: ['required: true'] },
  { name: 'quantity', types: ['integer', 'int'], description: 'Pieces', more: ['logicalTypeOptions: { minimum: 0 }'] },
  { name: 'amount', types: ['number', 'decimal(12,2)'], description: 'Price of all pieces, in the currency' },
  { name: 'currency', types: ['string', 'string'], description: 'Three-letter code of the currency' },
  { name: 'discount', types: ['number', 'double'], description: 'Share of the price that is not paid, 0 to 1' },
  { name: 'due_on', types: ['date', 'date'], description: 'Day by which it is to be paid, local date of the region' },
  { name: 'note', types: ['string', 'string'], description: 'What a person wrote about it' },
  {
    name: 'updated_at',
    types: ['timestamp', 'timestamptz'],
    description: 'When it last changed',
    more: ['required: true'],
  },
];

function columnText({ name, types: [logical, physical], description, more = [] }: ColumnText): string {
  const lines = [`logicalType: ${logical}`, `physicalType: ${physical}`, 'classification: public', ...more];
  return [`- name: ${name}`, ...[...lines, `description: ${description}`].map((line) => `  ${line}`)]
    .map((line) => `      ${line}`)
    .join('\n');
}

function contractText(name: string, domain: string): string {
  return `apiVersion: v3.2.0
kind: DataContract
id: lakehouse-silver-${name}
name: ${name.replaceAll('_', ' ')}
version: 1.0.0
status: active
domain: ${domain}
description:
  purpose: What ${domain} knows of ${name.replaceAll('_', ' ')}
schema:
  - name: ${name}
    logicalType: object
    physicalType: table
    properties:
${COLUMNS.map(columnText).join('\n')}
slaProperties:
  - { property: freshness, value: 1, unit: d }
  - { property: latency, value: 15, unit: min }
customProperties:
  - { property: zone, value: silver }
  - { property: orderingColumn, value: updated_at }
  - { property: evolution, value: additive }
  - { property: maintenance, value: job }
  - property: source
    value: { name: ${SOURCE}, schema: public, table: ${name}, watermarkColumn: updated_at }
  - property: sortOrder
    value: [{ column: occurred_at, direction: asc, nulls: first }]
`;
}

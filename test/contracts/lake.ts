import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataContracts } from '../../lib/contracts';
import { temporaryDirectory } from '../support/temporary';

/** A column of a test contract, as the standard writes it. */
export interface TestColumn {
  readonly name: string;
  readonly physicalType: string;
  readonly [key: string]: unknown;
}

/** What a test says of a contract; the rest is filled in. */
export interface TestContract {
  readonly columns: TestColumn[];
  readonly dataset?: string;
  readonly zone?: string;
  readonly domain?: string;
  /** What is said of the dataset beside its name and columns. */
  readonly schema?: { readonly [key: string]: unknown };
  /** Custom properties of the document beyond the zone. */
  readonly custom?: { readonly [property: string]: unknown };
}

/** The least that makes a dataset: a key and a value. */
export const KEY: TestColumn = { name: 'id', physicalType: 'long', required: true, primaryKey: true };

/** A column, optional and with nothing else said. */
export function column(name: string, physicalType: string, more: { readonly [key: string]: unknown } = {}): TestColumn {
  return { name, physicalType, ...more };
}

/** A custom property as the standard writes it. */
export function custom(property: string, value: unknown): { readonly customProperties: unknown[] } {
  return { customProperties: [{ property, value }] };
}

/** The custom property of a column that had another name. */
export function renamedFrom(value: string): { readonly [key: string]: string } {
  return { property: 'renamedFrom', value, description: 'a better name' };
}

/** The custom property of a document whose columns are gone. */
export function dropped(...columns: string[]): { readonly [property: string]: unknown } {
  return { droppedColumns: columns.map((name) => ({ column: name, reason: 'nobody reads it' })) };
}

/** A contract directory of its own, removed when the tests end. */
export function directory(files: { readonly [file: string]: string }): string {
  const root = path.join(temporaryDirectory(), 'contracts');
  fs.mkdirSync(root);
  for (const [file, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  }
  return root;
}

/** Contracts read from files made for the test. */
export function contractsOf(...contracts: TestContract[]): DataContracts {
  return DataContracts.fromDirectory(directoryOf(...contracts));
}

/** A directory of contracts made for the test. */
export function directoryOf(...contracts: TestContract[]): string {
  const files = contracts.map((contract) => [
    `${contract.zone ?? 'silver'}/${contract.dataset ?? 'trips'}.yaml`,
    JSON.stringify(document(contract), undefined, 2),
  ]);
  return directory(Object.fromEntries(files));
}

/** The contract as an Open Data Contract Standard document. */
export function document(contract: TestContract): { readonly [key: string]: unknown } {
  const properties = { zone: contract.zone ?? 'silver', ...contract.custom };
  return {
    apiVersion: 'v3.2.0',
    kind: 'DataContract',
    id: 'test',
    version: '1.0.0',
    status: 'active',
    domain: contract.domain ?? 'rides',
    description: { purpose: 'Trips for tests' },
    schema: [{ name: contract.dataset ?? 'trips', properties: contract.columns, ...contract.schema }],
    customProperties: Object.entries(properties).map(([property, value]) => ({ property, value })),
  };
}

/** The message of the error a call ends with. */
export function messageOf(call: () => unknown): string {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) {
      return error.message;
    }
  }
  throw new Error('expected an error');
}

/** The problems of a collected error, without their count and bullets. */
export function problemsOf(call: () => unknown): string[] {
  return messageOf(call)
    .split('\n')
    .slice(1)
    .map((line) => line.replace('  - ', ''));
}

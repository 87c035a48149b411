/**
 * Random evolutions of tables, for Iceberg itself to judge: `evolution-cases.ts <tables> <steps>` writes, as JSON, the template of every
 * table after each legal step, and beside it one illegal step with what the schema lock refuses it for.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, NestedStack, Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { type DataContracts, SchemaLock } from '../../lib/contracts';
import { LakehouseError } from '../../lib/private';
import { LakeStorage } from '../../lib/storage';
import { Random } from '../support/random';
import { resourcesIn } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';
import { type EvolvingTable, FIRST, contractOf, evolve } from './evolutions';
import { ILLEGAL, type Illegal, type LockRow, type TableTemplate } from './illegal-evolutions';
import { contractsOf } from './lake';

/** Where the tables are; the other side makes both. */
const DATABASES = 'evolving';
const BUCKET = 'lake-of-evolutions';

interface LockFile {
  readonly tables: { readonly [key: string]: { readonly columns: LockRow[] } };
}

interface Refused {
  readonly kind: string;
  readonly template: TableTemplate;
  /** What the lock says; null when it lets the change through. */
  readonly refusal: string | null;
}

/** The tables of a step by dataset. */
interface Step {
  readonly changes: { [dataset: string]: string };
  readonly templates: { [dataset: string]: TableTemplate };
  readonly illegal: { [dataset: string]: Refused };
}

/** How often each kind of illegal change was tried. */
const tried = new Map<string, number>();

const [tables = 0, steps = 0] = process.argv.slice(2).map(Number);

/** The templates of all tables, as the catalog of a stack makes them. */
function templatesOf(contracts: DataContracts, schemaLock: SchemaLock): { [dataset: string]: TableTemplate } {
  const stack = new Stack(new App(), 'Lake');
  const bucket = s3.Bucket.fromBucketName(stack, 'Bucket', BUCKET);
  const zones = LakeStorage.fromLakeStorageAttributes(stack, 'Zones', {
    buckets: { bronze: bucket, silver: bucket, gold: bucket },
    artifacts: bucket,
    accessLogs: bucket,
  });
  const catalog = new LakeCatalog(stack, 'Catalog', { zones, contracts, schemaLock, databasePrefix: DATABASES });
  const nested = catalog.node.children.filter((child) => child instanceof NestedStack);
  const found = nested.flatMap((child) =>
    Object.values(resourcesIn<TableTemplate & { Name: string }>(child, 'AWS::Glue::Table')),
  );
  return Object.fromEntries(found.map(({ Properties }) => [Properties.Name, Properties]));
}

/** What the lock refuses a change for; null when it does not. */
function refusalOf(lock: SchemaLock, dataset: string, { contract, lockRow }: Illegal): string | null {
  try {
    const contracts = contractsOf(contract);
    (lockRow === undefined ? lock : withRow(lock, dataset, lockRow)).update(contracts);
    return null;
  } catch (error) {
    if (error instanceof LakehouseError) {
      return error.message;
    }
    throw error;
  }
}

/** The lock with a row more, read from its file as it always is. */
function withRow(lock: SchemaLock, dataset: string, row: LockRow): SchemaLock {
  const content = lockFile(lock);
  content.tables[`gold.${dataset}`]?.columns.push(row);
  const folder = temporaryDirectory();
  fs.writeFileSync(path.join(folder, 'schema.lock.json'), JSON.stringify(content));
  return SchemaLock.fromDirectory(folder);
}

function lockFile(lock: SchemaLock): LockFile {
  return JSON.parse(lock.render()) as LockFile;
}

/** An illegal change of a table, of the kind that was tried least. */
function illegalOf(
  lock: SchemaLock,
  { dataset, table, template }: { dataset: string; table: EvolvingTable; template: TableTemplate },
  random: Random,
): Refused {
  const rows = lockFile(lock).tables[`gold.${dataset}`]?.columns ?? [];
  for (const kind of Object.keys(ILLEGAL).toSorted((a, b) => (tried.get(a) ?? 0) - (tried.get(b) ?? 0))) {
    const illegal = ILLEGAL[kind]?.({ dataset, table, template, rows }, random);
    if (illegal !== undefined) {
      tried.set(kind, (tried.get(kind) ?? 0) + 1);
      return { kind, template: illegal.template, refusal: refusalOf(lock, dataset, illegal) };
    }
  }
  throw new Error('every table has something that must not change');
}

function main(): Step[] {
  const datasets = Array.from({ length: tables }, (_, index) => `t${String(index + 1).padStart(3, '0')}`);
  const randoms = datasets.map((_, index) => new Random(index + 1));
  let now: EvolvingTable[] = datasets.map(() => FIRST);
  let lock = SchemaLock.empty();
  return Array.from({ length: steps }, (_, number): Step => {
    const evolved = now.map((table, index) =>
      number === 0 ? { kind: 'create', table } : evolve(table, randoms[index] ?? new Random(0), `c${number}`),
    );
    now = evolved.map(({ table }) => table);
    const contracts = contractsOf(...now.map((table, index) => contractOf(datasets[index] ?? '', table)));
    ({ lock } = lock.update(contracts));
    const templates = templatesOf(contracts, lock);
    const entries = now.map((table, index) => {
      const dataset = datasets[index] ?? '';
      const template = templates[dataset];
      if (template === undefined) {
        throw new Error(`no template of ${dataset}`);
      }
      const random = randoms[index] ?? new Random(0);
      return [dataset, illegalOf(lock, { dataset, table, template }, random)] as const;
    });
    return {
      changes: Object.fromEntries(evolved.map(({ kind }, index) => [datasets[index] ?? '', kind])),
      templates,
      illegal: Object.fromEntries(entries),
    };
  });
}

process.stdout.write(JSON.stringify({ bucket: BUCKET, database: `${DATABASES}_gold`, steps: main() }));

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../../lib/catalog';
import { DataContracts, SchemaLock } from '../../../lib/contracts';
import { adoptTable } from '../../../lib/contracts/adopt-table';
import { LakeStorage } from '../../../lib/storage';
import { readTemplate } from '../../../lib/testing/template-file';
import { adopt } from '../../../local/plan/adopt';
import { contractOf } from '../../../local/plan/adopted-contract';
import { lockEntryOf } from '../../../local/plan/adopted-lock';
import { readMetadata } from '../../../local/plan/iceberg-json';
import { sourcesOf } from '../../../local/plan/stack-templates';
import { type DeclaredTable, declaredIn } from '../../../local/plan/template-tables';
import { verdictOn } from '../../../local/plan/verdict';
import { KEY, directory, directoryOf } from '../../contracts/lake';
import { AnsweringEndpoint } from './endpoint';
import { COLUMNS, column, metadataText, table } from './tables';

const METADATA = readMetadata(metadataText([{ ...COLUMNS[0], doc: 'Number' }, ...COLUMNS.slice(1)]), 'a');
const ADOPTED = { zone: 'silver', domain: 'shop', name: 'orders', table: METADATA.definition };

/** A contract directory in which the table is adopted. */
function adopted(): string {
  const contracts = directory({ 'silver/orders.yaml': contractOf(ADOPTED) });
  adoptTable(contracts, 'silver.orders', lockEntryOf(METADATA));
  return contracts;
}

/** The table as the catalog of a stack declares it. */
function inTemplate(contracts: string): DeclaredTable | undefined {
  const app = new App({ builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Lake');
  const zones = new LakeStorage(stack, 'Zones');
  new LakeCatalog(stack, 'Catalog', { zones, contracts: DataContracts.fromDirectory(contracts) });
  const template = readTemplate(join(app.synth().directory, stack.templateFile));
  return declaredIn({ name: 'Lake', sources: sourcesOf('Lake', template) }).tables[0];
}

describe('an adopted table', () => {
  test('is declared by its contract with the ids and the structure that it has', () => {
    const desired = inTemplate(adopted());
    const sides = { database: 'lakehouse_silver', name: 'orders', label: 'silver.orders' };
    const found = verdictOn({ ...sides, desired, live: { metadata: METADATA } });
    expect(found.status).toBe('import');
    // what the library sets for every table, and the hand-made one has not
    expect(found.changes.map(({ kind, subject }) => `${kind} ${subject}`)).toEqual([
      'property commit.retry.num-retries',
      'property write.metadata.delete-after-commit.enabled',
      'property write.parquet.compression-codec',
      'property write.target-file-size-bytes',
      'optimizer compaction',
      'optimizer orphan_file_deletion',
      'optimizer retention',
    ]);
  });

  test('keeps in the lock every id that was used, also of what is gone', () => {
    const lock = JSON.parse(readFileSync(join(adopted(), 'schema.lock.json'), 'utf8')) as { tables: object };
    expect(lock.tables).toEqual({
      'silver.orders': {
        stack: 'shop',
        path: 'shop/orders',
        formatVersion: 2,
        columns: [
          { id: 1, name: 'id', type: 'int', required: true, key: true },
          { id: 2, name: 'name', type: 'string' },
          { id: 3, name: 'marks', type: 'map' },
          { id: 4, name: 'marks.key', type: 'string', required: true },
          { id: 5, name: 'marks.value', type: 'int' },
          { id: 6, name: 'gone', type: 'date', retired: true },
        ],
        partitionFields: [
          { id: 1000, name: 'id_bucket', column: 1, transform: 'bucket[4]' },
          { id: 1001, name: 'name', column: 2, transform: 'identity', retired: true },
        ],
      },
    });
  });

  test('remembers an id of which no schema tells any more', () => {
    const { columns } = lockEntryOf(readMetadata(metadataText(COLUMNS, { 'last-column-id': 40 }), 'a'));
    expect(columns.at(-1)).toEqual({ id: 40, name: 'forgotten_40', type: 'string', retired: true });
  });

  test('leaves the tables alone that the lock knows already', () => {
    const contracts = directoryOf({ columns: [KEY] });
    const before = DataContracts.fromDirectory(contracts);
    const { lock } = SchemaLock.empty().update(before);
    const both = directory({
      'silver/trips.yaml': readFileSync(join(contracts, 'silver/trips.yaml'), 'utf8'),
      'silver/orders.yaml': contractOf(ADOPTED),
      'schema.lock.json': lock.render(),
    });
    adoptTable(both, 'silver.orders', lockEntryOf(METADATA));
    const after = SchemaLock.fromDirectory(both);
    expect(after.idsOf(before.table('silver.trips'))).toEqual(lock.idsOf(before.table('silver.trips')));
    expect(() => after.check(DataContracts.fromDirectory(both))).not.toThrow();
  });
});

describe('contractOf', () => {
  test('fails with all that a contract cannot say', () => {
    const twice = [
      { id: 1000, name: 'a', source: 1, transform: 'bucket[4]' },
      { id: 1001, name: 'b', source: 1, transform: 'truncate[4]' },
      { id: 1002, name: 'c', source: 5, transform: 'identity' },
    ];
    const sort = [{ source: 2, transform: 'truncate[2]', direction: 'asc', nulls: 'nulls-first' }];
    const odd = table(COLUMNS, { formatVersion: 1, partition: twice, sort });
    expect(() => contractOf({ ...ADOPTED, table: odd })).toThrow(
      /^4 problems in table 'orders':\n {2}- 'formatVersion' .*\n {2}- 'partition field b' .*\n {2}- 'partition field c' .*\n {2}- 'sort order' /,
    );
  });
});

describe('adopt', () => {
  const options = { zone: 'silver', contracts: 'nowhere', region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' };

  test.each([
    [
      'orders',
      {},
      '\'table\' must be the names of a database and a table, got "orders"; write for example sales.orders',
    ],
    ['a.b', { zone: 'sliver' }, "'--zone' must be a zone that holds tables, got \"sliver\"; did you mean 'silver'?"],
    [
      'a.b',
      { zone: 'landing' },
      '\'--zone\' must be a zone that holds tables, got "landing"; known are bronze, silver, gold',
    ],
  ])('refuses %s with %j', async (name, more, message) => {
    await expect(adopt(name, { ...options, ...more })).rejects.toThrow(message);
  });

  test('refuses a table that a contract asks for already, and leaves everything as it is', async () => {
    const contracts = adopted();
    const before = readFileSync(join(contracts, 'schema.lock.json'), 'utf8');
    await expect(adopt('a.orders', { ...options, contracts })).rejects.toThrow("'contract' must be not there yet");
    expect(readFileSync(join(contracts, 'schema.lock.json'), 'utf8')).toBe(before);
  });

  test('leaves nothing behind when a contract cannot be made of the table', async () => {
    const endpoint = await AnsweringEndpoint.start();
    const metadata = metadataText([...COLUMNS, column(7, 'Order Date', 'date')]);
    const Parameters = { table_type: 'ICEBERG', metadata_location: 's3://silver/shop/orders/metadata/1.metadata.json' };
    const tables = { TableList: [{ Name: 'orders', DatabaseName: 'a', Parameters }] };
    endpoint.answering = (call) => ({ body: call === 'GetTables' ? tables : Buffer.from(metadata) });
    const contracts = directory({});
    try {
      await expect(adopt('a.orders', { ...options, contracts, endpoint: endpoint.url })).rejects.toThrow(
        /contracts\/silver\/orders\.yaml:\d+:\d+: '[^']*name' must be a name of a-z, 0-9 and _/,
      );
    } finally {
      endpoint.stop();
    }
    expect([
      existsSync(join(contracts, 'silver/orders.yaml')),
      existsSync(join(contracts, 'schema.lock.json')),
    ]).toEqual([false, false]);
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import Ajv2019 from 'ajv/dist/2019';
import { load } from 'js-yaml';
import { DataContracts, IcebergType, NullOrder, PartitionTransform, SortDirection, Zone } from '../../lib/contracts';
import odcs from './fixtures/odcs-3.2.0.schema.json';
import { KEY, column, contractsOf, custom, directory, document, dropped, messageOf, renamedFrom } from './lake';

const REPOSITORY = path.join(__dirname, '../../contracts');
const SILVER = fs.readdirSync(path.join(REPOSITORY, 'silver'));

describe('DataContracts', () => {
  const contracts = DataContracts.fromDirectory(REPOSITORY);
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(odcs);

  test.each(SILVER)('%s is a document of the Open Data Contract Standard', (file) => {
    validate(load(fs.readFileSync(path.join(REPOSITORY, 'silver', file), 'utf8')));
    expect(validate.errors).toBeNull();
  });

  test('reads every contract of the directory', () => {
    const datasets = ['airlines', 'airports', 'departures_hourly', 'flight_events', 'flights', 'planes', 'weather'];
    expect(contracts.all().map((contract) => contract.key)).toEqual(datasets.map((name) => `silver.${name}`));
    expect(contracts.inZone(Zone.SILVER)).toHaveLength(7);
    expect(contracts.inZone(Zone.GOLD)).toEqual([]);
  });

  test('tells what a contract says', () => {
    const flights = contracts.get('silver.flights');
    expect(flights.domain).toBe('operations');
    expect(flights.version).toBe('1.0.0');
    expect(flights.keyColumns).toEqual(['time_hour', 'carrier', 'flight', 'origin']);
    expect(flights.orderingColumn).toBe('updated_at');
    expect(flights.source).toEqual({
      name: 'nycflights',
      schema: 'public',
      table: 'flights',
      watermarkColumn: 'updated_at',
    });
    expect(flights).toMatchObject({
      freshnessSeconds: 86_400,
      latencySeconds: 900,
      rowsPerSecond: 100,
      qualityPercent: 99,
    });
    expect(flights.expectedBytesPerDay).toBe(60_000);
    expect(flights.file).toBe('contracts/silver/flights.yaml');
    expect(flights.columns).toHaveLength(20);
    expect(flights.columns[3]).toMatchObject({ name: 'dep_time', type: IcebergType.INT, required: false });
    expect(flights.columns[3]?.declaredAt).toMatch(/^contracts\/silver\/flights\.yaml:\d+:15$/);
  });

  test.each([
    ['d', 90, 90],
    ['y', 7, 2555],
  ])('tells how long rows are kept, promised in %s', (unit, value, days) => {
    const slaProperties = [{ property: 'retention', value, unit }];
    const text = JSON.stringify({ ...document({ columns: [KEY] }), slaProperties });
    const kept = DataContracts.fromDirectory(directory({ 'silver/trips.yaml': text }));
    expect(kept.get('silver.trips').retentionDays).toBe(days);
    expect(contracts.get('silver.flights').retentionDays).toBeUndefined();
  });

  test('derives a dataset, its history and its rejected rows from a contract with a source', () => {
    const keys = contracts.get('silver.flights').tables.map((table) => table.key);
    expect(keys).toEqual(['silver.flights', 'bronze.flights', 'bronze.flights__dlq']);
    expect(contracts.tables()).toHaveLength(20);
  });

  test('gives the dataset its keys, partitions, order and run columns', () => {
    const table = contracts.table('silver.flights');
    expect(table.columns.slice(-4).map(({ name, required }) => [name, required])).toEqual([
      ['_extracted_at', false],
      ['_source', false],
      ['_run_id', false],
      ['_batch_token', false],
    ]);
    expect(table.identifierColumns).toEqual(['time_hour', 'carrier', 'flight', 'origin']);
    expect(table.partitionFields).toEqual([{ column: 'time_hour', transform: PartitionTransform.MONTH }]);
    expect(table.sortFields[0]).toEqual({
      column: 'time_hour',
      direction: SortDirection.ASC,
      nulls: NullOrder.FIRST,
    });
    expect(table.comment).toContain('Every scheduled departure');
  });

  test('makes every column of the history optional', () => {
    const table = contracts.table('bronze.flights');
    expect(table.columns.filter((item) => item.required)).toEqual([]);
    expect(table.columns).toHaveLength(24);
    expect(table.partitionFields).toEqual([{ column: '_extracted_at', transform: PartitionTransform.DAY }]);
    expect(table.identifierColumns).toEqual([]);
  });

  test('keeps payload and reasons of rejected rows', () => {
    const table = contracts.table('bronze.flights__dlq');
    const types = Object.fromEntries(table.columns.map(({ name, type }) => [name, type.toString()]));
    expect(types._reasons).toBe('list<struct<rule string, column string, message string>>');
    expect(types._payload).toBe('string');
    expect(table.columns.filter((item) => item.required).map(({ name }) => name)).toEqual(['_dlq_id']);
    expect(table.partitionFields).toEqual([{ column: '_rejected_at', transform: PartitionTransform.DAY }]);
  });

  test('tells which datasets come from a stream, and from which topic', () => {
    expect(contracts.streams().map(({ key }) => key)).toEqual(['silver.flight_events']);
    expect(contracts.get('silver.flight_events')).toMatchObject({
      source: undefined,
      freshnessSeconds: 900,
      stream: {
        topicName: 'flights.events',
        partitions: 6,
        cleanup: 'delete',
        keyColumns: ['origin', 'carrier', 'flight', 'time_hour'],
        retentionDays: 7,
      },
    });
    expect(contracts.get('silver.flights').stream).toBeUndefined();
  });

  test('takes the primary key as the key of records, and deletes old ones, unless a stream says otherwise', () => {
    const stream = { topic: 'trips', partitions: 1 };
    const properties = { orderingColumn: 'id', stream };
    expect(contractsOf({ columns: [KEY], custom: properties }).get('silver.trips').stream).toEqual({
      topicName: 'trips',
      partitions: 1,
      cleanup: 'delete',
      keyColumns: ['id'],
      retentionDays: undefined,
      localRetentionDays: undefined,
    });
  });

  test('derives a dataset, its raw records and its rejected ones from a contract with a stream', () => {
    const contract = contracts.get('silver.flight_events');
    expect(contract.tables.map(({ key }) => key)).toEqual([
      'silver.flight_events',
      'bronze.flight_events',
      'bronze.flight_events__dlq',
    ]);
    const [own, records, rejected] = contract.tables.map(({ columns }) => columns.map(({ name }) => name));
    expect(own?.slice(-4)).toEqual(['_extracted_at', '_source', '_run_id', '_batch_token']);
    expect(records?.slice(0, 7)).toEqual([
      '_payload',
      '_kafka_topic',
      '_kafka_partition',
      '_kafka_offset',
      '_kafka_timestamp',
      '_kafka_key',
      '_kafka_headers',
    ]);
    expect(records?.slice(7)).toEqual(own?.slice(-4));
    expect(rejected?.slice(-6)).toEqual([
      '_status',
      '_kafka_topic',
      '_kafka_partition',
      '_kafka_offset',
      '_kafka_timestamp',
      '_kafka_key',
    ]);
  });

  test('derives windows and their late records from a contract that follows from a stream', () => {
    const windows = contracts.get('silver.departures_hourly');
    expect(windows.derivedFrom).toEqual({ dataset: 'flight_events', allowedLatenessMinutes: 120 });
    expect(contracts.derivedFrom(contracts.get('silver.flight_events'))).toEqual([windows]);
    expect(contracts.derivedFrom(contracts.get('silver.flights'))).toEqual([]);
    expect(windows.tables.map(({ key }) => key)).toEqual([
      'silver.departures_hourly',
      'silver.departures_hourly__late',
    ]);
    const [own, late] = windows.tables.map(({ columns }) => columns.map(({ name }) => name));
    expect(own?.slice(0, 5)).toEqual(['origin', 'window_start', 'departures', 'mean_delay', '_extracted_at']);
    expect(late?.slice(0, 4)).toEqual(['_payload', '_event_time', '_closed_before', '_kafka_topic']);
    expect(late?.slice(-4)).toEqual(own?.slice(-4));
  });

  test('gives no column a name that Iceberg keeps for itself, with which a table cannot be read', () => {
    const reserved = new Set([
      '_file',
      '_pos',
      '_deleted',
      '_spec_id',
      '_partition',
      '_row_id',
      '_last_updated_sequence_number',
    ]);
    const names = contracts.tables().flatMap(({ columns }) => columns.map(({ name }) => name));
    expect(names.filter((name) => reserved.has(name))).toEqual([]);
  });

  test('keeps raw records as they came, by the day they were read', () => {
    const table = contracts.table('bronze.flight_events');
    const types = Object.fromEntries(table.columns.map(({ name, type }) => [name, type.toString()]));
    expect(types).toMatchObject({
      _payload: 'string',
      _kafka_key: 'binary',
      _kafka_offset: 'long',
      _kafka_headers: 'list<struct<key string, value binary>>',
    });
    expect(table.partitionFields).toEqual([{ column: '_extracted_at', transform: PartitionTransform.DAY }]);
    expect(table.orderingColumn).toBeUndefined();
  });

  test('leaves promises alone that only other tools read', () => {
    const promises = ['availability', 'frequency', 'availability'].map((property) => ({ property, value: 'high' }));
    const text = JSON.stringify({ ...document({ columns: [KEY] }), slaProperties: promises });
    const trips = DataContracts.fromDirectory(directory({ 'silver/trips.yaml': text })).get('silver.trips');
    expect(trips).toMatchObject({ latencySeconds: undefined, freshnessSeconds: undefined });
  });

  test('asks for one table when a contract has no source', () => {
    const tables = contractsOf({ zone: 'gold', columns: [KEY, column('total', 'decimal(12,2)')] }).tables();
    expect(tables.map(({ key }) => key)).toEqual(['gold.trips']);
    expect(tables[0]?.columns.map(({ name }) => name)).toEqual(['id', 'total']);
  });

  test('asks for no table in a zone without tables', () => {
    const landing = contractsOf({ zone: 'landing', columns: [KEY] });
    expect(landing.get('landing.trips').tables).toEqual([]);
    expect(landing.tables()).toEqual([]);
  });

  test('reads table properties, format version, sort order and renames', () => {
    const renamed = column('fare', 'double', { customProperties: [renamedFrom('price')] });
    const settings = {
      formatVersion: 3,
      tableProperties: { 'commit.retry.num-retries': 20 },
      sortOrder: [{ column: 'fare', direction: 'desc' }],
    };
    const table = contractsOf({ columns: [KEY, renamed], custom: settings }).table('silver.trips');
    expect(table.formatVersion).toBe(3);
    expect(table.properties).toEqual({ 'commit.retry.num-retries': '20' });
    expect(table.sortFields).toEqual([{ column: 'fare', direction: SortDirection.DESC, nulls: NullOrder.LAST }]);
    expect(table.columns[1]).toMatchObject({ renamedFrom: 'price', renameReason: 'a better name' });
  });

  test('reads the columns that are declared to be gone', () => {
    const contract = { columns: [KEY], custom: dropped('fare', 'at.y') };
    expect(contractsOf(contract).table('silver.trips').droppedColumns).toEqual([
      { column: 'fare', reason: 'nobody reads it' },
      { column: 'at.y', reason: 'nobody reads it' },
    ]);
  });

  test('partitions by identity when no transform is said, in the order of the positions', () => {
    const columns = [
      KEY,
      column('city', 'string', { partitioned: true, partitionKeyPosition: 2 }),
      column('at', 'date', { partitioned: true, partitionKeyPosition: 1, ...custom('partitionTransform', 'year') }),
    ];
    const fields = contractsOf({ columns }).table('silver.trips').partitionFields;
    expect(fields.map((field) => [field.column, field.transform.toString()])).toEqual([
      ['at', 'year'],
      ['city', 'identity'],
    ]);
  });

  test('fails when a contract or table is asked for that is not there', () => {
    expect(messageOf(() => contracts.get('silver.flihgts'))).toBe(
      `'dataset' must be the key of a contract, got "silver.flihgts"; did you mean 'silver.flights'?`,
    );
    expect(messageOf(() => contracts.table('bronze.flights_dlq'))).toContain("did you mean 'bronze.flights__dlq'?");
  });

  test('fails when the directory is not there, without naming a path of the machine', () => {
    const missing = path.join(directory({ 'silver/.keep': '' }), 'contacts');
    expect(messageOf(() => DataContracts.fromDirectory(missing))).toBe(
      `'contracts' must be a directory of contracts, got "contacts"; create it or correct the path`,
    );
  });
});

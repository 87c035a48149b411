import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataContracts } from '../../lib/contracts';
import { KEY, type TestContract, column, contractsOf, custom, directory, document, dropped, problemsOf } from './lake';

/** A real contract, without what it refers to: it stands alone here. */
const FLIGHTS = fs
  .readFileSync(path.join(__dirname, '../../contracts/silver/flights.yaml'), 'utf8')
  .replace(/ {8}relationships:\n.*\n.*\n/g, '');

/** The problems of a real contract in which one text is replaced by another. */
function problemsAfter(...changes: [from: string, to: string][]): string[] {
  const text = changes.reduce((now, [from, to]) => {
    expect(now).toContain(from);
    return now.replace(from, to);
  }, FLIGHTS);
  return problemsOf(() => DataContracts.fromDirectory(directory({ 'silver/flights.yaml': text })));
}

/** The problems of a contract, without the place in its file. */
function problemsIn(contract: TestContract): string[] {
  return problemsOf(() => contractsOf(contract)).map((text) => text.replace(/^[^:]+:\d+:\d+: /, ''));
}

/** A contract without the column fare, which has this rule on the whole dataset. */
function withoutFare(query: string): string {
  const contract = document({ columns: [KEY], custom: dropped('fare') });
  const quality = [{ type: 'sql', query, description: 'fare is gone', mustBe: 0 }];
  return directory({
    'silver/trips.yaml': JSON.stringify({ ...contract, schema: [{ name: 'trips', properties: [KEY], quality }] }),
  });
}

describe('a contract that is wrong', () => {
  test('is refused with file, line and column', () => {
    expect(problemsAfter(['physicalType: int\n', 'physicalType: integer\n'])).toEqual([
      `contracts/silver/flights.yaml:38:23: 'year.physicalType' must be an Iceberg type, got "integer"; write int`,
    ]);
  });

  test('is refused for all its mistakes at once, and those of other files', () => {
    const flights = FLIGHTS.replace('domain: operations', 'domian: operations').replace('value: month', 'value: mnth');
    const broken = directory({ 'silver/flights.yaml': flights, 'silver/planes.yaml': 'kind: [' });
    const problems = problemsOf(() => DataContracts.fromDirectory(broken));
    expect(problems).toEqual([
      expect.stringMatching(/^contracts\/silver\/flights\.yaml:7:1: .*"domian"; did you mean 'domain'\?$/),
      expect.stringMatching(/^contracts\/silver\/flights\.yaml:1:1: 'domain' must be a string, got nothing; add it$/),
      expect.stringMatching(/^contracts\/silver\/flights\.yaml:\d+:20: 'time_hour\.partitionTransform' .*'month'\?$/),
      expect.stringMatching(/^contracts\/silver\/planes\.yaml:1:8: .* must be a well-formed YAML document/),
    ]);
  });

  test('is refused when two columns have one name', () => {
    expect(problemsAfter(['name: month', 'name: year'])).toEqual([
      expect.stringMatching(/:45:15: 'year.name' must be a name no other column has, got "year"; rename or drop one/),
    ]);
  });

  test('is refused when the ordering column is none of its columns', () => {
    expect(problemsAfter(['value: updated_at', 'value: update_at'])).toEqual([
      expect.stringContaining(
        `'orderingColumn' must be a column of the contract, got "update_at"; did you mean 'updated_at'?`,
      ),
    ]);
  });

  test('is refused when the file is not where its zone and name say', () => {
    const moved = directory({ 'gold/fligths.yaml': FLIGHTS });
    expect(problemsOf(() => DataContracts.fromDirectory(moved))).toEqual([
      expect.stringContaining(`'zone' must be the name of its folder, 'gold', got "silver"; move the file to silver/`),
      expect.stringContaining(`'name' must be the name of its file, 'fligths.yaml', got "flights"; rename the file`),
    ]);
  });

  test('is refused when it lies outside the folder of a zone', () => {
    const root = directory({ 'flights.yaml': FLIGHTS, 'metrics.yaml': 'namespace: Lakehouse' });
    expect(problemsOf(() => DataContracts.fromDirectory(root))).toEqual([
      expect.stringContaining('move it, for example to contracts/silver/flights.yaml'),
    ]);
  });

  test.each([
    ['silver/trips.yml', 'a file that ends in .yaml, got "trips.yml"; rename it to trips.yaml'],
    ['silver/trips.YAML', 'a file that ends in .yaml, got "trips.YAML"; rename it to trips.yaml'],
    [
      'silver/rides/trips.yaml',
      'in the folder of its zone, got "silver/rides/trips.yaml"; move it to contracts/silver/trips.yaml',
    ],
    [
      'silver/rides/old/trips.yml',
      'in the folder of its zone, got "silver/rides/old/trips.yml"; move it to contracts/silver/trips.yaml',
    ],
    ['trips.yml', 'in the folder of its zone, got "trips.yml"; move it, for example to contracts/silver/trips.yaml'],
  ])('is refused as %s, where no job looks for it', (file, message) => {
    const root = directory({ [file]: JSON.stringify(document({ columns: [KEY] })) });
    expect(problemsOf(() => DataContracts.fromDirectory(root))).toEqual([
      `contracts/${file}:1:1: 'contracts/${file}' must be ${message}`,
    ]);
  });

  test('is none in what is generated from contracts, or kept by version control', () => {
    const root = directory({ 'generated/dbt/silver.yml': 'version: 2', '.github/workflows/check.yml': 'on: push' });
    expect(DataContracts.fromDirectory(root).all()).toEqual([]);
  });

  test('is refused when another contract asks for one of its tables too', () => {
    const bronze = JSON.stringify(document({ zone: 'bronze', dataset: 'flights', columns: [KEY] }));
    const root = directory({ 'silver/flights.yaml': FLIGHTS, 'bronze/flights.yaml': bronze });
    expect(problemsOf(() => DataContracts.fromDirectory(root))).toEqual([
      expect.stringContaining(
        `'bronze.flights' must be declared by one contract, got "contracts/silver/flights.yaml"; ` +
          'contracts/bronze/flights.yaml declares it too, drop one',
      ),
    ]);
  });

  test.each([
    ['kind', { kind: 'Contract' }, `'kind' must be DataContract, got "Contract"`],
    [
      'version of the standard',
      { apiVersion: 'v2.2.0' },
      `'apiVersion' must be a version 3 of the standard, got "v2.2.0"`,
    ],
    ['version', { version: 1 }, `'version' must be a string, got 1; correct it`],
    ['domain', { domain: 'My Domain' }, `'domain' must be a name of a-z, 0-9 and _ that begins with a letter`],
    ['schema', { schema: [] }, `'schema' must be exactly one dataset, got []`],
    [
      'freshness unit',
      { slaProperties: [{ property: 'freshness', value: 1, unit: 'fortnight' }] },
      'must be one of s, m',
    ],
    [
      'freshness',
      { slaProperties: [{ property: 'freshness', value: 0, unit: 'd' }] },
      'must be a number above 0, got 0',
    ],
    [
      'throughput unit',
      { slaProperties: [{ property: 'throughput', value: 5, unit: 'MB/s' }] },
      'must be one of rows/s, rows/min, got "MB/s"',
    ],
    [
      'latency',
      { slaProperties: [{ property: 'latency', value: '5', unit: 'min' }] },
      `'slaProperties[0].value' must be a number above 0, got "5"; say how long a run may take for the dataset`,
    ],
    [
      'quality',
      { slaProperties: [{ property: 'quality', value: 100.5, unit: 'percent' }] },
      `'slaProperties[0].value' must be a number above 0, at most 100, got 100.5; say how much`,
    ],
    [
      'quality unit',
      { slaProperties: [{ property: 'quality', value: 99, unit: '%' }] },
      `'slaProperties[0].unit' must be percent, got "%"; known are percent`,
    ],
    [
      'promise made twice',
      { slaProperties: [5, 6].map((value) => ({ property: 'latency', value, unit: 'min' })) },
      `'slaProperties[1].property' must be listed once, got "latency"; drop one of the two`,
    ],
    [
      'promise mistyped',
      { slaProperties: [{ property: 'qualty', value: 99, unit: 'percent' }] },
      `'slaProperties[0].property' must be a known property, got "qualty"; did you mean 'quality'?`,
    ],
  ])('is refused when its %s is wrong', (_, change, message) => {
    const text = JSON.stringify({ ...document({ columns: [KEY] }), ...change });
    const root = directory({ 'silver/trips.yaml': text });
    expect(problemsOf(() => DataContracts.fromDirectory(root)).join('\n')).toContain(message);
  });

  test.each<[string, TestContract, string]>([
    [
      'a column name has capitals',
      { columns: [KEY, column('Fare', 'double')] },
      `'Fare.name' must be a name of a-z, 0-9 and _ that begins with a letter, got "Fare"; rename it`,
    ],
    [
      'a key of a column is mistyped',
      { columns: [KEY, column('fare', 'double', { requird: true })] },
      `'fare' must be an object of known keys, got "requird"; did you mean 'required'?`,
    ],
    [
      'the logical type contradicts the physical type',
      { columns: [KEY, column('fare', 'double', { logicalType: 'string' })] },
      `'fare.logicalType' must be a logical type that double can hold, got "string"; correct one of the two types`,
    ],
    [
      'a key column is optional',
      { columns: [{ ...KEY, required: false }] },
      `'id.required' must be true for a column of the primary key, got false; set required: true`,
    ],
    [
      'a key column is a floating point number',
      { columns: [{ ...KEY, physicalType: 'double' }] },
      `'id.physicalType' must be a type that can identify a row, got "double"; no float, double or nested type can`,
    ],
    [
      'two key columns share a position',
      {
        columns: [
          { ...KEY, primaryKeyPosition: 1 },
          { ...KEY, name: 'at', primaryKeyPosition: 1 },
        ],
      },
      `'at.primaryKeyPosition' must be a position no other column has, got 1; number the columns 1, 2, 3`,
    ],
    [
      'a transform does not fit the type',
      { columns: [KEY, column('fare', 'double', { partitioned: true, ...custom('partitionTransform', 'bucket[4]') })] },
      `'fare.partitionTransform' must be a transform that double can have, got "bucket[4]"; bucket takes int, long, ` +
        'decimal, date, time, timestamp, timestamptz, string, uuid, fixed, binary',
    ],
    [
      'a transform stands on a column that is not partitioned',
      { columns: [KEY, column('at', 'date', custom('partitionTransform', 'day'))] },
      `'at.partitioned' must be true beside partitionTransform, got nothing; set partitioned: true`,
    ],
    [
      'a partition field would be named as a column',
      {
        columns: [
          KEY,
          column('at', 'date', { partitioned: true, ...custom('partitionTransform', 'day') }),
          column('at_day', 'int'),
        ],
      },
      `'at.partitionTransform' must be a transform whose field name at_day is no column, got "day"; rename that column`,
    ],
    [
      'a minimum is above the maximum',
      { columns: [KEY, column('fare', 'double', { logicalTypeOptions: { minimum: 9, maximum: 1 } })] },
      `'fare.logicalTypeOptions.minimum' must be at most the maximum 1, got 9; swap the two`,
    ],
    [
      'a minimum of a number is in quotes',
      { columns: [KEY, column('fare', 'double', { logicalTypeOptions: { minimum: '9' } })] },
      `'fare.logicalTypeOptions.minimum' must be a number, got "9"; write it without quotes`,
    ],
    [
      'a string has a minimum',
      { columns: [KEY, column('city', 'string', { logicalTypeOptions: { minimum: 1 } })] },
      `'city.logicalTypeOptions.minimum' must be absent for string, got 1; drop it or use a pattern`,
    ],
    [
      'a pattern is no regular expression',
      { columns: [KEY, column('city', 'string', { logicalTypeOptions: { pattern: '([A-Z' } })] },
      `'city.logicalTypeOptions.pattern' must be a regular expression that JavaScript and Java read alike, ` +
        'got "([A-Z"; correct its syntax',
    ],
    [
      'a number has a pattern',
      { columns: [KEY, column('fare', 'double', { logicalTypeOptions: { pattern: '^9' } })] },
      `'fare.logicalTypeOptions.pattern' must be absent for double, got "^9"; drop it, only strings have one`,
    ],
    [
      'an accepted value has another type than the column',
      {
        columns: [
          KEY,
          column('city', 'string', {
            quality: [{ type: 'library', metric: 'invalidValues', arguments: { validValues: ['a', 1] }, mustBe: 0 }],
          }),
        ],
      },
      `'city.quality[0].arguments.validValues[1]' must be a string as the column's type string, got 1; put it in quotes`,
    ],
    [
      'the zone is unknown',
      { columns: [KEY], custom: { zone: 'slver' } },
      `'zone' must be a zone of the lake, got "slver"; did you mean 'silver'?`,
    ],
    [
      'a custom property is mistyped',
      { columns: [KEY], custom: { sortOrdr: [] } },
      `'sortOrdr.property' must be a known property, got "sortOrdr"; did you mean 'sortOrder'?`,
    ],
    [
      'a sort column is none of its columns',
      { columns: [KEY], custom: { sortOrder: [{ column: 'iid' }] } },
      `'sortOrder[0].column' must be a column of the contract, got "iid"; did you mean 'id'?`,
    ],
    [
      'the ordering column can be null',
      { columns: [KEY, column('at', 'timestamptz')], custom: { orderingColumn: 'at' } },
      `'orderingColumn' must be a required column of type int, long, date, timestamp, timestamptz, got "at"; ` +
        'it is optional and timestamptz',
    ],
    [
      'a source comes without an ordering column',
      {
        columns: [KEY],
        custom: { source: { name: 'rides', schema: 'public', table: 'trips', watermarkColumn: 'id' } },
      },
      `'customProperties.orderingColumn' must be set beside source, got nothing; ` +
        'name the column that tells which row is newer',
    ],
    [
      'the format version is none of the two',
      { columns: [KEY], custom: { formatVersion: 1 } },
      `'formatVersion' must be one of 2, 3, got 1; choose one`,
    ],
    [
      'a column claims the old name of a column that is still there',
      { columns: [KEY, column('fare', 'double', custom('renamedFrom', 'id'))] },
      `'fare.renamedFrom' must be a name no column has any more, got "id"; drop renamedFrom here, or the column of ` +
        'the old name',
    ],
    [
      'a dropped column is still one',
      { columns: [KEY, column('at', 'struct<x int>')], custom: dropped('at.x') },
      `'droppedColumns[0].column' must be a column that is gone, got "at.x"; ` +
        'take at.x off the list, or the column out of the contract',
    ],
    [
      'a column is dropped twice',
      { columns: [KEY], custom: dropped('fare', 'fare') },
      `'droppedColumns[1].column' must be a column listed once, got "fare"; drop one of the two`,
    ],
    [
      'a column is dropped without a reason',
      { columns: [KEY], custom: { droppedColumns: [{ column: 'fare', reason: '...' }] } },
      `'droppedColumns[0].reason' must be a reason for those who read the column, got "..."; write one`,
    ],
    [
      'rows are sorted by a dropped column',
      { columns: [KEY], custom: { ...dropped('fare'), sortOrder: [{ column: 'fare' }] } },
      `'sortOrder[0].column' must be a column of the contract, got "fare"; known are id`,
    ],
    [
      'a rule asks for a dropped column',
      {
        columns: [
          {
            ...KEY,
            quality: [{ type: 'sql', query: 'SELECT count(*) FROM ${table} t WHERE t.fare < t.id', mustBe: 0 }],
          },
        ],
        custom: dropped('fare'),
      },
      `'id.quality[0].query' must be a rule without fare, which is dropped, got ` +
        '"SELECT count(*) FROM ${table} t WHERE t.fare < t.id"; rewrite or drop the rule',
    ],
    [
      'a dataset name has a double underscore',
      { dataset: 'trips__dlq', columns: [KEY] },
      `'name' must be a name without a double underscore, got "trips__dlq"; ` +
        'it marks derived tables such as flights__dlq',
    ],
  ])('is refused when %s', (_, contract, message) => {
    expect(problemsIn(contract)).toEqual([message]);
  });

  test.each<[string, { readonly [key: string]: unknown }, string[]]>([
    [
      'has a name Kafka refuses',
      { topic: 'flights!' },
      [
        `'stream.topic' must be 1 to 249 letters, digits, dots, underscores and hyphens, and not only one or two dots, ` +
          `got "flights!"; use a name such as 'flights.events'`,
      ],
    ],
    [
      'has no partition',
      { partitions: 0 },
      [`'stream.partitions' must be a whole number of at least 1, got 0; use at least as many as tasks read at once`],
    ],
    [
      'keeps nothing',
      { retentionDays: -1 },
      [
        `'stream.retentionDays' must be a whole number of days, at least 1, got -1; ` +
          'leave it out for what the cluster says',
      ],
    ],
    [
      'is cleaned up in no known way',
      { cleanup: 'compcat' },
      [`'stream.cleanup' must be one of delete, compact, compact,delete, got "compcat"; did you mean 'compact'?`],
    ],
    [
      'has a key of columns it lacks',
      { key: ['idd', 'id', 'id'] },
      [
        `'stream.key[0]' must be a column of the contract, got "idd"; did you mean 'id'?`,
        `'stream.key[2]' must be a column listed once, got "id"; drop one of the two`,
      ],
    ],
    [
      'has an empty key',
      { key: [] },
      [`'stream.key' must be at least one column, got []; leave it out for the primary key`],
    ],
    [
      'is compacted and forgets by age',
      { cleanup: 'compact', retentionDays: 7 },
      [
        `'stream.retentionDays' must be absent where the newest record of each key is kept for ever, got 7; ` +
          `drop it, or write cleanup: 'compact,delete'`,
      ],
    ],
    [
      'is compacted and would go to a cheaper tier',
      { cleanup: 'compact', localRetentionDays: 1 },
      [
        "'stream.localRetentionDays' must be absent in a topic that compacts, which the cheaper tier does not hold, got 1; drop it",
      ],
    ],
    [
      'is kept too briefly for a cheaper tier',
      { retentionDays: 2, localRetentionDays: 1 },
      ["'stream.localRetentionDays' must be beside retentionDays of 3 or more, got 1; raise retentionDays, or drop it"],
    ],
    [
      'leaves nothing for a cheaper tier',
      { retentionDays: 7, localRetentionDays: 7 },
      ["'stream.localRetentionDays' must be less than the 7 of retentionDays, got 7; lower it, or drop it"],
    ],
    [
      'has a mistyped key',
      { retentionDay: 7 },
      [`'stream' must be an object of known keys, got "retentionDay"; did you mean 'retentionDays'?`],
    ],
  ])('is refused when its stream %s', (_, change, messages) => {
    const stream = { topic: 'trips', partitions: 6, ...change };
    expect(problemsIn({ columns: [KEY], custom: { orderingColumn: 'id', stream } })).toEqual(messages);
  });

  test('is refused for all that its stream lacks at once, beside its other mistakes', () => {
    const columns = [column('fare', 'dobule')];
    expect(problemsIn({ zone: 'gold', columns, custom: { stream: { partitions: 1 } } })).toEqual([
      expect.stringContaining(`'stream.topic' must be a string, got nothing; add it`),
      expect.stringContaining(`'fare.physicalType' must be an Iceberg type`),
      expect.stringContaining(`'stream' must be in a contract of zone silver`),
      `'customProperties.orderingColumn' must be set beside stream, got nothing; ` +
        'name the column that tells which row is newer',
    ]);
    const keyless = { columns: [column('at', 'date', { required: true })] };
    const stream = { topic: 'trips', partitions: 1 };
    expect(problemsIn({ ...keyless, custom: { orderingColumn: 'at', stream } })).toEqual([
      expect.stringMatching(/^'properties' must be columns of which some are the primary key, .*set primaryKey: true/),
    ]);
  });

  test.each<[string, object, string[]]>([
    [
      'lacks how late its records may be',
      { derivedFrom: { dataset: 'rides' } },
      ["'derivedFrom.allowedLatenessMinutes' must be a number, got nothing; add it"],
    ],
    [
      'names a key that nobody knows',
      { derivedFrom: { dataset: 'rides', allowedLatenessMinutes: 5, allowedLateness: 5 } },
      [
        `'derivedFrom' must be an object of known keys, got "allowedLateness"; known are dataset, allowedLatenessMinutes`,
      ],
    ],
    [
      'has a stream of its own',
      {
        orderingColumn: 'id',
        derivedFrom: { dataset: 'rides', allowedLatenessMinutes: 5 },
        stream: { topic: 'trips', partitions: 1 },
      },
      ["'derivedFrom' must be absent beside stream"],
    ],
  ])('is refused when what it is derived from %s', (_, properties, messages) => {
    expect(problemsIn({ columns: [KEY], custom: { ...properties } })).toEqual(
      messages.map((message) => expect.stringContaining(message) as string),
    );
  });

  test('is refused when it is derived from a dataset that no stream feeds', () => {
    const derivedFrom = { dataset: 'ride', allowedLatenessMinutes: 5 };
    const rides = {
      dataset: 'rides',
      columns: [KEY],
      custom: { orderingColumn: 'id', stream: { topic: 'r', partitions: 1 } },
    };
    expect(() => contractsOf({ columns: [KEY], custom: { derivedFrom } }, rides)).toThrow(
      `'derivedFrom.dataset' must be a dataset that comes from a stream, got "ride"; did you mean 'rides'?`,
    );
  });

  test('is refused when it has a source and a stream', () => {
    const source = { name: 'rides', schema: 'public', table: 'trips', watermarkColumn: 'id' };
    const stream = { topic: 'trips', partitions: 1 };
    expect(problemsIn({ columns: [KEY], custom: { orderingColumn: 'id', source, stream } })).toEqual([
      `'stream' must be absent beside source, got {"topic":"trips","partitions":1}; ` +
        'drop one of the two: a dataset comes from a table or from a topic',
    ]);
  });

  test('is refused when another contract declares its topic', () => {
    const properties = { orderingColumn: 'id', stream: { topic: 'trips', partitions: 1 } };
    const both = ['rides', 'trips'].map((dataset) => ({ dataset, columns: [KEY], custom: properties }));
    expect(problemsOf(() => contractsOf(...both))).toEqual([
      expect.stringMatching(
        /^contracts\/silver\/trips\.yaml:\d+:\d+: 'stream\.topic' must be declared by one contract, got "trips"; contracts\/silver\/rides\.yaml declares it too, drop one$/,
      ),
    ]);
  });

  test('is refused when Glue would look after what a stream writes, for too short a time or in no order', () => {
    const stream = { topic: 'trips', partitions: 1, retentionDays: 14 };
    const properties = {
      orderingColumn: 'id',
      stream,
      maintenance: 'managed',
      snapshotRetentionDays: 3,
      compaction: 'sort',
    };
    expect(problemsOf(() => contractsOf({ columns: [KEY], custom: properties }))).toEqual([
      expect.stringMatching(
        /^contracts\/silver\/trips\.yaml:\d+:\d+: 'maintenance' must be job where a stream writes, got "managed"; write 'job': where the stream has come to stands in snapshots, which Glue would give up$/,
      ),
      expect.stringContaining(
        "'snapshotRetentionDays' must be at least 14, the days that the topic can be replayed, got 3; keep snapshots longer, or records shorter",
      ),
      expect.stringContaining(
        `'compaction' must be binpack where there is no sortOrder, got "sort"; add sortOrder, or leave it out`,
      ),
    ]);
  });

  test('is refused when a rule of the whole dataset asks for a dropped column, and only then', () => {
    expect(problemsOf(() => DataContracts.fromDirectory(withoutFare('SELECT sum(fare) FROM ${table}')))).toEqual([
      expect.stringContaining(`'quality[0].query' must be a rule without fare, which is dropped`),
    ]);
    expect(DataContracts.fromDirectory(withoutFare('SELECT sum(airfare) FROM ${table}')).all()).toHaveLength(1);
  });

  test('leaves custom properties of other tools alone', () => {
    const contracts = contractsOf({ columns: [KEY], custom: { steward: 'x', costCentre: 7 } });
    expect(contracts.all()).toHaveLength(1);
  });

  test('is refused when references to one anchor explode', () => {
    const lines = ['a: &a [x]'];
    for (let level = 0; level < 12; level++) {
      const from = String.fromCodePoint(97 + level);
      const to = String.fromCodePoint(98 + level);
      lines.push(`${to}: &${to} [${Array.from({ length: 9 }, () => `*${from}`).join(', ')}]`);
    }
    const root = directory({ 'silver/bomb.yaml': lines.join('\n') });
    expect(problemsOf(() => DataContracts.fromDirectory(root))).toEqual([
      expect.stringContaining('must be a well-formed YAML document'),
    ]);
  });
});

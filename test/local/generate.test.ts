import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { load } from 'js-yaml';
import { z } from 'zod';
import { DataContracts, recordSchema } from '../../lib/contracts';
import { problem } from '../../lib/private/errors';
import { dbtSources } from '../../local/generate/dbt-sources';
import { dqdl } from '../../local/generate/dqdl';
import { generate, generatedText } from '../../local/generate/generate';
import { root } from '../../local/paths';
import { run } from '../../local/toolchain/command';
import { ensureJars, jarSets } from '../../local/toolchain/jars';
import { ensureJava } from '../../local/toolchain/java';
import { ensureEnvironment, environments } from '../../local/toolchain/python';
import { KEY, column, contractsOf, messageOf } from '../contracts/lake';
import { temporaryDirectory } from '../support/temporary';

const MINUTE = 60_000;
const CONTRACTS = join(root, 'contracts');
const DBT = join(root, 'workloads/dbt/models/staging/silver.yml');

/** A copy of the contracts of this repository, without what was generated from them. */
function copyOfContracts(): string {
  const directory = join(temporaryDirectory(), 'contracts');
  mkdirSync(directory);
  cpSync(join(CONTRACTS, 'silver'), join(directory, 'silver'), { recursive: true });
  return directory;
}

/** Contracts with every form of a rule. */
function everyRule(): DataContracts {
  const none = { mustBe: 0 };
  return contractsOf(
    { dataset: 'zones', columns: [{ name: 'code', physicalType: 'string', required: true, primaryKey: true }] },
    {
      columns: [
        KEY,
        column('fare', 'decimal(7, 2)', { logicalTypeOptions: { exclusiveMinimum: 0, exclusiveMaximum: 99.5 } }),
        column('null', 'decimal(7, 2)', {
          quality: [{ metric: 'invalidValues', arguments: { validValues: [0, 0.25] }, ...none }],
        }),
        column('day', 'date', { logicalTypeOptions: { minimum: '2020-01-01' } }),
        column('note', 'string', {
          logicalTypeOptions: { pattern: String.raw`^\d"[a-z]\\$`, minLength: 1, maxLength: 9 },
        }),
        column('zone', 'string', { unique: true, relationships: [{ to: 'zones.code' }] }),
        column('kind', 'int', {
          logicalTypeOptions: { minimum: 1 },
          quality: [{ metric: 'invalidValues', arguments: { validValues: [1, 2] }, ...none }],
        }),
        column('at', 'timestamp'),
        column('told', 'timestamptz', { quality: [{ metric: 'nullValues', ...none }] }),
        column('id2', 'uuid'),
        column('raw', 'binary'),
        column('hash', 'fixed[4]'),
        column('stops', 'list<struct<place string not null, minutes int>>'),
        column('tags', 'map<string, double>'),
      ],
      schema: {
        quality: [
          { metric: 'rowCount', mustNotBeBetween: [5, 7] },
          { metric: 'duplicateValues', arguments: { properties: ['zone', 'day'] }, ...none },
          {
            type: 'sql',
            query: 'SELECT COUNT(*) -- all\nFROM ${table} WHERE note = \'a\n "b"\'',
            mustBeBetween: [0, 3],
          },
        ],
      },
      custom: { orderingColumn: 'id', stream: { topic: 'trips', partitions: 1 } },
    },
  );
}

/** A validator of the records of a dataset's topic. */
function validator(contract: string, contracts: DataContracts): ValidateFunction {
  const ajv = new Ajv({ allowUnionTypes: true, formats: { 'date-time': true, date: true, uuid: true } });
  return ajv.compile(recordSchema(contracts.get(contract)));
}

/** Whether a payload is a record by a schema. */
function accepts(schema: ValidateFunction, payload: string): boolean {
  try {
    return schema(JSON.parse(payload));
  } catch {
    return false;
  }
}

describe('tests of dbt', () => {
  test('have names of their own', () => {
    const unique = [['a_b'], ['a', 'b']].map((properties) => ({
      metric: 'duplicateValues',
      arguments: { properties },
      mustBe: 0,
    }));
    const columns = [KEY, column('a_b', 'int'), column('a', 'int'), column('b', 'int')];
    const text = dbtSources(contractsOf({ columns, schema: { quality: unique } }));
    expect(text.match(/silver_trips_a_b_is_unique.*/g)).toEqual([
      'silver_trips_a_b_is_unique',
      'silver_trips_a_b_is_unique_2',
    ]);
  });
});

describe('lakehouse generate', () => {
  test('has written what the contracts of this repository say', () => {
    const { unchanged } = generate(CONTRACTS, { dbt: DBT, check: true });
    expect(unchanged).toHaveLength(9);
  });

  test('writes what is stale, removes what has no contract any more, and leaves the rest', () => {
    const directory = copyOfContracts();
    expect(generatedText(generate(directory))).toMatch(/9 of 9 generated files changed; commit them/);
    const flights = join(directory, 'generated/glue-data-quality/silver.flights.dqdl');
    writeFileSync(flights, 'Rules = []');
    rmSync(join(directory, 'silver/planes.yaml'));
    const { written, removed, unchanged } = generate(directory);
    expect(written.map((path) => path.split('/').at(-1))).toEqual(['silver.yml', 'silver.flights.dqdl']);
    expect(removed).toEqual([expect.stringMatching(/silver\.planes\.dqdl$/)]);
    expect(unchanged).toHaveLength(6);
    expect(readFileSync(flights, 'utf8')).toContain('IsPrimaryKey');
  });

  test('names what is stale, and writes nothing, when it only checks', () => {
    const directory = copyOfContracts();
    expect(() => generate(directory, { check: true })).toThrow(
      /^9 problems .*silver\.flights\.dqdl' must be what the contracts say, got "no file"; run 'lakehouse generate [^']*contracts' and/s,
    );
    expect(existsSync(join(directory, 'generated'))).toBe(false);
  });

  test('takes a file whose lines version control ended otherwise for the same', () => {
    const directory = copyOfContracts();
    const { written } = generate(directory);
    written.forEach((file) => writeFileSync(file, readFileSync(file, 'utf8').replaceAll('\n', '\r\n')));
    expect(generate(directory, { check: true }).unchanged).toEqual(written);
    expect(generate(directory).written).toEqual([]);
  });

  test('names the command that makes its check pass', () => {
    const dbt = join(temporaryDirectory(), 'silver.yml');
    expect(() => generate(CONTRACTS, { dbt, check: true })).toThrow(
      `; run 'lakehouse generate --dbt ${dbt}' and commit`,
    );
  });

  test.each(['a contract', 'a folder'])('takes the place of nothing that it did not write: %s after --dbt', (what) => {
    const directory = copyOfContracts();
    const dbt = join(directory, what === 'a contract' ? 'silver/flights.yaml' : 'silver');
    const before = readFileSync(join(directory, 'silver/flights.yaml'), 'utf8');
    expect(messageOf(() => generate(directory, { dbt }))).toBe(
      problem({
        path: '--dbt',
        must: "a new file or one that 'lakehouse generate' wrote",
        got: relative(root, dbt),
        remedy: 'name another file, or remove that one first',
      }),
    );
    expect(readFileSync(join(directory, 'silver/flights.yaml'), 'utf8')).toBe(before);
    expect(existsSync(join(directory, 'generated'))).toBe(false);
  });

  test('fails when a file cannot be written', () => {
    const directory = copyOfContracts();
    writeFileSync(join(directory, 'generated'), 'a file');
    expect(messageOf(() => generate(directory))).toMatch(
      /^'[^']*silver\.yml' must be a file that can be written, got "E[A-Z]+: .*; correct its folder or permissions$/,
    );
  });
});

describe('a ruleset of Glue Data Quality', () => {
  const ruleset = z.object({
    rules: z.array(z.object({ type: z.string(), parameters: z.record(z.string(), z.string()) })),
    error: z.string().nullable(),
  });
  const parsed = new Map<string, z.infer<typeof ruleset>>();
  const contracts = new Map([
    ...DataContracts.fromDirectory(CONTRACTS)
      .all()
      .map((each) => [each.key, each] as const),
    ...everyRule()
      .all()
      .map((each) => [each.key, each] as const),
  ]);

  beforeAll(async () => {
    const folder = temporaryDirectory();
    const texts = new Map([...contracts].map(([key, contract]) => [key, dqdl(contract)]));
    texts.set('broken', dqdl(contracts.get('silver.airlines')!).replace('ColumnLength', 'ColumnLenght'));
    const files = [...texts].map(([name, text]) => {
      const file = join(folder, name);
      writeFileSync(file, text);
      return file;
    });
    const [{ python }, jars, javaHome] = await Promise.all([
      ensureEnvironment(environments.spark),
      ensureJars(jarSets.dqdl),
      ensureJava(),
    ]);
    const args = [join(root, 'test/support/parse_dqdl.py'), join(jars, 'dqdl-1.0.0.jar'), ...files];
    const env = { ...process.env, JAVA_HOME: javaHome, SPARK_HOME: undefined, SPARK_CONF_DIR: undefined };
    const { stdout } = await run(python, args, { name: 'parse dqdl', env, timeoutMs: 5 * MINUTE });
    const found = z.record(z.string(), ruleset).parse(JSON.parse(stdout));
    Object.entries(found).forEach(([file, each]) => parsed.set(file.split('/').at(-1) ?? '', each));
  }, 10 * MINUTE);

  test.each([...contracts.keys()])("of %s is read by AWS' own parser, and every column in it exists", (key) => {
    const { rules = [], error } = parsed.get(key) ?? {};
    const names = new Set(contracts.get(key)?.columns.map(({ name }) => name));
    const targets = rules.flatMap(({ parameters }) =>
      Object.entries(parameters).flatMap(([name, value]) => (name.startsWith('TargetColumn') ? [value] : [])),
    );
    expect(error).toBeNull();
    expect(rules.length).toBeGreaterThan(0);
    expect(targets.filter((name) => !names.has(name))).toEqual([]);
  });

  test('has a rule for each form of the contract', () => {
    expect(dqdl(contracts.get('silver.trips')!).split('\n').slice(1)).toEqual([
      'Rules = [',
      '    (RowCount < 5) or (RowCount > 7),',
      '    IsPrimaryKey "id",',
      '    IsUnique "zone",',
      '    CustomSql "select count(*) from (select 1 from primary group by `zone`, `day` having count(*) > 1)" = 0,',
      '    CustomSql "select count(*) from primary one left anti join `zones` other on one.`zone` = other.`code` where one.`zone` is not null" = 0,',
      '    IsComplete "id",',
      '    CustomSql "select count(*) from primary where not `fare` > 0" = 0,',
      '    CustomSql "select count(*) from primary where not `fare` < 99.5" = 0,',
      '    CustomSql "select count(*) from primary where `null` not in (0, 0.25)" = 0,',
      '    CustomSql "select count(*) from primary where not `day` >= \'2020-01-01\'" = 0,',
      '    ColumnLength "note" >= 1 where "`note` is not null",',
      '    ColumnLength "note" <= 9 where "`note` is not null",',
      '    ColumnValues "note" matches "^\\d\\"[a-z]\\\\$" where "`note` is not null",',
      '    ColumnValues "kind" >= 1 where "`kind` is not null",',
      '    ColumnValues "kind" in [1, 2] where "`kind` is not null",',
      '    IsComplete "told",',
      String.raw`    CustomSql "SELECT COUNT(*) FROM primary WHERE note = 'a\n \"b\"'" >= 0,`,
      String.raw`    CustomSql "SELECT COUNT(*) FROM primary WHERE note = 'a\n \"b\"'" <= 3`,
      ']',
      '',
    ]);
  });

  test('wants the newest row to be as new as the contract promises, and no other', () => {
    expect(dqdl(contracts.get('silver.flight_events')!)).toContain(
      `    CustomSql "select count(*) from primary where _extracted_at >= current_timestamp() - interval 900 seconds" > 0,`,
    );
  });

  test('is refused by the parser when a rule is none, so its word counts', () => {
    expect(parsed.get('broken')?.error).toContain('ColumnLenght is not valid');
  });
});

describe('a JSON Schema of records', () => {
  const events = validator('silver.flight_events', DataContracts.fromDirectory(CONTRACTS));

  test(
    'accepts every record of the producer, and none that it broke',
    async () => {
      const { python } = await ensureEnvironment(environments.emulator);
      const args = [join(root, 'test/support/flight_records.py'), '2013-01-04T00:00:00Z'];
      const env = { ...process.env, PYTHONPATH: join(root, 'local') };
      const { stdout } = await run(python, args, { name: 'flight records', env, timeoutMs: 2 * MINUTE });
      const record = z.object({ kind: z.string(), payload: z.string() });
      const sent = stdout
        .trim()
        .split('\n')
        .map((line) => record.parse(JSON.parse(line)));
      const refused = sent.filter(({ payload }) => !accepts(events, payload));
      expect(sent.length).toBeGreaterThan(3000);
      expect(refused.length).toBeGreaterThan(0);
      expect(refused.map(({ kind }) => kind)).toEqual(
        sent.filter(({ kind }) => kind === 'corrupt').map(() => 'corrupt'),
      );
    },
    5 * MINUTE,
  );

  const event = {
    event_type: 'departed',
    event_time: '2013-01-01T10:02:00Z',
    reported_at: '2013-01-01T10:05:00Z',
    time_hour: '2013-01-01T10:00:00Z',
    carrier: 'UA',
    flight: 1,
    origin: 'EWR',
    dest: 'IAH',
    tailnum: null,
    scheduled_clock: 500,
    actual_clock: 502,
    delay: 2,
    air_time: null,
    gate: 'a key that no column has',
  };

  test.each<[string, unknown]>([
    ['a list', [1]],
    ['a clock that is no number', { ...event, actual_clock: 'one' }],
    ['a fraction of a minute', { ...event, delay: 1.5 }],
    ['an event that there is not', { ...event, event_type: 'landed' }],
    ['no value for its key', { ...event, origin: null }],
    ['no moment', { ...event, event_time: 'noon' }],
    ['a flight beyond the range', { ...event, flight: 10_000 }],
    ['a code of another form', { ...event, carrier: 'ua' }],
  ])('refuses a record with %s', (_, broken) => {
    expect(accepts(events, JSON.stringify(event))).toBe(true);
    expect(accepts(events, JSON.stringify(broken))).toBe(false);
  });

  test('knows every type', () => {
    const trips = validator('silver.trips', everyRule());
    const trip = {
      id: 1,
      fare: '12.50',
      at: '2020-01-01T00:00:00',
      told: '2020-01-01T00:00:00+01:00',
      id2: 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
      raw: 'AAEC',
      stops: [{ place: 'EWR', minutes: null }],
      tags: { a: 1.5 },
    };
    const broken = {
      fare: '12.505',
      at: '2020-01-01T00:00:00Z',
      told: '2020-01-01T00:00:00',
      id2: 'f47ac10b',
      stops: [{ minutes: 1 }],
      tags: { a: 'b' },
    };
    expect(accepts(trips, JSON.stringify(trip))).toBe(true);
    const refused = Object.entries(broken).filter(
      ([name, value]) => !accepts(trips, JSON.stringify({ ...trip, [name]: value })),
    );
    expect(refused.map(([name]) => name)).toEqual(Object.keys(broken));
  });
});

describe('sources of dbt', () => {
  test('give texts of a contract as they are, though dbt reads templates', () => {
    const note = column('note', 'string', {
      description: '{# is {{ it {% {x}',
      logicalTypeOptions: { pattern: '[{#]{2}' },
    });
    const text = JSON.stringify(load(dbtSources(contractsOf({ columns: [KEY, note] }))));
    const brace = "{{ '{' }}";
    expect(text).toContain(`"description":"${brace}# is ${brace}{ it ${brace}% {x}"`);
    expect(text).toContain(`{"note":"[${brace}#]{2}"}`);
    expect(text).toContain(JSON.stringify('{{ var("silver") }}'));
  });

  test('have types of Spark, and a test for each kind of rule', () => {
    const { sources } = z
      .object({ sources: z.array(z.object({ tables: z.array(z.looseObject({ name: z.string() })) })) })
      .parse(load(dbtSources(everyRule())));
    const trips = sources[0]?.tables.find(({ name }) => name === 'trips');
    const tests = z.array(z.record(z.string(), z.object({ arguments: z.unknown() }))).parse(trips?.['data_tests']);
    expect(tests.flatMap((each) => Object.entries(each).map(([name, { arguments: given }]) => [name, given]))).toEqual([
      ['expectations.expect_unique_key', { columns: ['id'] }],
      ['expectations.expect_unique_key', { columns: ['zone'] }],
      ['expectations.expect_unique_key', { columns: ['zone', 'day'] }],
      ['expectations.expect_columns_not_null', { columns: ['id', 'told'] }],
      [
        'expectations.expect_columns_between',
        {
          ranges: {
            fare: { above: 0, below: 99.5 },
            day: { min: '2020-01-01' },
            kind: { min: 1 },
            'length(note)': { min: 1, max: 9 },
          },
        },
      ],
      ['expectations.expect_columns_in_set', { sets: { null: [0, 0.25], kind: [1, 2] } }],
      ['expectations.expect_columns_to_match', { patterns: { note: String.raw`^\d"[a-z]\\$` } }],
      ['expectations.expect_references', { columns: ['zone'], to: "source('silver', 'zones')", references: ['code'] }],
      [
        'expectations.expect_query_results',
        {
          queries: [
            { query: 'select count(*) from <table>', must: 'not between 5 and 7' },
            { query: `SELECT COUNT(*) FROM <table> WHERE note = 'a\n "b"'`, must: 'between 0 and 3' },
          ],
        },
      ],
    ]);
    expect(trips?.['columns']).toContainEqual({
      name: 'stops',
      description: '',
      data_type: 'array<struct<place:string,minutes:int>>',
    });
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { type TestContract, KEY, column, contractsOf, directoryOf, problemsOf } from './lake';
import { DataContracts } from '../../lib/contracts';
import { root } from '../../local/paths';

const ZONES: TestContract = {
  dataset: 'zones',
  columns: [
    { name: 'code', physicalType: 'string', required: true, primaryKey: true },
    column('rank', 'int'),
    column('part', 'string'),
  ],
};

/** A contract of trips with what is said of its dataset. */
function trips(schema: { readonly [key: string]: unknown }, ...more: TestContract['columns']): TestContract {
  return { columns: [KEY, column('zone', 'string'), column('fare', 'double'), ...more], schema };
}

/** A column with one quality rule. */
function ruled(physicalType: string, rule: unknown): TestContract['columns'][number] {
  return column('value', physicalType, { quality: [rule] });
}

/** The rule that no two rows have the same values of some columns. */
function doubles(...properties: string[]): object {
  return { metric: 'duplicateValues', arguments: { properties }, mustBe: 0 };
}

/** A directory of contracts with a decimal column whose largest value is written that way. */
function boundedBy(written: string): string {
  const limited = column('value', 'decimal(38, 2)', { logicalTypeOptions: { maximum: 4711 } });
  const directory = directoryOf(ZONES, trips({}, limited));
  const file = path.join(directory, 'silver/trips.yaml');
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('4711', written));
  return directory;
}

/** The problems of contracts, each with its line and column and without its file. */
function problemsIn(...contracts: TestContract[]): string[] {
  return problemsOf(() => contractsOf(...contracts)).map((text) => text.replace(/^contracts\/silver\/\w+\.yaml:/, ''));
}

describe('the rules of a contract', () => {
  test('are read in all their forms', () => {
    const count = { metric: 'rowCount', mustBeBetween: [1, 9] };
    const none = { mustBe: 0 };
    const contracts = contractsOf(
      ZONES,
      trips(
        {
          quality: [
            count,
            { metric: 'duplicateValues', arguments: { properties: ['zone', 'fare'] }, ...none },
            { type: 'sql', name: 'dear', query: 'SELECT COUNT(*) FROM ${object}\nWHERE fare > 9', mustBeLessThan: 5 },
            { type: 'text', description: 'Counted by hand' },
            { type: 'custom', engine: 'soda', implementation: 'any' },
          ],
          relationships: [{ type: 'foreignKey', from: ['trips.zone', 'trips.part'], to: ['zones.code', 'zones.part'] }],
        },
        column('part', 'string', { unique: true, relationships: [{ to: 'zones.code' }] }),
        column('tip', 'int', {
          logicalTypeOptions: { exclusiveMinimum: 0, maximum: 5 },
          quality: [
            { metric: 'nullValues', ...none },
            { metric: 'invalidValues', arguments: { validValues: [1, 2] }, ...none },
            { type: 'sql', query: 'SELECT MAX(${column}) FROM ${table}', mustNotBeBetween: [7, 8] },
          ],
        }),
      ),
    );
    const rules = contracts.get('silver.trips')._rules;
    expect(rules).toMatchObject({
      uniques: [['part'], ['zone', 'fare']],
      rowCounts: [{ operator: 'between', operands: [1, 9] }],
      relationships: [
        { columns: ['part'], dataset: 'zones', references: ['code'] },
        { columns: ['zone', 'part'], dataset: 'zones', references: ['code', 'part'] },
      ],
      queries: [
        { query: 'SELECT MAX(tip) FROM ${table}', expected: { operator: 'not between', operands: [7, 8] } },
        { name: 'dear', query: 'SELECT COUNT(*) FROM ${table} WHERE fare > 9', expected: { operator: '<' } },
      ],
    });
    const tip = rules.columns.find(({ name }) => name === 'tip');
    expect(tip).toMatchObject({ present: true, exclusiveMinimum: 0, maximum: 5, validValues: [1, 2] });
  });

  test('have queries on one line, without comments and with their texts as they are', () => {
    const query = [
      '-- of the dear: all',
      "SELECT count(*) -- it's all",
      '/* all /* of */ /**/ /* a /* deep */ one */ */',
      String.raw`FROM ${'$'}{table} /* "of" them */ WHERE note NOT IN ('--  a', 'it\'s  /* b', "c --", r'\') -- end`,
      '  AND `a  --b` /*+ hint */ > 1',
    ].join('\n');
    const { queries } = contractsOf(ZONES, trips({ quality: [{ type: 'sql', query, mustBe: 0 }] })).get(
      'silver.trips',
    )._rules;
    const flat = String.raw`FROM ${'$'}{table} WHERE note NOT IN ('--  a', 'it\'s  /* b', "c --", r'\')`;
    expect(queries[0]?.query).toBe(`SELECT count(*) ${flat} AND \`a  --b\` /*+ hint */ > 1`);
  });

  test.each([
    ['12345678901234567.88', '12345678901234568'],
    ['0.10000000000000000001', '0.1'],
  ])('refuse a bound of decimals that is read otherwise than it is written: %s', (written, got) => {
    const [found] = problemsOf(() => DataContracts.fromDirectory(boundedBy(written)));
    expect(found).toMatch(
      /:\d+:\d+: 'value\.logicalTypeOptions\.maximum' must be a number that a double holds to its last digit, got /,
    );
    expect(found).toContain(`got ${got}; write fewer digits, and what is finer as a query of quality`);
  });

  test.each(['123456789012345.67', '-0.1230e2', '+1E-7', '.50', '0.0', '1200', '0x1f'])(
    'take a bound of decimals that is read as it is written: %s',
    (written) => {
      const { columns } = DataContracts.fromDirectory(boundedBy(written)).get('silver.trips')._rules;
      expect(columns.find(({ name }) => name === 'value')?.maximum).toBe(Number(written));
    },
  );

  test('say once which columns are unique, and not of the key', () => {
    const said = trips(
      { quality: [doubles('id'), doubles('zone', 'fare'), doubles('part'), doubles('fare', 'zone', 'zone')] },
      column('part', 'string', { unique: true, quality: [{ metric: 'duplicateValues', mustBe: 0 }] }),
    );
    expect(contractsOf(ZONES, said).get('silver.trips')._rules.uniques).toEqual([['part'], ['zone', 'fare']]);
  });

  test('of the shipped contracts say what flights refer to', () => {
    const { relationships } = DataContracts.fromDirectory(`${root}/contracts`).get('silver.flights')._rules;
    expect(relationships).toMatchObject([
      { columns: ['carrier'], dataset: 'airlines', references: ['carrier'] },
      { columns: ['origin'], dataset: 'airports', references: ['faa'] },
    ]);
  });

  test.each<[string, TestContract, RegExp]>([
    [
      'a metric is mistyped',
      trips({}, ruled('int', { metric: 'nulValues', mustBe: 0 })),
      /^\d+:25: 'value\.quality\[0\]\.metric' must be one of nullValues, .*got "nulValues"; did you mean 'nullValues'\?$/,
    ],
    [
      'a key of a rule is mistyped',
      trips({ quality: [{ metric: 'rowCount', mustbe: 0 }] }),
      /^\d+:11: 'quality\[0\]' must be an object of known keys, got "mustbe"; did you mean 'mustBe'\?$/,
    ],
    [
      'an option is mistyped',
      trips({}, column('value', 'int', { logicalTypeOptions: { minimun: 1 } })),
      /^\d+:13: 'value\.logicalTypeOptions' must be an object of known keys, got "minimun"; did you mean 'minimum'\?$/,
    ],
    [
      'a rule of rows lets some broken ones through',
      trips({}, ruled('int', { metric: 'nullValues', mustBeLessThan: 5 })),
      /'value\.quality\[0\]' must be mustBe: 0 for nullValues, .*each row is judged alone, and none is let through$/,
    ],
    [
      'a rule of the dataset stands at a column',
      trips({}, ruled('int', { metric: 'rowCount', mustBe: 5 })),
      /must be one of nullValues, .*; it counts the rows of the dataset: move it to the quality of the schema$/,
    ],
    [
      'a rule of a column stands at the dataset',
      trips({ quality: [{ metric: 'invalidValues', mustBe: 0 }] }),
      /'quality\[0\]\.metric' must be one of rowCount, duplicateValues, .*; it is a rule of a column: move it there$/,
    ],
    [
      'a count must be nothing',
      trips({ quality: [{ metric: 'rowCount' }] }),
      /'quality\[0\]' must be a rule with one of mustBe, mustNotBe, .*; say what the number must be, once$/,
    ],
    [
      'a count must be two things',
      trips({ quality: [{ metric: 'rowCount', mustBe: 1, mustBeGreaterThan: 0 }] }),
      /'quality\[0\]' must be a rule with one of mustBe, /,
    ],
    [
      'the smallest number is more than the largest',
      trips({ quality: [{ metric: 'rowCount', mustBeBetween: [9, 1] }] }),
      /'quality\[0\]\.mustBeBetween' must be the smaller number first, got \[9,1\]; swap the two$/,
    ],
    [
      'a bound is more than the other',
      trips({}, column('value', 'int', { logicalTypeOptions: { exclusiveMinimum: 7, maximum: 3 } })),
      /'value\.logicalTypeOptions\.exclusiveMinimum' must be at most the maximum 3, got 7; swap the two$/,
    ],
    [
      'an accepted pattern does not compile',
      trips({}, ruled('string', { metric: 'invalidValues', arguments: { pattern: '[a-z' }, mustBe: 0 })),
      /^\d+:28: 'value\.quality\[0\]\.arguments\.pattern' must be a regular expression that JavaScript .*, got "\[a-z"; correct its syntax$/,
    ],
    [
      'columns that no two rows share are none of its columns',
      trips({ quality: [{ metric: 'duplicateValues', arguments: { properties: ['zoen'] }, mustBe: 0 }] }),
      /^\d+:15: 'quality\[0\]\.arguments\.properties\[0\]' must be a column of the contract.*did you mean 'zone'\?$/,
    ],
    [
      'a query writes',
      trips({ quality: [{ type: 'sql', query: 'DROP TABLE trips', mustBe: 0 }] }),
      /'quality\[0\]\.query' must be one SELECT without a semicolon/,
    ],
    [
      'a query does not name its dataset',
      trips({ quality: [{ type: 'sql', query: 'SELECT COUNT(*) FROM ${tabel}', mustBe: 0 }] }),
      /'quality\[0\]\.query' must be a query of \$\{table\}/,
    ],
    [
      'a relationship names no column',
      trips({}, column('part', 'string', { relationships: [{ to: 'zones' }] })),
      /'part\.relationships\[0\]\.to' must be columns of one dataset of the same zone, as dataset\.column/,
    ],
    [
      'the sides of a relationship have different numbers of columns',
      trips({ relationships: [{ from: ['trips.zone', 'trips.fare'], to: 'zones.code' }] }),
      /'relationships\[0\]\.to' must be 2 columns, as many as from, got "zones\.code"/,
    ],
    [
      'a relationship is from a column that there is not',
      trips({ relationships: [{ from: 'trips.zoen', to: 'zones.code' }] }),
      /'relationships\[0\]\.from' must be columns of the contract, .*did you mean 'trips\.zone'\?$/,
    ],
    [
      'a relationship is to a dataset that there is not',
      trips({}, column('part', 'string', { relationships: [{ to: 'zoens.code' }] })),
      /^\d+:21: 'relationships\.to' must be a dataset of zone silver, got "zoens"; did you mean 'zones'\?$/,
    ],
    [
      'a relationship is to a column that there is not',
      trips({}, column('part', 'string', { relationships: [{ to: 'zones.coed' }] })),
      /^\d+:21: 'relationships\.to' must be a column of silver\.zones, got "coed"; did you mean 'code'\?$/,
    ],
    [
      'a relationship is to values of another type',
      trips({}, column('part', 'string', { relationships: [{ to: 'zones.rank' }] })),
      /'relationships\.to' must be a column of the type string, got "int of zones\.rank"; give both one type$/,
    ],
  ])('are refused when %s', (_, contract, message) => {
    expect(problemsIn(ZONES, contract)).toEqual([expect.stringMatching(message)]);
  });
});

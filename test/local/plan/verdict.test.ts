import { readMetadata } from '../../../local/plan/iceberg-json';
import { illegalChanges } from '../../../local/plan/legality';
import { type Sides, verdictOn } from '../../../local/plan/verdict';
import { COLUMNS, column, declared, live, metadataText, table } from './tables';

const NAME = { database: 'lake_silver', name: 'orders', label: 'silver.orders' };
const judge = (sides: Omit<Sides, keyof typeof NAME>) => verdictOn({ ...NAME, ...sides });
const MORE = table([...COLUMNS, column(7, 'paid', 'date')]);
const HIVE = { wrong: 'it is no Iceberg table' };
const { history } = readMetadata(metadataText(), 'a');
const refusals = (after = table(), before = table()) =>
  illegalChanges({ table: 'silver.orders', before, after, history });

function partitionedBy(source: number) {
  return { id: 1001, name: 'x', source, transform: 'identity' };
}

function keyed(key: 'int' | 'long') {
  const map = { type: 'map', 'key-id': 2, key, 'value-id': 3, value: 'int', 'value-required': true } as const;
  return table([column(1, 'm', map)], { partition: [], sort: [] });
}

describe('verdictOn', () => {
  test.each<[string, string, Omit<Sides, keyof typeof NAME>]>([
    ['no change', 'when all three sides agree', { desired: declared(), deployed: declared(), live: live() }],
    ['create', 'when the table is nowhere else', { desired: declared() }],
    ['evolve', 'when the app wants another one', { desired: declared(MORE), deployed: declared(), live: live() }],
    [
      'drifted',
      'when it is not as deployed',
      { desired: declared(), deployed: declared(), live: live(COLUMNS.slice(1)) },
    ],
    ['drifted', 'when it is gone', { desired: declared(), deployed: declared() }],
    ['drifted', 'when it is of Hive by now', { desired: declared(), deployed: declared(), live: HIVE }],
    ['illegal', 'when something else has its name', { desired: declared(), live: HIVE }],
    ['illegal', 'when another one was made by hand', { desired: declared(MORE), live: live() }],
    ['import', 'when the same one was made by hand', { desired: declared(), live: live() }],
    ['release', 'when a retained one leaves the app', { deployed: declared(), live: live() }],
    [
      'illegal',
      'when leaving the app deletes it',
      { deployed: declared(table(), { isRetained: false }), live: live() },
    ],
    ['unmanaged', 'when no template knows it', { live: live() }],
  ])('is %s %s', (status, when, sides) => {
    expect([judge(sides).status, when]).toEqual([status, when]);
  });

  test('says what was changed outside beside what the app changes', () => {
    const found = judge({ desired: declared(MORE), deployed: declared(), live: live(COLUMNS.slice(0, 2)) });
    expect(found.drift).toEqual(['column marks dropped outside (id 3)']);
    expect(found.changes).toEqual([{ kind: 'column added', subject: 'paid', id: 7, after: 'date' }]);
  });

  test('leaves properties alone that the template does not set', () => {
    const properties = { 'write.format.default': 'parquet', comment: 'Orders', 'written.by': 'a job' };
    const found = judge({ desired: declared(), deployed: declared(), live: live(COLUMNS, { properties }) });
    expect(found.status).toBe('no change');
  });

  test('finds a property that the template sets and somebody took away', () => {
    const found = judge({
      desired: declared(),
      deployed: declared(),
      live: live(COLUMNS, { properties: { comment: 'Orders' } }),
    });
    expect(found.drift).toEqual(['property write.format.default changed outside: nothing, deployed as parquet']);
  });

  test('takes what was changed outside for settled when the app declares the same', () => {
    const found = judge({
      desired: declared(MORE),
      deployed: declared(),
      live: live([...COLUMNS, column(7, 'paid', 'date')]),
    });
    expect([found.status, found.drift]).toEqual(['evolve', []]);
  });

  test('compares the folder alone when the bucket is not deployed', () => {
    const [here, elsewhere] = ['orders', 'other'].map((name) =>
      judge({ desired: declared(table(COLUMNS, { location: `s3://\${Lake#Bucket}/shop/${name}` })), live: live() }),
    );
    expect([here?.status, elsewhere?.status]).toEqual(['import', 'illegal']);
  });

  test('names the command that adopts a table made by hand', () => {
    const [problem] = judge({ desired: declared(MORE), live: live() }).problems;
    expect(problem).toContain("write its contract with 'npx lakehouse adopt lake_silver.orders'");
  });

  test('refuses another address, because Glue has one table of a name', () => {
    const found = judge({
      desired: declared(table(), { address: 'Lake/Shop#Orders' }),
      deployed: declared(),
      live: live(),
    });
    expect(found.problems).toEqual([
      '\'silver.orders\' must be declared at Lake#Orders, got "Lake/Shop#Orders"; leave the table in its stack and under ' +
        "its logical id, or move it with 'cdk refactor'",
    ]);
  });
});

describe('illegalChanges', () => {
  test('lets through what Iceberg reads without loss', () => {
    const [id, name, marks] = [COLUMNS[0], COLUMNS[1], COLUMNS[2]];
    expect(refusals(table([marks, { ...id, type: 'long', required: false }, { ...name, name: 'title' }]))).toEqual([]);
    expect(refusals(table([...COLUMNS, column(7, 'paid', 'date')]))).toEqual([]);
  });

  test('refuses the id of a column that is gone, unless that comes back', () => {
    expect(refusals(table([...COLUMNS, column(6, 'paid', 'date')]))).toEqual([
      "'silver.orders.paid.id' must be an id that no column has or had, got \"6, which is gone's\"; take the next free id",
    ]);
    expect(refusals(table([...COLUMNS, column(6, 'gone', 'date')]))).toEqual([]);
  });

  test('refuses the id of a partition field that is gone, unless that comes back', () => {
    expect(refusals(table(COLUMNS, { partition: [partitionedBy(1)] }))).toHaveLength(1);
    expect(refusals(table(COLUMNS, { partition: [partitionedBy(2)] }))).toEqual([]);
  });

  test('refuses any change of the key of a map, for the values of old rows are found by it', () => {
    expect(refusals(keyed('long'), keyed('int'))).toEqual([
      '\'silver.orders.m.key\' must be int or wider, got "long"; set it back, or add a column of another name and id',
    ]);
  });

  test('lets what is in a wholly new column be required', () => {
    const fresh = column(7, 'more', { type: 'list', 'element-id': 8, element: 'int', 'element-required': true });
    expect(refusals(table([...COLUMNS, fresh]))).toEqual([]);
  });

  test('names all that is wrong at once', () => {
    expect(refusals(table([COLUMNS[1]], { location: 's3://x/y', formatVersion: 3 }))).toHaveLength(4);
  });
});

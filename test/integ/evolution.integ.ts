/**
 * Tables that change while they hold rows: contracts are edited, `lakehouse lock` and the real `cdk deploy` follow, and every row is
 * read by its value, as it is and as it was. Each table has one of the changes; the next deploy brings all others to each.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { updateLockFile } from '../../lib/contracts/update-lock-file';
import { KEY, type TestContract, column, custom, document, dropped, messageOf, renamedFrom } from '../contracts/lake';
import { EvolvingLake, type Row } from '../support/evolving-lake';

type Contract = Required<Pick<TestContract, 'columns' | 'custom'>>;

/** A change of a contract, and what it makes of a row that is there already. */
interface Change {
  readonly contract: (before: Contract) => Contract;
  readonly row: (before: Row) => Row;
}

const FIRST: Contract = {
  columns: [
    KEY,
    column('fare', 'int'),
    column('seats', 'int'),
    column('city', 'string'),
    column('at', 'timestamptz'),
    column('spot', 'struct<x int, y float>'),
    column('stops', 'list<struct<code int>>'),
    column('marks', 'map<string, int>'),
  ],
  custom: {},
};

const ROWS: Row[] = [
  {
    id: 1,
    fare: 10,
    seats: 4,
    city: 'Oslo',
    at: '2013-01-01 08:00:00+00:00',
    spot: { x: 1, y: 0.5 },
    stops: [{ code: 7 }, { code: 8 }],
    marks: [['a', 1]],
  },
  { id: 2, fare: null, seats: null, city: null, at: '2013-01-02 09:30:00+00:00', spot: null, stops: [], marks: null },
];

/** The contract with one column replaced. */
function replaced({ columns, custom: properties }: Contract, name: string, by: Contract['columns'][number]): Contract {
  return { columns: columns.map((item) => (item.name === name ? by : item)), custom: properties };
}

const same = (row: Row): Row => row;

const nested = (value: unknown, added: Row): unknown => (value === null ? null : { ...added, ...(value as Row) });

const CHANGES = {
  added: {
    contract: ({ columns, custom: properties }) => ({
      columns: [...columns, column('tip', 'int')],
      custom: properties,
    }),
    row: (row) => ({ tip: null, ...row }),
  },
  renamed: {
    contract: (before) => replaced(before, 'fare', column('price', 'int', { customProperties: [renamedFrom('fare')] })),
    row: ({ fare, ...rest }) => ({ price: fare, ...rest }),
  },
  widened: {
    contract: (before) => replaced(before, 'seats', column('seats', 'long')),
    row: same,
  },
  reordered: {
    contract: ({ columns, custom: properties }) => ({ columns: columns.toReversed(), custom: properties }),
    row: same,
  },
  shortened: {
    contract: ({ columns, custom: properties }) => ({
      columns: columns.filter(({ name }) => name !== 'city'),
      custom: { ...properties, ...dropped('city') },
    }),
    row: (row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== 'city')),
  },
  repartitioned: {
    contract: (before) =>
      replaced(
        before,
        'at',
        column('at', 'timestamptz', { partitioned: true, ...custom('partitionTransform', 'day') }),
      ),
    row: same,
  },
  resorted: {
    contract: ({ columns, custom: properties }) => ({
      columns,
      custom: { ...properties, sortOrder: [{ column: 'seats', direction: 'desc' }] },
    }),
    row: same,
  },
  nested: {
    contract: (before) =>
      [
        column('spot', 'struct<x long, y double, z int>'),
        column('stops', 'list<struct<code long, text string>>'),
        column('marks', 'map<string, long>'),
      ].reduce((contract, wider) => replaced(contract, wider.name, wider), before),
    row: (row) => ({
      ...row,
      spot: nested(row.spot, { z: null }),
      stops: (row.stops as Row[]).map((stop) => nested(stop, { text: null })),
    }),
  },
} satisfies Record<string, Change>;

const entries = Object.entries(CHANGES) as [string, Change][];
const names = Object.keys(CHANGES);

/** All changes on top of one another. */
const EVERYTHING: Change = {
  contract: (before) => entries.reduce((contract, [, change]) => change.contract(contract), before),
  row: (before) => entries.reduce((row, [, change]) => change.row(row), before),
};

/** All changes but one. */
function others(name: string): Change['row'] {
  return (row) => entries.reduce((now, [other, change]) => (other === name ? now : change.row(now)), row);
}

/** What the contracts say after all changes. */
const NOW = EVERYTHING.contract(FIRST);

function without(gone: string): Contract {
  return { ...NOW, columns: NOW.columns.filter(({ name }) => name !== gone) };
}

/** Contracts that must not follow, and what each is refused for. */
const ILLEGAL: Record<keyof typeof CHANGES, { contract: Partial<TestContract>; refusals: string[] }> = {
  added: {
    contract: { ...NOW, columns: [...NOW.columns, column('tax', 'int', { required: true })] },
    refusals: [`'gold.added.tax' must be optional when added to a table that exists`],
  },
  renamed: {
    contract: replaced(NOW, 'price', column('cost', 'int', custom('renamedFrom', 'price'))),
    refusals: [`'gold.renamed.cost.renamedFrom' must be described with a reason`],
  },
  widened: {
    contract: replaced(NOW, 'seats', column('seats', 'int', { required: true })),
    refusals: [
      `'gold.widened.seats' must be long or wider, got "int"`,
      `'gold.widened.seats' must be optional as it was, got "required"`,
    ],
  },
  reordered: {
    contract: { ...NOW, domain: 'taxis' },
    refusals: [`'gold.reordered.location' must be 'rides/reordered' for ever, got "taxis/reordered"`],
  },
  shortened: {
    contract: without('tip'),
    refusals: [`'gold.shortened.tip' must be kept, renamed or declared as dropped with a reason`],
  },
  repartitioned: {
    contract: {
      columns: NOW.columns.filter(({ name }) => name !== 'at' && name !== 'id'),
      custom: { ...NOW.custom, ...dropped('city', 'at', 'id') },
    },
    refusals: [
      `'gold.repartitioned.at' must be kept while partition field at_day uses it`,
      `'gold.repartitioned.id' must be kept while the key uses it`,
    ],
  },
  resorted: {
    contract: { ...NOW, custom: { ...NOW.custom, formatVersion: 3 } },
    refusals: [`'gold.resorted.formatVersion' must be 2 for ever, got 3`],
  },
  nested: {
    contract: replaced(NOW, 'spot', column('spot', 'struct<x long, y double not null, z string>')),
    refusals: [
      `'gold.nested.spot.y' must be optional as it was, got "required"`,
      `'gold.nested.spot.z' must be int or wider, got "string"`,
    ],
  },
};

const byId = (rows: Row[]): Row[] => rows.toSorted((a, b) => Number(a.id) - Number(b.id));

/** A row that is written after a change. */
const later = (id: number, row: (before: Row) => Row): Row => ({ ...row(ROWS[0] ?? {}), id });

async function failureOf(promise: Promise<void>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Error ? error.message : 'it did not fail';
}

describe('tables that change while they hold rows', () => {
  let lake: EvolvingLake;

  const edit = (contractOf: (name: string) => Partial<TestContract>): void =>
    lake.write(
      Object.fromEntries(
        names.map((name) => [
          `gold/${name}.yaml`,
          document({ columns: [], ...contractOf(name), zone: 'gold', dataset: name }),
        ]),
      ),
    );

  const change = async (contractOf: (name: string) => Contract): Promise<string[]> => {
    edit(contractOf);
    const { changes } = updateLockFile(lake.contracts);
    await lake.deploy();
    return changes;
  };

  beforeAll(async () => {
    lake = await EvolvingLake.start();
    await change(() => FIRST);
    await lake.history(Object.fromEntries(names.map((name) => [name, ROWS])));
  });

  afterAll(() => lake.stop());

  test('keep every row and every snapshot over a change of each kind', async () => {
    await change((name) => CHANGES[name as keyof typeof CHANGES].contract(FIRST));
    const tables = await lake.history(Object.fromEntries(entries.map(([name, { row }]) => [name, [later(3, row)]])));
    for (const [name, { row }] of entries) {
      expect({ name, rows: byId(tables[name]?.rows ?? []) }).toEqual({ name, rows: ROWS.map(row) });
      expect({ name, snapshots: tables[name]?.snapshots.map(byId) }).toEqual({ name, snapshots: [ROWS] });
    }
    expect(tables.added?.columns.at(-1)).toBe('tip int');
    expect(tables.renamed?.columns[1]).toBe('price int');
    expect(tables.widened?.columns[2]).toBe('seats long');
    expect(tables.reordered?.columns[0]).toBe('marks map<string, int>');
    expect(tables.shortened?.columns.join()).not.toContain('city');
    expect(tables.repartitioned?.partition).toEqual(['at_day day']);
    expect(tables.resorted?.order).toEqual(['3 DESC NULLS LAST']);
    expect(tables.nested?.columns.slice(-3)).toEqual([
      'spot struct<9: x: optional long, 10: y: optional double, 15: z: optional int>',
      'stops list<struct<14: code: optional long, 16: text: optional string>>',
      'marks map<string, long>',
    ]);
  });

  test('keep them over all these changes at once', async () => {
    await change(() => EVERYTHING.contract(FIRST));
    const tables = await lake.history(Object.fromEntries(names.map((name) => [name, [later(4, EVERYTHING.row)]])));
    for (const [name, { row }] of entries) {
      const written = [...ROWS.map(row), later(3, row)];
      expect({ name, rows: byId(tables[name]?.rows ?? []) }).toEqual({ name, rows: written.map(others(name)) });
      expect({ name, snapshots: tables[name]?.snapshots.map(byId) }).toEqual({ name, snapshots: [ROWS, written] });
    }
  });

  test('are left alone by changes that would harm them, all refused at once before anything is deployed', async () => {
    const before = await lake.changedAt();
    edit((name) => ILLEGAL[name as keyof typeof ILLEGAL].contract);
    const refusals = Object.values(ILLEGAL).flatMap(({ refusals: messages }) => messages);
    const said = [messageOf(() => updateLockFile(lake.contracts)), await failureOf(lake.deploy())];
    for (const message of said) {
      expect(message).toContain(`${refusals.length} problems in schema lock 'contracts/schema.lock.json'`);
      expect(refusals.filter((refusal) => !message.includes(refusal))).toEqual([]);
    }
    expect(await lake.changedAt()).toEqual(before);
  });

  test('are left alone by a lock that gives the id of a dropped column again', async () => {
    const before = await lake.changedAt();
    edit(() => ({ ...NOW, columns: [...NOW.columns, column('town', 'string')] }));
    updateLockFile(lake.contracts);
    const file = join(lake.contracts, 'schema.lock.json');
    const text = readFileSync(file, 'utf8');
    const [, id = ''] = /"id": (\d+), "name": "town"/.exec(text) ?? [];
    writeFileSync(file, text.replace(`"id": ${id}, "name": "town"`, '"id": 4, "name": "town"'));
    const said = await failureOf(lake.deploy());
    expect(said).toMatch(/'gold\.added\.(town|city)' must be given an id no other field has or had, got 4/);
    expect(await lake.changedAt()).toEqual(before);
  });
});

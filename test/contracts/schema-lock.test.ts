import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataContracts, type LockedPartition, SchemaLock } from '../../lib/contracts';
import {
  KEY,
  type TestColumn,
  type TestContract,
  column,
  contractsOf,
  custom,
  dropped,
  messageOf,
  problemsOf,
  renamedFrom,
} from './lake';

const REPOSITORY = path.join(__dirname, '../../contracts');

/** A contract of zone gold, which asks for one table with exactly these columns. */
function trips(columns: TestColumn[], more: Partial<TestContract> = {}): DataContracts {
  return contractsOf({ zone: 'gold', columns, ...more });
}

/** A contract of zone silver with that origin, or with none. */
function loadedFrom(origin: TestContract['custom']): DataContracts {
  return contractsOf({ columns: [KEY], custom: { orderingColumn: 'id', ...origin } });
}

/** The lock of the first contract, brought up to each of the next. */
function lockOf(...steps: DataContracts[]): SchemaLock {
  return steps.reduce((lock, contracts) => lock.update(contracts).lock, SchemaLock.empty());
}

/** The ids of the table's columns by name. */
function idsOf(lock: SchemaLock, contracts: DataContracts): { [name: string]: number } {
  return lock.idsOf(contracts.table('gold.trips')).columnIds;
}

function withoutPlace(problem: string): string {
  return problem.replace(/^contracts\S+ /, '');
}

/** The nested stack the lock places a table of zone gold in. */
function stackOf(lock: SchemaLock, contracts: DataContracts, name: string): string {
  return lock.idsOf(contracts.table(`gold.${name}`)).stack;
}

/** The ids and names of the table's partition fields. */
function fields(lock: SchemaLock, contracts: DataContracts): LockedPartition[] {
  return lock.idsOf(contracts.table('gold.trips')).partitionFields;
}

/** What a change of columns is refused for, without places in files. */
function refusals(before: TestColumn[], after: TestColumn[]): string[] {
  const lock = lockOf(trips(before));
  const updating = problemsOf(() => lock.update(trips(after))).map(withoutPlace);
  expect(problemsOf(() => lock.check(trips(after))).map(withoutPlace)).toEqual(updating);
  return updating;
}

describe('the committed lock', () => {
  const contracts = DataContracts.fromDirectory(REPOSITORY);
  const lock = SchemaLock.fromDirectory(REPOSITORY);

  test('agrees with the contracts', () => {
    expect(lock.check(contracts)).toBeUndefined();
    expect(lock.update(contracts).changes).toEqual([]);
  });

  test('is written as it is rendered', () => {
    expect(lock.render()).toBe(fs.readFileSync(path.join(REPOSITORY, 'schema.lock.json'), 'utf8'));
  });

  test('gives nested fields ids of their own, after the columns', () => {
    const { columnIds } = lock.idsOf(contracts.table('bronze.flights__dlq'));
    expect(columnIds._status).toBe(11);
    expect(columnIds['_reasons.element']).toBe(12);
    expect(columnIds['_reasons.element.message']).toBe(15);
  });

  test('places tables by domain and name, and knows no environment', () => {
    const ids = lock.idsOf(contracts.table('silver.flights'));
    expect(ids).toMatchObject({ stack: 'operations', path: 'operations/flights', formatVersion: 2 });
    expect(ids.partitionFields).toEqual([{ id: 1000, name: 'time_hour_month' }]);
    expect(lock.render()).not.toMatch(/dev|prod|s3:|arn:/);
  });
});

describe('SchemaLock', () => {
  const before = [KEY, column('fare', 'int'), column('city', 'string')];

  test('numbers the columns of a new table in order', () => {
    expect(idsOf(lockOf(trips(before)), trips(before))).toEqual({ id: 1, fare: 2, city: 3 });
  });

  test('gives an added column the next id, wherever it stands', () => {
    const after = trips([column('tip', 'int'), ...before]);
    expect(idsOf(lockOf(trips(before), after), after)).toEqual({ tip: 4, id: 1, fare: 2, city: 3 });
  });

  test('keeps ids when columns are reordered', () => {
    const after = trips(before.toReversed());
    expect(SchemaLock.empty().update(trips(before)).lock.update(after).changes).toEqual([]);
  });

  test("keeps a column's id when it is renamed, also after the declaration is gone", () => {
    const renamed = trips([
      KEY,
      column('price', 'int', { customProperties: [renamedFrom('fare')] }),
      column('city', 'string'),
    ]);
    const lock = lockOf(trips(before), renamed);
    expect(idsOf(lock, renamed)).toEqual({ id: 1, price: 2, city: 3 });
    expect(lock.update(renamed).changes).toEqual([]);
    expect(lock.render()).toContain('"formerly": ["fare"]');
    const later = trips([KEY, column('price', 'int'), column('city', 'string')]);
    expect(lock.update(later).changes).toEqual([]);
  });

  test('keeps the ids of nested fields when their column is renamed', () => {
    const nested = 'list<struct<code int, text string>>';
    const [old, renamed] = [
      trips([KEY, column('notes', nested)]),
      trips([KEY, column('remarks', nested, { customProperties: [renamedFrom('notes')] })]),
    ];
    expect(idsOf(lockOf(old), old)).toEqual({
      id: 1,
      notes: 2,
      'notes.element': 3,
      'notes.element.code': 4,
      'notes.element.text': 5,
    });
    expect(idsOf(lockOf(old, renamed), renamed)).toMatchObject({ remarks: 2, 'remarks.element.text': 5 });
  });

  test('gives a field added to a nested type the next id', () => {
    const [old, wider] = [
      trips([KEY, column('at', 'struct<x int>')]),
      trips([KEY, column('at', 'struct<x int, y int>')]),
    ];
    expect(idsOf(lockOf(old, wider), wider)).toEqual({ id: 1, at: 2, 'at.x': 3, 'at.y': 4 });
  });

  test.each([
    ['int', 'long'],
    ['float', 'double'],
    ['decimal(9, 2)', 'decimal(12, 2)'],
  ])('keeps the id when %s is widened to %s', (from, to) => {
    const [old, wider] = [trips([KEY, column('fare', from)]), trips([KEY, column('fare', to)])];
    const { lock, changes } = lockOf(old).update(wider);
    expect(changes).toEqual([`gold.trips: ~ widen fare from ${from} to ${to} (id 2 kept)`]);
    expect(idsOf(lock, wider).fare).toBe(2);
  });

  test.each([
    ['long', 'int'],
    ['double', 'float'],
    ['int', 'string'],
    ['decimal(12, 2)', 'decimal(9, 2)'],
    ['decimal(9, 2)', 'decimal(12, 3)'],
    ['timestamp', 'timestamptz'],
    ['string', 'list<string>'],
  ])('fails when %s becomes %s', (from, to) => {
    const problems = refusals([KEY, column('fare', from)], [KEY, column('fare', to)]);
    const got = to === 'list<string>' ? 'list' : to;
    expect(problems[0]).toBe(
      `'gold.trips.fare' must be ${from} or wider, got "${got}"; ` +
        'set it back, or add a column of another name; int may become long, float double, a decimal wider',
    );
  });

  test('never gives the id of a dropped column again', () => {
    const without = trips([KEY, column('city', 'string')], { custom: dropped('fare') });
    const again = trips([KEY, column('city', 'string'), column('fare', 'int')]);
    const lock = lockOf(trips(before), without, again);
    expect(idsOf(lock, again)).toEqual({ id: 1, city: 3, fare: 4 });
    expect(lock.render()).toContain('{ "id": 2, "name": "fare", "type": "int", "retired": true }');
  });

  test('fails when a renamed column was none of the table', () => {
    const after = [...before, column('tip', 'int', { customProperties: [renamedFrom('tipp')] })];
    expect(refusals(before, after)).toEqual([
      `'gold.trips.tip.renamedFrom' must be the name of a column in use, got "tipp"; known are id, fare, city`,
    ]);
  });

  test('fails when a column takes up the name and so the id of a retired one', () => {
    const lock = lockOf(trips(before), trips([KEY, column('city', 'string')], { custom: dropped('fare') }));
    const revived = trips([
      KEY,
      column('city', 'string'),
      column('price', 'int', { customProperties: [renamedFrom('fare')] }),
    ]);
    expect(problemsOf(() => lock.check(revived))[0]).toContain(`must be the name of a column in use, got "fare"`);
  });

  test('fails when a required column is added to a table that exists', () => {
    expect(refusals(before, [...before, column('tip', 'int', { required: true })])).toEqual([
      `'gold.trips.tip' must be optional when added to a table that exists, got "required"; ` +
        'make it optional, rows already written have no value for it',
    ]);
  });

  test('fails when an optional column becomes required', () => {
    expect(refusals(before, [KEY, column('fare', 'int', { required: true }), column('city', 'string')])).toEqual([
      `'gold.trips.fare' must be optional as it was, got "required"; ` +
        'make it optional again, rows already written may have none',
    ]);
  });

  test('lets a required column become optional', () => {
    const required = trips([KEY, column('fare', 'int', { required: true })]);
    expect(lockOf(required).update(trips([KEY, column('fare', 'int')])).changes).toEqual([
      'gold.trips: ~ column fare becomes optional',
    ]);
  });

  test('fails when a column of the key is dropped', () => {
    expect(refusals([KEY, column('fare', 'int')], [column('fare', 'int')])).toEqual([
      `'gold.trips.id' must be kept while the key uses it, got "no column"; ` +
        'take it out of the key first and deploy, then drop the column',
    ]);
  });

  test('lets a column be dropped that left the key before', () => {
    const [withKey, without, gone] = [
      trips([KEY, column('fare', 'int')]),
      trips([{ ...KEY, primaryKey: false }, column('fare', 'int')]),
      trips([column('fare', 'int')], { custom: dropped('id') }),
    ];
    expect(idsOf(lockOf(withKey, without, gone), gone)).toEqual({ fare: 2 });
  });

  describe('with a change that readers will notice', () => {
    const nested = column('at', 'struct<x int, y int>');

    test('refuses an undeclared drop, and gives the lines that declare it', () => {
      expect(refusals(before, [KEY, column('city', 'string')])).toEqual([
        `'gold.trips.fare' must be kept, renamed or declared as dropped with a reason, got "no column"; ` +
          'name it in renamedFrom of its successor, or add to customProperties: ' +
          '{ property: droppedColumns, value: [{ column: fare, reason: ... }] }',
      ]);
    });

    test('takes a declared drop with its reason, and forgets nothing when the declaration goes', () => {
      const declared = trips([KEY, column('city', 'string')], { custom: dropped('fare') });
      const { lock, changes } = lockOf(trips(before)).update(declared);
      expect(changes).toEqual(['gold.trips: - column fare (id 2 retired): nobody reads it']);
      expect(lock.update(trips([KEY, column('city', 'string')])).changes).toEqual([]);
    });

    test('wants a nested field that goes declared, but not those that go with their column', () => {
      const lock = lockOf(trips([KEY, nested]));
      const without = (...columns: string[]) =>
        trips([KEY, column('at', 'struct<x int>')], { custom: dropped(...columns) });
      expect(problemsOf(() => lock.update(without()))[0]).toContain(
        `'gold.trips.at.y' must be kept, renamed or declared`,
      );
      expect(lock.update(without('at.y')).changes).toHaveLength(1);
      expect(lock.update(trips([KEY], { custom: dropped('at') })).changes).toHaveLength(3);
    });

    describe('in the columns of a dataset that is loaded', () => {
      const source = { name: 'rides', schema: 'public', table: 'trips', watermarkColumn: 'id' };
      const stream = { topic: 'trips', partitions: 1 };
      const ours = ['_extracted_at', '_source', '_run_id', '_batch_token'];

      test('refuses to drop them with the origin undeclared, and says both ways out', () => {
        const lock = lockOf(loadedFrom({ source }));
        const problems = problemsOf(() => lock.update(loadedFrom({})));
        expect(problems.map((text) => /'silver\.trips\.(\w+)'/.exec(text)?.[1])).toEqual(ours);
        expect(problems[0]).toContain(
          `'silver.trips._extracted_at' must be kept, renamed or declared as dropped with a reason, got "no column"; ` +
            'put source, stream or derivedFrom back, or add to customProperties: ' +
            '{ property: droppedColumns, value: [{ column: _extracted_at, reason: ... }] }',
        );
        expect(problemsOf(() => lock.check(loadedFrom({})))).toEqual(expect.arrayContaining(problems));
      });

      test('takes their declared drop, which retires the history', () => {
        expect(lockOf(loadedFrom({ source })).update(loadedFrom(dropped(...ours))).changes).toEqual([
          ...ours.map((name, index) => `silver.trips: - column ${name} (id ${index + 2} retired): nobody reads it`),
          'bronze.trips: - table retired, its data and ids are kept',
          'bronze.trips__dlq: - table retired, its data and ids are kept',
        ]);
      });

      test('wants no declaration for those of a history that goes on from another origin', () => {
        const { changes } = lockOf(loadedFrom({ stream })).update(loadedFrom({ source }));
        expect(changes.filter((change) => change.startsWith('bronze.trips__dlq: - column _kafka_'))).toHaveLength(5);
      });
    });

    test('refuses a rename without a reason, and says where it belongs', () => {
      const renamed = column('price', 'int', custom('renamedFrom', 'fare'));
      expect(refusals(before, [KEY, renamed, column('city', 'string')])).toEqual([
        `'gold.trips.price.renamedFrom' must be described with a reason, got "fare"; ` +
          'add description: with the reason, for those who read the column',
      ]);
    });

    test('tells the reason of a rename', () => {
      const renamed = column('price', 'int', { customProperties: [renamedFrom('fare')] });
      expect(lockOf(trips(before)).update(trips([KEY, renamed, column('city', 'string')])).changes).toEqual([
        'gold.trips: ~ rename fare to price (id 2 kept): a better name',
      ]);
    });

    test('reaches the history of a dataset, whose columns follow', () => {
      const source = { name: 'rides', schema: 'public', table: 'trips', watermarkColumn: 'id' };
      const loaded = { orderingColumn: 'id', source };
      const lock = lockOf(contractsOf({ columns: before, custom: loaded }));
      const after = { columns: before.slice(0, 2), custom: { ...loaded, ...dropped('city') } };
      expect(lock.update(contractsOf(after)).changes).toEqual(
        ['bronze', 'silver'].map((zone) => `${zone}.trips: - column city (id 3 retired): nobody reads it`),
      );
    });
  });

  describe('with partition fields', () => {
    const byDay = column('at', 'timestamptz', { partitioned: true, ...custom('partitionTransform', 'day') });
    const byHour = column('at', 'timestamptz', { partitioned: true, ...custom('partitionTransform', 'hour') });
    const plain = column('at', 'timestamptz');

    test('numbers them from 1000 and never gives an id again', () => {
      const hourly = trips([KEY, byHour]);
      const lock = lockOf(trips([KEY, byDay]), hourly);
      expect(fields(lock, hourly)).toEqual([{ id: 1001, name: 'at_hour' }]);
    });

    test('brings a field back with its id, as Iceberg does', () => {
      const daily = trips([KEY, byDay]);
      const lock = lockOf(daily, trips([KEY, byHour]), daily);
      expect(fields(lock, daily)).toEqual([{ id: 1000, name: 'at_day' }]);
    });

    test('keeps name and id when the source column is renamed', () => {
      const customProperties = [{ property: 'partitionTransform', value: 'day' }, renamedFrom('at')];
      const renamed = trips([KEY, { ...byDay, name: 'started', customProperties }]);
      expect(fields(lockOf(trips([KEY, byDay]), renamed), renamed)).toEqual([{ id: 1000, name: 'at_day' }]);
    });

    test('fails when the source column is dropped together with its field', () => {
      expect(refusals([KEY, byDay], [KEY])).toEqual([
        `'gold.trips.at' must be kept while partition field at_day uses it, got "no column"; ` +
          'drop the partition field first and deploy, then drop the column',
      ]);
    });

    test('lets the source column be dropped after its field', () => {
      const gone = trips([KEY], { custom: dropped('at') });
      const lock = lockOf(trips([KEY, byDay]), trips([KEY, plain]), gone);
      expect(idsOf(lock, gone)).toEqual({ id: 1 });
    });

    test('names a field apart from a retired one of another column', () => {
      const again = trips([KEY, byDay]);
      const lock = lockOf(again, trips([KEY, plain]), trips([KEY], { custom: dropped('at') }), again);
      expect(fields(lock, again)).toEqual([{ id: 1001, name: 'at_day_1001' }]);
    });

    test('fails when a new column takes the name a field kept', () => {
      const renamed = {
        ...byDay,
        name: 'started',
        customProperties: [{ property: 'partitionTransform', value: 'day' }, renamedFrom('at')],
      };
      const lock = lockOf(trips([KEY, byDay]), trips([KEY, renamed]));
      const clash = trips([KEY, renamed, column('at_day', 'int')]);
      expect(problemsOf(() => lock.update(clash))[0]).toContain(
        `'gold.trips.at_day' must be a name no partition field of another column has`,
      );
    });
  });

  test('fails when a table would move', () => {
    const lock = lockOf(trips(before));
    expect(problemsOf(() => lock.check(trips(before, { domain: 'taxis' })))).toEqual([
      expect.stringContaining(
        `'gold.trips.location' must be 'rides/trips' for ever, got "taxis/trips"; ` +
          'set the domain back to rides, files of a live table do not move',
      ),
    ]);
  });

  test('fails when the format version changes', () => {
    const lock = lockOf(trips(before));
    expect(problemsOf(() => lock.update(trips(before, { custom: { formatVersion: 3 } })))).toEqual([
      expect.stringContaining(`'gold.trips.formatVersion' must be 2 for ever, got 3; set it back`),
    ]);
  });

  test('fails at synth when a table, a column or a dropped column is not recorded, and says what to run', () => {
    const remedy = "run 'npx lakehouse lock' and commit the file";
    const lock = lockOf(trips(before));
    expect(problemsOf(() => SchemaLock.empty().check(trips(before)))).toEqual([
      `contracts/gold/trips.yaml:13:15: 'gold.trips' must be in schema.lock.json, got "no entry"; ${remedy}`,
    ]);
    expect(problemsOf(() => lock.check(trips([...before, column('tip', 'int')])))).toEqual([
      expect.stringContaining(`got "+ column tip int (id 4)"; ${remedy}`),
    ]);
    expect(problemsOf(() => lock.check(trips([KEY, column('fare', 'int')], { custom: dropped('city') })))).toEqual([
      expect.stringContaining(`got "- column city (id 3 retired): nobody reads it"; ${remedy}`),
    ]);
    expect(problemsOf(() => lock.check(contractsOf()))).toEqual([
      `'gold.trips' must be retired in the lock, got "no contract"; ${remedy}`,
    ]);
  });

  test('names the column in its contract when it refuses it', () => {
    const lock = lockOf(trips(before));
    const narrow = trips([KEY, column('fare', 'string'), column('city', 'string')]);
    expect(problemsOf(() => lock.check(narrow))[0]).toMatch(
      /^contracts\/gold\/trips\.yaml:\d+:\d+: 'gold\.trips\.fare'/,
    );
  });

  test('tells all that is refused at once', () => {
    const after = [column('fare', 'string'), column('tip', 'int', { required: true }), column('city', 'string')];
    expect(refusals(before, after)).toHaveLength(3);
  });

  test('keeps a retired table, and its ids when it comes back', () => {
    const { lock, changes } = lockOf(trips(before)).update(contractsOf());
    expect(changes).toEqual(['gold.trips: - table retired, its data and ids are kept']);
    expect(lock.check(contractsOf())).toBeUndefined();
    const back = lock.update(trips(before));
    expect(back.changes).toEqual(['gold.trips: brought back']);
    expect(back.lock.render()).toBe(lockOf(trips(before)).render());
  });

  test('goes on in a next nested stack when one is full, and moves no table', () => {
    const datasets = Array.from({ length: 100 }, (_, index) => ({
      zone: 'gold',
      dataset: `t${String(index).padStart(3, '0')}`,
      columns: [KEY],
    }));
    const all = contractsOf(...datasets);
    const lock = lockOf(all);
    expect(stackOf(lock, all, 't098')).toBe('rides');
    expect(stackOf(lock, all, 't099')).toBe('rides-2');
    const grown = contractsOf(...datasets, { zone: 'gold', dataset: 'a', columns: [KEY] });
    const next = lock.update(grown).lock;
    expect(stackOf(next, grown, 'a')).toBe('rides-2');
    expect(stackOf(next, grown, 't098')).toBe('rides');
  });

  test('goes on in a next nested stack when tables are so wide that a template would be full', () => {
    const columns = Array.from({ length: 999 }, (_, index) => column(`c${index}`, 'string'));
    const wide = ['a', 'b', 'c', 'd'].map((dataset) => ({ zone: 'gold', dataset, columns: [KEY, ...columns] }));
    const all = contractsOf(...wide);
    const lock = lockOf(all);
    expect(['a', 'b', 'c', 'd'].map((dataset) => stackOf(lock, all, dataset))).toEqual([
      'rides',
      'rides',
      'rides',
      'rides-2',
    ]);
    const columnsOfD = [KEY, ...columns, column('late', 'string')];
    const grown = contractsOf(...wide.slice(1), { zone: 'gold', dataset: 'a', columns: columnsOfD });
    expect(stackOf(lock.update(grown).lock, grown, 'a')).toBe('rides');
  });

  test('fails when ids are asked of a table it does not know', () => {
    const table = trips(before).table('gold.trips');
    expect(messageOf(() => SchemaLock.empty().idsOf(table))).toContain(
      `'table' must be in schema.lock.json, got "gold.trips"`,
    );
  });
});

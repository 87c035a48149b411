import { type DataContracts, SchemaLock } from '../../lib/contracts';
import { Random } from '../support/random';
import { KEY, type TestColumn, column, contractsOf, dropped, renamedFrom } from './lake';

const WIDER: { [type: string]: string } = { int: 'long', float: 'double', 'decimal(9, 2)': 'decimal(12, 2)' };
const TYPES = ['int', 'float', 'decimal(9, 2)', 'string', 'struct<x int, y string>', 'list<double>'];

interface Step {
  readonly columns: TestColumn[];
  /** The name each column had before, of those that were there. */
  readonly former: Map<string, string>;
  /** The name of the column that is gone. */
  readonly gone?: string;
}

/** One legal change of a table: add, rename, widen, drop or move a column. */
function evolve(columns: TestColumn[], random: Random, name: string): Step {
  // What was declared renamed in the last step is no more: the lock remembers.
  const plain = columns.map(({ name: known, physicalType, required, primaryKey }): TestColumn => {
    return { name: known, physicalType, required, primaryKey };
  });
  const at = 1 + random.below(plain.length - 1);
  const chosen = plain[at];
  const former = new Map(plain.map((item) => [item.name, item.name]));
  const change = random.below(5);
  if (chosen === undefined || change === 0) {
    plain.push(column(name, random.pick(TYPES)));
  } else if (change === 1) {
    former.delete(chosen.name);
    former.set(name, chosen.name);
    plain[at] = { ...chosen, customProperties: [renamedFrom(chosen.name)], name };
  } else if (change === 2) {
    plain[at] = { ...chosen, physicalType: WIDER[chosen.physicalType] ?? chosen.physicalType };
  } else if (change === 3) {
    former.delete(chosen.name);
    plain.splice(at, 1);
    return { columns: plain, former, gone: chosen.name };
  } else {
    plain.push(...plain.splice(at, 1));
  }
  return { columns: plain, former };
}

function idsOf(lock: SchemaLock, contracts: DataContracts): { [name: string]: number } {
  return lock.idsOf(contracts.table('gold.trips')).columnIds;
}

describe('a schema lock over random legal evolutions', () => {
  test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))('keeps and never re-uses ids (seed %i)', (seed) => {
    const random = new Random(seed);
    let columns: TestColumn[] = [KEY];
    let contracts = contractsOf({ zone: 'gold', columns });
    let { lock } = SchemaLock.empty().update(contracts);
    let ids = idsOf(lock, contracts);
    let everUsed = new Set(Object.values(ids));
    for (let step = 0; step < 25; step++) {
      // Names come back after a while, so that a dropped column's name meets a new column.
      const evolved = evolve(columns, random, `c${step % 12}_${columns.length}`);
      columns = evolved.columns;
      contracts = contractsOf({
        zone: 'gold',
        columns,
        custom: evolved.gone === undefined ? {} : dropped(evolved.gone),
      });
      ({ lock } = lock.update(contracts));
      expect(lock.check(contracts)).toBeUndefined();
      expect(lock.update(contracts).changes).toEqual([]);

      const now = idsOf(lock, contracts);
      for (const [path, id] of Object.entries(now)) {
        const [name = '', ...rest] = path.split('.');
        const before = evolved.former.get(name);
        const known = before === undefined ? undefined : ids[[before, ...rest].join('.')];
        expect({ path, kept: known ?? !everUsed.has(id) }).toEqual({ path, kept: known === undefined ? true : id });
      }
      everUsed = new Set([...everUsed, ...Object.values(now)]);
      ids = now;
    }
  });
});

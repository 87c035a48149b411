import { type DataContracts, SchemaLock } from '../../lib/contracts';
import { Random } from '../support/random';
import { type EvolvingTable, FIRST, LEGAL, contractOf, evolve } from './evolutions';
import { contractsOf } from './lake';

const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1);
const STEPS = 25;

function idsOf(lock: SchemaLock, contracts: DataContracts): { [name: string]: number } {
  return lock.idsOf(contracts.table('gold.trips')).columnIds;
}

/** The path a column or nested field had before a step. */
function former(path: string, { columns }: EvolvingTable): string {
  const [name, ...rest] = path.split('.');
  return [columns.find((column) => column.name === name)?.renamedFrom ?? name, ...rest].join('.');
}

describe('a schema lock over random legal evolutions', () => {
  const seen = new Set<string>();

  test.each(SEEDS)('keeps and never re-uses ids (seed %i)', (seed) => {
    const random = new Random(seed);
    let table = FIRST;
    let contracts = contractsOf(contractOf('trips', table));
    let { lock } = SchemaLock.empty().update(contracts);
    let ids = idsOf(lock, contracts);
    let everUsed = new Set(Object.values(ids));
    for (let step = 1; step <= STEPS; step++) {
      const { kind, table: evolved } = evolve(table, random, `c${step}`);
      seen.add(kind);
      table = evolved;
      contracts = contractsOf(contractOf('trips', table));
      ({ lock } = lock.update(contracts));
      expect(lock.check(contracts)).toBeUndefined();
      expect(lock.update(contracts).changes).toEqual([]);

      const now = idsOf(lock, contracts);
      for (const [path, id] of Object.entries(now)) {
        const known = ids[former(path, table)];
        expect({ path, kept: known ?? !everUsed.has(id) }).toEqual({ path, kept: known === undefined ? true : id });
      }
      everUsed = new Set([...everUsed, ...Object.values(now)]);
      ids = now;
    }
  });

  test('has seen every kind of change', () => {
    expect([...seen].toSorted()).toEqual(Object.keys(LEGAL).toSorted());
  });
});

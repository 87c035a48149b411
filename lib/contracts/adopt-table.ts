import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { failAll, problem, writeFile } from '../private';
import { DataContracts } from './data-contracts';
import { evolveTable } from './lock-evolution';
import { LOCK_FILE, type LockedTable, type LockedTables, parseLock, renderLock } from './lock-file';
import { SchemaLock } from './schema-lock';

/** What a table that exists already has and had: the ids are its own, and not the lock's to give. */
export type AdoptedTable = Pick<LockedTable, 'formatVersion' | 'columns' | 'partitionFields'>;

/** The tables of the lock of a contract directory; none when it has no lock yet. */
export function lockedTables(directory: string): LockedTables {
  const path = join(directory, LOCK_FILE);
  if (!existsSync(path)) {
    return {};
  }
  const { tables, problems } = parseLock(path, readFileSync(path, 'utf8'));
  failAll(`schema lock '${path}'`, problems);
  return tables;
}

/**
 * Writes a table that exists already into the lock of a contract directory, beside those that are there.
 *
 * Fails, and writes nothing, when its contract is missing or says another table than that.
 *
 * @param key zone and table, for example `silver.flights`
 */
export function adoptTable(directory: string, key: string, table: AdoptedTable): void {
  const contracts = DataContracts.fromDirectory(directory);
  const before = lockedTables(directory);
  const lock = Object.keys(before).length === 0 ? SchemaLock.empty() : SchemaLock.fromDirectory(directory);
  const spec = contracts.table(key);
  // only where it lies is taken from what the lock would say of a new table
  const { stack, path } = lock.update(contracts).lock.idsOf(spec);
  const entry = { stack, path, ...table };
  const { changes, problems } = evolveTable(spec, entry);
  const remedy = 'its contract cannot say what the table is; write it by hand';
  const told = changes.map((got) => problem({ path: key, must: 'the table as it is', got, remedy }));
  failAll(`the contract of ${key}`, [...problems, ...told]);
  writeFile(join(directory, LOCK_FILE), renderLock({ ...before, [key]: entry }));
}

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { DataContracts } from './data-contracts';
import { LOCK_FILE } from './lock-file';
import { SchemaLock } from './schema-lock';

/** What became of the lock file. */
export interface LockFileUpdate {
  /** The file, relative to the contract directory's parent. */
  readonly file: string;
  /** Whether the file was written. */
  readonly written: boolean;
  /** What changed, one line each. */
  readonly changes: string[];
}

/**
 * Brings `schema.lock.json` of a contract directory up to its contracts, or creates it.
 *
 * Fails, and leaves the file as it is, when a contract is wrong or a change can never be deployed.
 */
export function updateLockFile(directory: string): LockFileUpdate {
  const path = join(directory, LOCK_FILE);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const lock = before === undefined ? SchemaLock.empty() : SchemaLock.fromDirectory(directory);
  const { lock: next, changes } = lock.update(DataContracts.fromDirectory(directory));
  const text = next.render();
  // version control may have ended its lines otherwise, which would be no change to commit
  const written = text !== before?.replaceAll('\r\n', '\n');
  if (written) {
    writeWhole(path, text);
  }
  return { file: `${basename(resolve(directory))}/${LOCK_FILE}`, written, changes };
}

/** Writes a file beside and moves it over, so that an interrupted run leaves the old one whole, and two at once write one. */
export function writeWhole(path: string, text: string): void {
  const beside = `${path}.${process.pid}.tmp`;
  writeFileSync(beside, text);
  renameSync(beside, path);
}

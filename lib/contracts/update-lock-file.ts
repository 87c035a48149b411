import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { COMMAND, fail, failAll, problem, writeFile } from '../private';
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

/** How `updateLockFile` is asked to go about it. */
export interface LockFileOptions {
  /** Write nothing, and fail when the file is not what the contracts say. */
  readonly check?: boolean;
}

/**
 * Brings `schema.lock.json` of a contract directory up to its contracts, or creates it.
 *
 * Fails, and leaves the file as it is, when a contract is wrong, a change can never be deployed, or the file cannot be written.
 */
export function updateLockFile(directory: string, { check = false }: LockFileOptions = {}): LockFileUpdate {
  const path = join(directory, LOCK_FILE);
  const file = `${basename(resolve(directory))}/${LOCK_FILE}`;
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile();
  if (isFile === false) {
    fail({ path: 'schema lock', must: 'a file', got: `${file}, a folder`, remedy: 'move it away' });
  }
  const before = isFile === true ? readFileSync(path, 'utf8') : undefined;
  const lock = before === undefined ? SchemaLock.empty() : SchemaLock.fromDirectory(directory);
  const { lock: next, changes } = lock.update(DataContracts.fromDirectory(directory));
  const text = next.render();
  // version control may have ended its lines otherwise, which would be no change to commit
  const written = text !== before?.replaceAll('\r\n', '\n');
  if (written && check) {
    const remedy = `run '${COMMAND} lock' and commit the file`;
    const missing = changes.length === 0 ? ['its lines as they are written'] : changes;
    const stale = missing.map((each) => `without ${each}`);
    failAll(
      `schema lock '${file}'`,
      stale.map((got) => problem({ path: file, must: 'what the contracts say', got, remedy })),
    );
  }
  if (written) {
    writeFile(path, text, file);
  }
  return { file, written, changes };
}

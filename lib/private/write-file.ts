import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail } from './errors';

/**
 * Writes a file whole, and the folders it lies in: beside, and then moved over, so that an interrupted run leaves the old one and
 * two at once write one.
 *
 * Fails when it cannot be written.
 *
 * @param shown what a message calls the file
 */
export function writeFile(file: string, text: string, shown: string = file): void {
  const beside = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(beside, text);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    const got = error instanceof Error ? error.message : error;
    fail({ path: shown, must: 'a file that can be written', got, remedy: 'correct its folder or permissions' });
  }
}

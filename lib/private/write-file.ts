import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail } from './errors';

/**
 * Writes a file whole, and the folders it lies in.
 *
 * Fails when it cannot be written.
 *
 * @param shown what a message calls the file
 */
export function writeFile(file: string, text: string, shown: string = file): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeBeside(file, text);
  } catch (error) {
    const got = error instanceof Error ? error.message : error;
    fail({ path: shown, must: 'a file that can be written', got, remedy: 'correct its folder or permissions' });
  }
}

/** Writes a file beside and moves it over, so that an interrupted run leaves the old one whole, and two at once write one. */
function writeBeside(file: string, text: string): void {
  const beside = `${file}.${process.pid}.tmp`;
  writeFileSync(beside, text);
  try {
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside);
    throw error;
  }
}

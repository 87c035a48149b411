import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** All directories of this process are in one, which goes with it. */
let root: string | undefined;

/** A directory that goes when the tests of the file, or the process, end. */
export function temporaryDirectory(): string {
  root ??= fs.mkdtempSync(path.join(os.tmpdir(), 'lakehouse-test-'));
  return fs.mkdtempSync(path.join(root, 'd-'));
}

function remove(): void {
  if (root !== undefined) {
    fs.rmSync(root, { recursive: true, force: true });
  }
}

// Jest's sandbox has no exit event; a script has no hooks.
if (typeof afterAll === 'function') {
  afterAll(remove);
} else {
  process.once('exit', remove);
}

import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

/** All directories of this process are in one, which goes with it. */
let root: string | undefined;

/** A directory that goes when the process ends. */
export function temporaryDirectory(): string {
  root ??= fs.mkdtempSync(path.join(os.tmpdir(), 'lakehouse-test-'));
  return fs.mkdtempSync(path.join(root, 'd-'));
}

process.once('exit', () => {
  if (root !== undefined) {
    fs.rmSync(root, { recursive: true, force: true });
  }
});

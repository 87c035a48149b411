import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A temporary folder of the tests' own: each of a thousand apps leaves its assembly there, and it goes with the run. */
export default function runFolder(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-lakehouse-unit-'));
  // PostgreSQL, which runs as a user of its own, must get through
  chmodSync(folder, 0o755);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}

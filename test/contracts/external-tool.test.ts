import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../../local/paths';
import { run } from '../../local/toolchain/command';
import { ensureEnvironment, environments } from '../../local/toolchain/python';
import { temporaryDirectory } from '../support/temporary';

const MINUTE = 60_000;
const FOLDER = join(root, 'contracts/silver');
const FILES = readdirSync(FOLDER);
const BROKEN = [
  ['a type that the standard lacks', 'logicalType: integer', 'logicalType: counter', "'counter' is not one of"],
  ['no version', 'version: 1.0.0\n', '', 'version'],
] as const;

const verdicts = z.record(z.string(), z.object({ result: z.string(), checks: z.array(z.string()) }));
type Verdicts = z.infer<typeof verdicts>;

/** The verdicts of datacontract-cli, a program of others that knows nothing of this library. */
async function lint(files: string[]): Promise<Verdicts> {
  const { python } = await ensureEnvironment(environments.lint);
  const args = [join(root, 'test/support/datacontract_lint.py'), ...files];
  const { stdout } = await run(python, args, { name: 'datacontract lint', timeoutMs: 5 * MINUTE });
  return verdicts.parse(JSON.parse(stdout));
}

/** A contract of this repository with one text in it replaced. */
function broken(was: string, by: string): string {
  const file = join(temporaryDirectory(), 'flights.yaml');
  writeFileSync(file, readFileSync(join(FOLDER, 'flights.yaml'), 'utf8').replace(was, by));
  return file;
}

describe('datacontract-cli', () => {
  const refused = new Map(BROKEN.map(([what, was, by]) => [what, broken(was, by)]));
  let said: Verdicts;

  beforeAll(async () => {
    said = await lint([...FILES.map((file) => join(FOLDER, file)), ...refused.values()]);
  }, 10 * MINUTE);

  test.each(FILES)('accepts %s', (file) => {
    const checks = [expect.stringMatching(/^Data contract is valid against ODCS v3\.2\.0/)];
    expect(said[join(FOLDER, file)]).toEqual({ result: 'passed', checks });
  });

  test.each(BROKEN)('refuses a contract with %s, so its word counts', (what, _was, _by, reason) => {
    const verdict = said[refused.get(what) ?? ''];
    expect(verdict?.result).toBe('failed');
    expect(verdict?.checks.join()).toContain(reason);
  });
});

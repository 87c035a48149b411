import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { temporaryDirectory } from '../support/temporary';

const ROOT = path.resolve(__dirname, '..', '..');

/** Runs an entry point as npm does. */
function run(script: string, args: string[], env: NodeJS.ProcessEnv = {}): { status: number | null; stderr: string } {
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', path.join('bin', script), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...env },
    timeout: 60_000,
  });
  return { status, stderr };
}

describe('bin/synth.ts', () => {
  test('says which environments there are when the name is wrong, and leaves a directory alone that is not its own', () => {
    const out = temporaryDirectory();
    fs.writeFileSync(path.join(out, 'mine.txt'), 'mine');
    const { status, stderr } = run('synth.ts', ['prodd', '--out', out]);
    expect(stderr.trim()).toBe("'env' must be the name of an environment, got \"prodd\"; did you mean 'prod'?");
    expect(status).toBe(1);
    expect(fs.readdirSync(out)).toEqual(['mine.txt']);
  }, 60_000);
});

describe('bin/app.ts', () => {
  test('fails with the message alone when no environment is named', () => {
    const { status, stderr } = run('app.ts', [], { CDK_OUTDIR: temporaryDirectory() });
    expect(stderr.trim()).toBe(
      "'env' must be the name of an environment, got nothing; name one: known are dev, staging, prod",
    );
    expect(status).toBe(1);
  }, 60_000);

  test('fails with the message alone when the dependencies are not built', () => {
    const context = JSON.stringify({ env: 'dev', dependencies: temporaryDirectory() });
    const { status, stderr } = run('app.ts', [], { CDK_OUTDIR: temporaryDirectory(), CDK_CONTEXT_JSON: context });
    expect(stderr).toContain("'dependencies' must be built");
    expect(stderr).toContain("run 'npm run package:dependencies'");
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  }, 60_000);
});

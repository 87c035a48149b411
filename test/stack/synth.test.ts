import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { temporaryDirectory } from '../support/temporary';

const ROOT = path.resolve(__dirname, '..', '..');

/** Runs an entry point as npm does, or in another folder. */
function run(
  script: string,
  args: string[],
  { env, cwd = ROOT }: { env?: NodeJS.ProcessEnv; cwd?: string } = {},
): { status: number | null; stderr: string } {
  const command = ['--import', require.resolve('tsx'), path.join(ROOT, 'bin', script), ...args];
  const { status, stderr } = spawnSync(process.execPath, command, {
    cwd,
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

  const must = "'--out' must be an empty directory or one that synth made";

  test.each(['.', '..'])(
    'refuses %j, where it is run or what is around that, and writes nothing',
    (out) => {
      const around = temporaryDirectory();
      const here = path.join(around, 'asset.here');
      fs.mkdirSync(here);
      // names that synth writes, so that nothing else refuses it
      [around, here].forEach((folder) => fs.writeFileSync(path.join(folder, 'cdk.out'), '{}'));
      const { status, stderr } = run('synth.ts', ['dev', '--out', out], { cwd: here });
      expect(stderr).toBe(`${must}, got "${out}"; name another one\n`);
      expect(status).toBe(1);
      expect(fs.readdirSync(around)).toEqual(['asset.here', 'cdk.out']);
      expect(fs.readdirSync(here)).toEqual(['cdk.out']);
    },
    60_000,
  );

  test.each([
    ['its marker lies beside another file', 'cdk.out', 'mine.txt', 'mine.txt'],
    ['there is no marker', 'asset.mine', 'my.template.json', 'asset.mine'],
  ])(
    'refuses a directory, and removes nothing, when %s',
    (_, one, two, named) => {
      const out = temporaryDirectory();
      [one, two].forEach((name) => fs.writeFileSync(path.join(out, name), name));
      const { status, stderr } = run('synth.ts', ['dev', '--out', out]);
      expect(stderr).toBe(
        `${must}, got ${JSON.stringify(out)}; it holds '${named}': move it away or name another one\n`,
      );
      expect(status).toBe(1);
      expect(fs.readdirSync(out).toSorted()).toEqual([one, two]);
    },
    60_000,
  );

  test('takes a directory of its own again, without what is left over', () => {
    const out = temporaryDirectory();
    expect(run('synth.ts', ['prod', '--out', out])).toMatchObject({ status: 0, stderr: '' });
    const written = fs.readdirSync(out);
    expect(written).toContain('Lakehouse-prod.template.json');
    fs.writeFileSync(path.join(out, 'Gone.template.json'), '{}');
    expect(run('synth.ts', ['prod', '--out', out])).toMatchObject({ status: 0, stderr: '' });
    expect(fs.readdirSync(out)).toEqual(written);
  }, 120_000);
});

describe('bin/app.ts', () => {
  test('fails with the message alone when no environment is named', () => {
    const { status, stderr } = run('app.ts', [], { env: { CDK_OUTDIR: temporaryDirectory() } });
    expect(stderr.trim()).toBe(
      "'env' must be the name of an environment, got nothing; name one: known are dev, staging, prod",
    );
    expect(status).toBe(1);
  }, 60_000);

  test('fails with the message alone when the dependencies are not built', () => {
    const context = JSON.stringify({ env: 'dev', dependencies: temporaryDirectory() });
    const env = { CDK_OUTDIR: temporaryDirectory(), CDK_CONTEXT_JSON: context };
    const { status, stderr } = run('app.ts', [], { env });
    expect(stderr).toContain("'dependencies' must be built");
    expect(stderr).toContain("run 'npm run package:dependencies'");
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  }, 60_000);
});

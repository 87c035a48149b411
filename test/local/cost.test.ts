import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { costReport } from '../../local/cost';
import { root } from '../../local/paths';
import { temporaryDirectory } from '../support/temporary';

const EMPTY = { context: { dependencies: temporaryDirectory() } };

/** A folder as synth leaves it, with one key in it. */
function assembly(): string {
  const directory = temporaryDirectory();
  const template = { Resources: { Key: { Type: 'AWS::KMS::Key' } } };
  writeFileSync(join(directory, 'Lakehouse-dev.template.json'), JSON.stringify(template));
  return directory;
}

function assumptions(text: string): string {
  const file = join(temporaryDirectory(), 'assumptions.json');
  writeFileSync(file, text);
  return file;
}

/** Runs the verb as npx does. */
function lakehouse(...args: string[]): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'bin/lakehouse.ts', 'cost', ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('costReport', () => {
  test('prints a table of what is synthesized already', async () => {
    expect(await costReport('dev', { assembly: assembly() })).toMatch(/^total +4\.00 +4\.00$/m);
  });

  test('takes assumptions from a file, and gives figures for programs', async () => {
    const assume = assumptions('{"keyRequests": 0, "prices": {"kms.key": 2}}');
    const text = await costReport('dev', { assembly: assembly(), assume, json: true });
    expect(JSON.parse(text)).toMatchObject({ currency: 'USD', monthly: 2 });
  });

  test('fails when the file says no assumptions', async () => {
    for (const assume of ['missing.json', temporaryDirectory(), assumptions('"half"'), assumptions('{')]) {
      await expect(costReport('dev', { assembly: assembly(), assume })).rejects.toThrow(
        /^'assume' must be a JSON file of assumptions, got .*; for example \{"taskDuty": 0\.4/,
      );
    }
  });

  test('runs the app of cdk.json, and fails with its message when it cannot be synthesized', async () => {
    await expect(costReport('prodd')).rejects.toThrow(
      /^'env' must be the name of an environment, got "prodd"; did you mean 'prod'\?$/,
    );
    await expect(costReport('dev', EMPTY)).rejects.toThrow(/'dependencies' must be built/);
  }, 60_000);
});

test.each([
  ['{}', /^✗ file '.*cdk\.json' has another shape than expected:\n  - 'app': /],
  ['{"app": }', /^✗ file '.*cdk\.json' must be JSON, got /],
  [
    '{"app": "echo elsewhere"}',
    /^✗ 'app' must be a command that synthesizes into the folder of CDK_OUTDIR, got "echo elsewhere"; take 'outdir' off/,
  ],
])('lakehouse cost says what is wrong with a cdk.json of %s', (settings, message) => {
  const cwd = temporaryDirectory();
  writeFileSync(join(cwd, 'cdk.json'), settings);
  const args = ['--import', createRequire(__filename).resolve('tsx'), join(root, 'bin/lakehouse.ts'), 'cost', 'dev'];
  expect(spawnSync(process.execPath, args, { cwd, encoding: 'utf8', timeout: 60_000 })).toMatchObject({
    stdout: '',
    stderr: expect.stringMatching(message),
    status: 1,
  });
});

test('lakehouse cost prints the report and ends with 0, or with 1 and the reason', () => {
  const good = lakehouse('dev', '--assembly', assembly());
  expect(good.stdout).toContain('saved against a plain lake with the same work and hours: 0.00 (0 %; ');
  expect(good.status).toBe(0);
  const bad = lakehouse('dev', '--assembly', 'nowhere-at-all');
  expect(bad.stderr).toContain("✗ 'directory' must be a folder with synthesized templates");
  expect(bad.status).toBe(1);
}, 60_000);

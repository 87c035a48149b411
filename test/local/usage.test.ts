import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSynthArguments, parseUpArguments, parseVerifyArguments } from '../../local/options';
import { root } from '../../local/paths';
import { messageOf } from '../contracts/lake';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

/** Runs an entry point of `bin` as npm does. */
function run(script: string, args: string[]): { readonly status: number | null; readonly stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', join('bin', script), ...args], {
    cwd: root,
    encoding: 'utf8',
    timeout: 60_000,
  });
}

describe('a wrong argument of npm start', () => {
  test.each([
    [['--moths', '3'], `'option' must be an option of 'npm start --', got "--moths"; did you mean '--months'?`],
    [['--months', '13'], `'--months' must be a whole number from 1 to 12, got "13"; see --help`],
    [['--endpoint-port'], `'--endpoint-port' must be followed by a value, got nothing; see --help`],
    [
      ['--orchestrator', 'airfow'],
      `'--orchestrator' must be one of airflow, prefect, none, got "airfow"; did you mean 'airflow'?`,
    ],
    [['now', 'please'], `'arguments' must be left out of 'npm start --', got ["now","please"]; see --help`],
  ])('%j is one message in the one form', (args, message) => {
    expect(messageOf(() => parseUpArguments(args))).toBe(message);
  });
});

describe('a wrong argument of npm run verify:exactly-once', () => {
  test.each([
    [['--seeds', '0'], `'--seeds' must be a whole number from 1 to 10000, got "0"; see --help`],
    [['--sink', 'merged'], `'--sink' must be one of append, merge, delta, got "merged"; did you mean 'merge'?`],
    [['--shard', '3/2'], `'--shard' must be i/n with i from 1 to n, got "3/2"; write it like 1/2`],
    [['--break', 'tokens'], `'--break' must be one of token, got "tokens"; did you mean 'token'?`],
    [
      ['--sedes', '3'],
      `'option' must be an option of 'npm run verify:exactly-once --', got "--sedes"; did you mean '--seeds'?`,
    ],
  ])('%j is one message in the one form', (args, message) => {
    expect(messageOf(() => parseVerifyArguments(args))).toBe(message);
  });
});

describe('a wrong argument of npm run synth', () => {
  test.each([
    [['dev', '--bogus'], /^'option' must be an option of 'npm run synth --', got "--bogus"; known are --out$/],
    [['dev', '--out'], /^'--out' must be followed by a value, got nothing; see --help$/],
    [['dev', 'prod'], /^'arguments' must be at most 1 of 'npm run synth --', got \["prod"\]; see --help$/],
  ])('%j is one message in the one form', (args, message) => {
    expect(() => parseSynthArguments(args)).toThrow(message);
  });

  it('is written without a stack trace', () => {
    const { status, stderr } = run('synth.ts', ['dev', '--bogus']);
    expect(stderr).toMatch(/^'option' must be [^\n]*\n$/);
    expect(status).toBe(1);
  }, 60_000);

  it('is said of a directory that cannot be one', () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    const { status, stderr } = run('synth.ts', ['dev', '--out', file]);
    expect(stderr).toMatch(/^'--out' must be a directory that can be written, got "EEXIST[^\n]*; name another one\n$/);
    expect(status).toBe(1);
  }, 60_000);

  it('costs nothing of an earlier synth when the environment is unknown', () => {
    const out = join(newFolder(), 'cdk.out');
    mkdirSync(out);
    writeFileSync(join(out, 'cdk.out'), '{}');
    expect(run('synth.ts', ['prdo', '--out', out]).stderr).toContain("did you mean 'prod'?");
    expect(existsSync(join(out, 'cdk.out'))).toBe(true);
  }, 60_000);
});

describe('a wrong argument of npx lakehouse', () => {
  test.each([
    [['dwon'], "'command' must be a command of 'lakehouse', got \"dwon\"; did you mean 'down'?"],
    [['--json'], "'option' must be an option of 'lakehouse', got \"--json\"; known are --version"],
    [['down', 'all'], "'arguments' must be left out of 'lakehouse down', got [\"all\"]; see --help"],
    [['up', '--moths'], "'option' must be an option of 'lakehouse up', got \"--moths\"; did you mean '--months'?"],
    [
      ['stream', 'deploy', 'dev', '--timeuot', '9'],
      "'option' must be an option of 'lakehouse stream deploy', got \"--timeuot\"; did you mean '--timeout'?",
    ],
    [['adopt', 'sales.orders'], "'--zone' must be given to 'lakehouse adopt', got nothing; see --help"],
    [['lineage'], "'name' must be given to 'lakehouse lineage', got nothing; see --help"],
  ])(
    '%j is one message in the one form',
    (args, message) => {
      const { status, stderr } = run('lakehouse.ts', args);
      expect(stderr).toBe(`✗ ${message}\n`);
      expect(status).toBe(1);
    },
    60_000,
  );

  it('that is missing shows what there is', () => {
    const { status, stderr } = run('lakehouse.ts', []);
    expect(stderr).toContain('Usage: lakehouse');
    expect(status).toBe(1);
  }, 60_000);
});

describe('a verb that needs an environment', () => {
  test.each([[['cost']], [['config', 'explain']]])(
    'lists those there are when none is named: %j',
    (verb) => {
      const { status, stderr } = run('lakehouse.ts', verb);
      expect(stderr).toBe(
        "✗ 'env' must be the name of an environment, got nothing; name one: known are dev, staging, prod\n",
      );
      expect(status).toBe(1);
    },
    60_000,
  );
});

/** Runs a line of a shell. */
function shell(line: string): { stderr: string; status: number | null } {
  const { stderr, status } = spawnSync('sh', ['-c', line], { cwd: root, encoding: 'utf8', timeout: 60_000 });
  return { stderr, status };
}

describe('output that cannot be written', () => {
  const command = `"${process.execPath}" --import tsx bin/lakehouse.ts config explain prod`;

  it('is no error when its reader has seen enough', () => {
    expect(shell(`{ ${command}; echo $? >&2; } | true`)).toEqual({ stderr: '0\n', status: 0 });
  }, 60_000);

  it('is a message when the disk is full', ({ skip }) => {
    skip(!existsSync('/dev/full'));
    const stderr = expect.stringMatching(/^✗ ENOSPC: [^\n]*\n$/);
    expect(shell(`${command} > /dev/full`)).toEqual({ stderr, status: 1 });
  }, 60_000);
});

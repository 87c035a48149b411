import { join } from 'node:path';
import { guarded } from './interrupt';
import { root } from './paths';
import { Progress } from './progress';
import { CommandError, run } from './toolchain/command';
import { ensureEnvironment, environments, type PythonEnvironment } from './toolchain/python';

interface Check {
  readonly name: string;
  readonly command: string[];
  readonly cwd: string;
}

const LIMIT_MS = 10 * 60_000;

/** What looks at the style of one Python folder, in check mode. */
function styleChecks(folder: string, environment: PythonEnvironment): Check[] {
  const cwd = join(root, folder);
  const ruff = environment.program('ruff');
  return [
    { name: `ruff check ${folder}`, command: [ruff, 'check', '--no-cache', '.'], cwd },
    { name: `ruff format ${folder}`, command: [ruff, 'format', '--no-cache', '--check', '.'], cwd },
  ];
}

/** The linters of one Python folder. */
function pythonChecks(folder: string, environment: PythonEnvironment): Check[] {
  const mypy = { name: `mypy ${folder}`, command: [environment.program('mypy')], cwd: join(root, folder) };
  return [...styleChecks(folder, environment), mypy];
}

/** The command line of a program of an npm package. */
function program(path: string, ...args: string[]): string[] {
  return [process.execPath, join(root, 'node_modules', path), ...args];
}

/** The linters of everything else. */
function nodeChecks(): Check[] {
  const checks: [string, string[]][] = [
    ['prettier', program('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.')],
    ['oxlint', program('oxlint/bin/oxlint', '--type-aware', '--tsconfig', 'tsconfig.dev.json')],
    ['tsc', program('typescript/bin/tsc', '-p', 'tsconfig.dev.json')],
  ];
  return checks.map(([name, command]) => ({ name, command, cwd: root }));
}

/** Runs every linter, one after the other, and reports all of them. */
async function main(): Promise<number> {
  const progress = new Progress();
  const [emulator, workloads] = await Promise.all([
    ensureEnvironment(environments.emulator),
    ensureEnvironment(environments.workloads),
  ]);
  const checks = [
    ...nodeChecks(),
    ...pythonChecks('local', emulator),
    ...pythonChecks('workloads', workloads),
    // its types are checked with those of the workloads
    ...styleChecks('bench', workloads),
  ];
  const failed: string[] = [];
  for (const { name, command, cwd } of checks) {
    const [executable = '', ...args] = command;
    try {
      await progress.step(name, () => run(executable, args, { name, cwd, timeoutMs: LIMIT_MS }));
    } catch (error) {
      if (!(error instanceof CommandError)) {
        throw error;
      }
      failed.push(name);
      console.error(error.output.map((line) => `    ${line}`).join('\n'));
    }
  }
  console.error(failed.length === 0 ? 'no linter found anything' : `failed: ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);

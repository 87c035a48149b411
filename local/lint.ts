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

/** The linters of one Python folder, in check mode. */
function pythonChecks(folder: string, environment: PythonEnvironment): Check[] {
  const cwd = join(root, folder);
  return [
    { name: `ruff check ${folder}`, command: [environment.program('ruff'), 'check', '--no-cache', '.'], cwd },
    {
      name: `ruff format ${folder}`,
      command: [environment.program('ruff'), 'format', '--no-cache', '--check', '.'],
      cwd,
    },
    { name: `mypy ${folder}`, command: [environment.program('mypy')], cwd },
  ];
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
    ...pythonChecks('bench', workloads),
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

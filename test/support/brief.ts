import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../local/paths';
import type { Ended } from './lake';

const UNIT_TESTS = 'npx vitest run ';

/** The commands of `docs/brief.md`, each once, but for those that run unit tests: `npm test` runs these by themselves. */
export function commandsOfTheBrief(): string[] {
  return commands().filter((command) => !command.startsWith(UNIT_TESTS));
}

/** Files and folders of the unit tests that `docs/brief.md` names. */
export function testsOfTheBrief(): string[] {
  const named = commands().filter((command) => command.startsWith(UNIT_TESTS));
  return named.flatMap((command) => command.slice(UNIT_TESTS.length).split(' -t ')[0]?.split(' ') ?? []);
}

function commands(): string[] {
  const page = readFileSync(join(root, 'docs/brief.md'), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  const cells = rows.map((row) => row.split('|')[3] ?? '');
  return [...new Set(cells.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, command = '']) => command)))];
}

/** Runs a command that needs nothing to be running, in the folder of the package. */
export function runInPackage(command: string): Promise<Ended> {
  const child = spawn(command, { cwd: root, shell: true, env: { ...process.env, CI: 'true' } });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
  });
}

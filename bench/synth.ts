/**
 * `npm run bench:synth`: what the library costs above plain CDK.
 *
 * Constructs and synthesizes production's lakehouse, and the same resources with the same properties as bare L1 classes, by
 * turns, each in fresh processes; and runs `npm run synth -- prod` as a user does. The last line is one JSON object.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';

const ROUNDS = 5;

/** What we hold ourselves to: times the bare resources, and seconds. */
const MOST_TIMES = 1.5;
const MOST_SECONDS = 3;

const root = path.join(__dirname, '..');

interface Measured {
  /** Milliseconds of CPU. */
  readonly cpu: number;
  /** Milliseconds that passed. */
  readonly clock: number;
}

interface Once {
  /** The first time in the process, when CDK loads its modules. */
  readonly first: Measured;
  readonly warm: Measured;
}

interface Round {
  readonly lakehouse: Once;
  readonly bare: Once;
  /** Milliseconds that the command takes. */
  readonly command: number;
}

function node(...args: string[]): string {
  return execFileSync(process.execPath, ['--import', 'tsx', ...args], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

function once(...args: string[]): Once {
  return JSON.parse(node(path.join('bench', 'synth-once.ts'), ...args));
}

function round(folder: string): Round {
  const lakehouse = once('lakehouse', path.join(folder, 'lakehouse'));
  const bare = once('bare', path.join(folder, 'bare'), path.join(folder, 'lakehouse', '0'));
  const began = performance.now();
  node(path.join('bin', 'synth.ts'), 'prod', '--out', path.join(folder, 'command'));
  return { lakehouse, bare, command: performance.now() - began };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** The resources in the templates of a folder. */
function resourcesIn(folder: string): number {
  const texts = fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8'));
  return texts.reduce((sum, text) => {
    const { Resources: resources }: { Resources: object } = JSON.parse(text);
    return sum + Object.keys(resources).length;
  }, 0);
}

function versionOf(name: string): string {
  const { version }: { version: string } = JSON.parse(
    fs.readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8'),
  );
  return version;
}

/** One figure of both, and how many times ours is theirs: the median of the rounds' ratios, each measured at one time. */
function compare(rounds: Round[], pick: (once_: Once) => number): { lakehouse: number; bare: number; ratio: number } {
  return {
    lakehouse: Math.round(median(rounds.map(({ lakehouse }) => pick(lakehouse)))),
    bare: Math.round(median(rounds.map(({ bare }) => pick(bare)))),
    ratio: Number(median(rounds.map(({ lakehouse, bare }) => pick(lakehouse) / pick(bare))).toFixed(2)),
  };
}

function main(): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lakehouse-bench-'));
  try {
    const rounds = Array.from({ length: ROUNDS }, () => round(folder));
    const result = {
      benchmark: 'synth',
      environment: 'prod',
      resources: resourcesIn(path.join(folder, 'lakehouse', '0')),
      rounds: ROUNDS,
      cpuMs: compare(rounds, ({ warm }) => warm.cpu),
      clockMs: compare(rounds, ({ warm }) => warm.clock),
      firstCpuMs: compare(rounds, ({ first }) => first.cpu),
      commandSeconds: Number((median(rounds.map(({ command }) => command)) / 1000).toFixed(2)),
      versions: { node: process.versions.node, 'aws-cdk-lib': versionOf('aws-cdk-lib') },
      target: { ratio: MOST_TIMES, commandSeconds: MOST_SECONDS },
    };
    const line = (title: string, { lakehouse, bare, ratio }: ReturnType<typeof compare>): string =>
      `${title.padEnd(34)} ${String(lakehouse).padStart(6)} ms ${String(bare).padStart(6)} ms   ${ratio.toFixed(2)}\n`;
    process.stdout.write(`${result.resources} resources`.padEnd(34) + '  lakehouse      bare   ratio\n');
    process.stdout.write(line('construct + synth, CPU', result.cpuMs));
    process.stdout.write(line('construct + synth, clock', result.clockMs));
    process.stdout.write(line('the same, with loading CDK, CPU', result.firstCpuMs));
    process.stdout.write(`npm run synth -- prod              ${result.commandSeconds.toFixed(2).padStart(6)} s\n`);
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main();

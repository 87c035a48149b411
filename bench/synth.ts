/**
 * `npm run bench:synth`: what the library costs above plain CDK.
 *
 * Constructs and synthesizes production's lakehouse, and the same templates from bare L1 classes, by turns, each in fresh
 * processes; runs `npm run synth -- prod` as a user does; and measures lakes of 10 to 1,000 datasets. The last line is one JSON
 * object.
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { buildSync } from 'esbuild';
import { environments } from '../config';
import { bareProgram } from './bare-program';
import { measureMany } from './many';
import { type Measured, median } from './measure';
import { resourcesIn, unlike } from './templates';

const ROUNDS = 5;

/** What we hold ourselves to: times the bare resources, and seconds. */
const MOST_TIMES = 1.5;
const MOST_SECONDS = 3;

const root = path.join(__dirname, '..');

/** The compiled programs: two deep, as a room of the installed package is, because that is how files are found. */
const COMPILED = path.join(root, '.lakehouse', 'bench');

interface Once {
  /** The whole process, the first time. */
  readonly first: Measured;
  readonly warm: Measured;
  /** Reading what the program is given. */
  readonly prepare: Measured;
}

interface Round {
  readonly lakehouse: Once;
  readonly bare: Once;
  /** Milliseconds that the command takes. */
  readonly command: number;
}

function node(...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
}

/** With room for all times, or what CDK keeps of the first would be looked through while a later one is measured. */
const HEAP = ['--initial-heap-size=4096', '--max-old-space-size=8192'];

function once(program: string, outdir: string): Once {
  return JSON.parse(node(...HEAP, compiled('synth-once'), compiled(program), outdir));
}

function compiled(name: string): string {
  return path.join(COMPILED, `${name}.js`);
}

/** Plain JavaScript, as an installed package is: source maps would make each stack trace dear. */
function compile(): void {
  buildSync({
    absWorkingDir: root,
    entryPoints: ['synth-once', 'lakehouse-program', 'many-datasets', 'many-bare'].map((name) =>
      path.join('bench', `${name}.ts`),
    ),
    outdir: COMPILED,
    bundle: true,
    packages: 'external',
    platform: 'node',
    logLevel: 'warning',
  });
}

/** Writes the rival from our own templates, and fails when it does not make the same ones. */
function writeRival(folder: string): void {
  const [ours, theirs] = [path.join(folder, 'lakehouse'), path.join(folder, 'bare')];
  once('lakehouse-program', ours);
  const { account = '', region } = environments.load('prod');
  fs.writeFileSync(compiled('bare-program'), bareProgram(path.join(ours, 'first'), { account, region }));
  once('bare-program', theirs);
  const [first] = unlike(path.join(ours, 'first'), path.join(theirs, 'first'));
  if (first !== undefined) {
    throw new Error(`the rival must make the same templates, got another ${first}`);
  }
}

function round(folder: string): Round {
  const lakehouse = once('lakehouse-program', path.join(folder, 'lakehouse'));
  const bare = once('bare-program', path.join(folder, 'bare'));
  const began = performance.now();
  node('--import', 'tsx', path.join('bin', 'synth.ts'), 'prod', '--out', path.join(folder, 'command'));
  return { lakehouse, bare, command: performance.now() - began };
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

function measured(folder: string): object {
  const rounds = Array.from({ length: ROUNDS }, () => round(folder));
  const result = {
    benchmark: 'synth',
    environment: 'prod',
    resources: resourcesIn(path.join(folder, 'lakehouse', 'first')),
    rounds: ROUNDS,
    cpuMs: compare(rounds, ({ warm }) => warm.cpu),
    clockMs: compare(rounds, ({ warm }) => warm.clock),
    firstCpuMs: compare(rounds, ({ first }) => first.cpu),
    contractsCpuMs: Math.round(median(rounds.map(({ lakehouse }) => lakehouse.prepare.cpu))),
    commandSeconds: Number((median(rounds.map(({ command }) => command)) / 1000).toFixed(2)),
    versions: { node: process.versions.node, 'aws-cdk-lib': versionOf('aws-cdk-lib') },
    target: { ratio: MOST_TIMES, commandSeconds: MOST_SECONDS },
  };
  const line = (title: string, { lakehouse, bare, ratio }: ReturnType<typeof compare>): string =>
    `${title.padEnd(34)} ${String(lakehouse).padStart(6)} ms ${String(bare).padStart(6)} ms   ${ratio.toFixed(2)}\n`;
  process.stdout.write(`${`${result.resources} resources`.padEnd(34)}  lakehouse      bare   ratio\n`);
  process.stdout.write(line('construct + synth, CPU', result.cpuMs));
  process.stdout.write(line('construct + synth, clock', result.clockMs));
  process.stdout.write(line('the first time, whole process, CPU', result.firstCpuMs));
  process.stdout.write(`reading the contracts, CPU         ${String(result.contractsCpuMs).padStart(6)} ms\n`);
  process.stdout.write(`npm run synth -- prod              ${result.commandSeconds.toFixed(2).padStart(6)} s\n`);
  process.stdout.write('Compiled JavaScript, the same templates, assets hashed but not copied.\n');
  return result;
}

function main(): void {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lakehouse-bench-'));
  try {
    compile();
    writeRival(folder);
    const many = measureMany(folder, (program, ...args) => node(compiled(program), ...args));
    process.stdout.write(`${JSON.stringify({ ...measured(folder), many })}\n`);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

main();

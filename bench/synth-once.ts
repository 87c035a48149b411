/**
 * One measurement of `npm run bench:synth`, in a process of its own: of a program, into a directory.
 *
 * Writes a JSON object with milliseconds of CPU and of the clock: `first` for the whole process up to the first assembly,
 * modules loaded and all; `warm` for constructing and synthesizing in a process that has done so before; `prepare` for
 * reading what the program is given, which `warm` does not hold.
 */
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib/core';
import { type Measured, appIn, measure, median } from './measure';

/** How often the same is done before it counts as warm: by then V8 has compiled what is hot, and takes no more CPU for that. */
const WARM_UPS = 24;

/** How often it is measured then; the median counts. */
const TIMES = 5;

/** What is measured. */
interface Program {
  /** Makes what `build` takes. */
  prepare(): unknown;
  build(app: App, prepared: unknown): void;
}

function synthesize(program: Program, prepared: unknown, outdir: string): void {
  const app = appIn(outdir);
  program.build(app, prepared);
  app.synth();
}

/** The median of the last times. */
function whenWarm(work: (time: number) => void): Measured {
  const all = Array.from({ length: WARM_UPS + TIMES }, (_, time) => measure(() => work(time))).slice(-TIMES);
  return { cpu: median(all.map(({ cpu }) => cpu)), clock: median(all.map(({ clock }) => clock)) };
}

function main([file = '', outdir = '']: string[]): void {
  const program: Program = require(path.resolve(file));
  const prepared = program.prepare();
  synthesize(program, prepared, path.join(outdir, 'first'));
  const { user, system } = process.cpuUsage();
  const first = { cpu: (user + system) / 1000, clock: performance.now() };
  const warm = whenWarm((time) => synthesize(program, prepared, path.join(outdir, String(time))));
  const prepare = whenWarm(() => program.prepare());
  process.stdout.write(JSON.stringify({ first, warm, prepare }));
}

main(process.argv.slice(2));

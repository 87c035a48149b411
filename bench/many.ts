/** The part of `npm run bench:synth` that measures lakes of many datasets. */
import * as path from 'node:path';
import { writeManyDatasets } from '../test/support/many-datasets';
import type { ManyMeasured } from './many-datasets';
import { type Measured, median } from './measure';
import { resourcesIn } from './templates';

/** Datasets of each lake, in as many stacks of one app. */
const LAKES = [[10], [100], [500], [500, 500]];

const ROUNDS = 3;

/** What we hold ourselves to, for the largest: seconds, and times the time of a hundred. */
const MOST_SECONDS = 4;
const MOST_TIMES = 11;

/** Runs a compiled program of this folder with arguments, and gives what it writes. */
type Run = (program: string, ...args: string[]) => string;

interface ManyFigures {
  readonly datasets: number;
  readonly stacks: number;
  readonly resources: number;
  /** Reading, constructing and synthesizing, in seconds. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  /** Of these, seconds of CPU that reading and checking the contracts takes. */
  readonly readCpuSeconds: number;
}

/** Measures each lake in fresh processes, by turns. */
export function measureMany(folder: string, run: Run): object {
  const lakes = LAKES.map((sizes, index) => ({ sizes, directories: write(path.join(folder, `many${index}`), sizes) }));
  const rounds = Array.from({ length: ROUNDS }, () => {
    const measured = lakes.map(({ directories }, index): ManyMeasured =>
      JSON.parse(run('many-datasets', path.join(folder, `out${index}`), ...directories)),
    );
    const bare: Measured = JSON.parse(run('many-bare', path.join(folder, 'bare-tables')));
    return { measured, bare };
  });
  const figures = lakes.map(({ sizes }, index): ManyFigures => {
    const each = rounds.flatMap(({ measured }) => measured[index] ?? []);
    return {
      datasets: sizes.reduce((sum, size) => sum + size),
      stacks: sizes.length,
      resources: resourcesIn(path.join(folder, `out${index}`)),
      seconds: inSeconds(each.map((one) => total(one, 'clock'))),
      cpuSeconds: inSeconds(each.map((one) => total(one, 'cpu'))),
      readCpuSeconds: inSeconds(each.map(({ read }) => read.cpu)),
    };
  });
  const [, hundred, , thousand] = figures;
  const ratio = Number(((thousand?.cpuSeconds ?? Number.NaN) / (hundred?.cpuSeconds ?? Number.NaN)).toFixed(2));
  print(figures);
  return {
    lakes: figures,
    thousandToHundred: ratio,
    bareSeconds: inSeconds(rounds.map(({ bare }) => bare.clock)),
    bareCpuSeconds: inSeconds(rounds.map(({ bare }) => bare.cpu)),
    rounds: ROUNDS,
    target: { seconds: MOST_SECONDS, thousandToHundred: MOST_TIMES },
  };
}

/** The contracts of each stack, which have no dataset in common. */
function write(folder: string, sizes: number[]): string[] {
  let first = 0;
  return sizes.map((datasets, part) => {
    const directory = path.join(folder, String(part));
    writeManyDatasets(directory, { datasets, first });
    first += datasets;
    return directory;
  });
}

function total({ read, construct, synthesize }: ManyMeasured, what: keyof Measured): number {
  return read[what] + construct[what] + synthesize[what];
}

function inSeconds(milliseconds: number[]): number {
  return Number((median(milliseconds) / 1000).toFixed(2));
}

function print(figures: ManyFigures[]): void {
  for (const { datasets, stacks, resources, seconds, cpuSeconds } of figures) {
    const title = `${datasets} datasets, ${stacks} ${stacks === 1 ? 'stack' : 'stacks'}, ${resources} resources`;
    process.stdout.write(`${title.padEnd(44)} ${seconds.toFixed(2)} s   CPU ${cpuSeconds.toFixed(2)} s\n`);
  }
}

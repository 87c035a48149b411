import { closest, didYouMean } from '../private';
import type { ContractData } from './contract-data';
import type { ContractFile } from './contract-file';
import type { ContractDocument } from './contract-schema';

const SECONDS: Record<string, number> = {
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
  hr: 3600,
  d: 86_400,
  day: 86_400,
  days: 86_400,
};

/** Days of each unit of retention. */
const DAYS: Record<string, number> = { d: 1, day: 1, days: 1, y: 365, yr: 365, year: 365, years: 365 };

/** Rows per second of each unit of throughput. */
const ROWS_PER_SECOND: Record<string, number> = { 'rows/s': 1, 'rows/min': 1 / 60 };

/** What is read of a promise: the factor of each unit, and what its number means. */
interface Objective {
  readonly units: Record<string, number>;
  readonly most?: number;
  readonly meaning: string;
}

const OBJECTIVES = new Map<string, Objective>([
  ['freshness', { units: SECONDS, meaning: 'say how old the newest row may be' }],
  ['latency', { units: SECONDS, meaning: 'say how long a run may take for the dataset' }],
  ['throughput', { units: ROWS_PER_SECOND, meaning: 'say how fast rows are loaded at least' }],
  ['retention', { units: DAYS, meaning: 'say how long rows are kept at least' }],
  ['quality', { units: { percent: 1 }, most: 100, meaning: 'say how much of what is expected silver must meet' }],
]);

/** Percent of its expectations that a dataset must meet where the contract says nothing; the jobs have the same. */
const QUALITY = 99;

type Promises = NonNullable<ContractDocument['slaProperties']>;

/** What a dataset promises of its runs and its rows; what the contract does not name is left out. */
export function readObjectives(
  file: ContractFile,
  promises: Promises,
): Pick<ContractData, 'freshnessSeconds' | 'latencySeconds' | 'rowsPerSecond' | 'retentionDays' | 'qualityPercent'> {
  const known = [...OBJECTIVES.keys()];
  const values = new Map<string, number | undefined>();
  for (const [index, promise] of promises.entries()) {
    const { property } = promise;
    const objective = OBJECTIVES.get(property);
    if (values.has(property)) {
      file.report(['slaProperties', index, 'property'], 'listed once', 'drop one of the two');
    } else if (objective !== undefined) {
      values.set(property, readOne(file, index, promise, objective));
    } else if (closest(property, known) !== undefined) {
      file.report(['slaProperties', index, 'property'], 'a known property', didYouMean(property, known));
    }
  }
  return {
    freshnessSeconds: values.get('freshness'),
    latencySeconds: values.get('latency'),
    rowsPerSecond: values.get('throughput'),
    retentionDays: values.get('retention'),
    qualityPercent: values.get('quality') ?? QUALITY,
  };
}

function readOne(
  file: ContractFile,
  index: number,
  promise: Promises[number],
  { units, most, meaning }: Objective,
): number | undefined {
  const unit = Object.hasOwn(units, promise.unit ?? '') ? units[promise.unit ?? ''] : undefined;
  if (unit === undefined) {
    const known = Object.keys(units);
    const must = known.length === 1 ? known.join() : `one of ${known.join(', ')}`;
    file.report(['slaProperties', index, 'unit'], must, didYouMean(promise.unit ?? '', known));
    return undefined;
  }
  if (!(typeof promise.value === 'number' && promise.value > 0 && promise.value <= (most ?? Number.MAX_VALUE))) {
    const must = most === undefined ? 'a number above 0' : `a number above 0, at most ${most}`;
    file.report(['slaProperties', index, 'value'], must, meaning);
    return undefined;
  }
  return promise.value * unit;
}

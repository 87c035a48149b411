import { didYouMean } from '../private';
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

type Promises = NonNullable<ContractDocument['slaProperties']>;

/** What a dataset promises of its runs and its rows; what the contract does not name is left out. */
export function readObjectives(
  file: ContractFile,
  promises: Promises,
): Pick<ContractData, 'freshnessSeconds' | 'latencySeconds' | 'rowsPerSecond' | 'retentionDays'> {
  const read = (property: string, units: Record<string, number>, meaning: string): number | undefined =>
    readOne(file, promises, { property, units, meaning });
  return {
    freshnessSeconds: read('freshness', SECONDS, 'say how old the newest row may be'),
    latencySeconds: read('latency', SECONDS, 'say how long a run may take for the dataset'),
    rowsPerSecond: read('throughput', ROWS_PER_SECOND, 'say how fast rows are loaded at least'),
    retentionDays: read('retention', DAYS, 'say how long rows are kept at least'),
  };
}

function readOne(
  file: ContractFile,
  promises: Promises,
  { property, units, meaning }: { property: string; units: Record<string, number>; meaning: string },
): number | undefined {
  const index = promises.findIndex((promise) => promise.property === property);
  const promise = promises[index];
  if (promise === undefined) {
    return undefined;
  }
  const unit = Object.hasOwn(units, promise.unit ?? '') ? units[promise.unit ?? ''] : undefined;
  if (unit === undefined) {
    const known = Object.keys(units);
    file.report(['slaProperties', index, 'unit'], `one of ${known.join(', ')}`, didYouMean(promise.unit ?? '', known));
    return undefined;
  }
  if (typeof promise.value !== 'number' || promise.value <= 0) {
    file.report(['slaProperties', index, 'value'], 'a number above 0', meaning);
    return undefined;
  }
  return promise.value * unit;
}

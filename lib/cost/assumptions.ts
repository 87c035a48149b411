import { type Problem, didYouMean } from '../private';
import type { CostAssumptions } from './cost-assumptions';
import { priceProblems } from './prices';

/** The assumptions that are plain numbers. */
type Numbers = {
  readonly [name in Exclude<keyof CostAssumptions, 'storedGigabytes' | 'prices' | 'customMetrics'>]-?: number;
};

/** Assumptions with the defaults applied. */
export interface Assumed extends Numbers {
  readonly storedGigabytes: { [bucket: string]: number };
  readonly prices: { [name: string]: number };
  readonly customMetrics?: number;
}

const NUMBERS: Numbers = {
  hoursPerMonth: 730,
  taskDuty: 0.25,
  spotDiscount: 0.5,
  spotRework: 0.05,
  dataAgeDays: 365,
  objectMegabytes: 128,
  coldReadShare: 0.1,
  idleShare: 0.5,
  writeRequests: 1_000_000,
  readRequests: 10_000_000,
  natGigabytes: 50,
  endpointGigabytes: 50,
  logGigabytes: 10,
  keyRequests: 1_000_000,
  scannedTerabytes: 1,
  optimizerHours: 1,
  serverlessVcpuHours: 200,
  airflowDuty: 0.1,
  airflowMetadataGigabytes: 10,
  airflowMetrics: 100,
  jobFlowRuns: 30,
  jobFlowHours: 2,
  jobFlowDuty: 0.5,
  kafkaBrokerMetrics: 50,
  kafkaTopicMetrics: 3,
  kafkaGrowth: 0,
  kafkaKeptGigabytes: 100,
  kafkaWrittenGigabytes: 100,
  queriedLogGigabytes: 10,
  alerts: 1000,
  functionSeconds: 600,
};

const STORED = { landing: 500, bronze: 1000, silver: 500, gold: 200, archive: 1000, artifacts: 20, accessLogs: 10 };

const SHARES = new Set([
  'taskDuty',
  'spotDiscount',
  'spotRework',
  'idleShare',
  'airflowDuty',
  'jobFlowDuty',
  'kafkaGrowth',
]);
const POSITIVE = new Set(['dataAgeDays', 'objectMegabytes']);

/** Applies the defaults. */
export function assumed(given: CostAssumptions): Assumed {
  const known = Object.entries(given).filter(([, value]) => value !== undefined);
  return {
    ...NUMBERS,
    ...Object.fromEntries(known),
    storedGigabytes: { ...STORED, ...given.storedGigabytes },
    prices: given.prices ?? {},
  };
}

/** All that is wrong with assumptions; values also come from files and from Python, so unknown names are looked for. */
export function assumptionProblems(given: CostAssumptions, buckets: string[]): Problem[] {
  const { storedGigabytes = {}, prices = {}, ...numbers } = given;
  const names = [...Object.keys(NUMBERS), 'customMetrics', 'storedGigabytes', 'prices'];
  return [
    ...Object.entries(numbers).flatMap(([name, value]: [string, unknown]) =>
      names.includes(name)
        ? numberProblems(name, value)
        : [{ path: name, must: 'a known assumption', got: value, remedy: didYouMean(name, names) }],
    ),
    ...Object.entries(storedGigabytes).flatMap(([bucket, value]: [string, unknown]) =>
      buckets.includes(bucket)
        ? numberProblems(`storedGigabytes.${bucket}`, value)
        : [{ path: 'storedGigabytes', must: 'by buckets there are', got: bucket, remedy: didYouMean(bucket, buckets) }],
    ),
    ...priceProblems(prices),
    ...Object.entries({ storedGigabytes, prices }).flatMap(([path, value]: [string, unknown]) =>
      typeof value === 'object'
        ? []
        : [{ path, must: 'numbers by name', got: value, remedy: 'correct it or leave it out' }],
    ),
  ];
}

function numberProblems(path: string, value: unknown): Problem[] {
  const most = SHARES.has(path) ? 1 : Number.MAX_VALUE;
  const least = POSITIVE.has(path) ? 'more than 0' : '0 or more';
  const fits = typeof value === 'number' && value >= 0 && value <= most && (value > 0 || !POSITIVE.has(path));
  const must = SHARES.has(path) ? 'a share from 0 to 1' : `a number, ${least}`;
  return fits || value === undefined ? [] : [{ path, must, got: value, remedy: 'correct it or leave it out' }];
}

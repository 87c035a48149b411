import type { Aws } from './aws';
import type { LiveStream, Step } from './live';
import { newestValues } from './metrics';

/** How far back the newest value of a metric may be. */
const METRIC_AGE_MS = 15 * 60_000;

/** What there is of a stream, for people and programs. */
export interface StreamStatus {
  readonly dataset: string;
  readonly state: 'runs as deployed' | 'runs another version' | 'does not run';
  readonly deployed: string;
  readonly runs?: string;
  readonly step?: { readonly id: string; readonly state: string; readonly seconds: number };
  /** How often the run was started again. */
  readonly restarts: number;
  /** Why the last step that failed ended. */
  readonly lastFailure?: string;
  readonly supervisors: { readonly name: string; readonly seconds: number }[];
  readonly batch?: { readonly number: number; readonly ageSeconds: number };
  /** What the consumer group has not read, where the brokers' metrics say it. */
  readonly lag?: { readonly records?: number; readonly worstPartition?: number; readonly seconds?: number };
}

/** Looks at a stream; reads only. */
export async function statusOf(aws: Aws, stream: LiveStream, now = Date.now()): Promise<StreamStatus> {
  const { dataset, version } = stream.deployed;
  const [steps, supervisors, newest, lag] = await Promise.all([
    stream.steps(),
    stream.supervisors(),
    stream.newest('commits'),
    lagOf(aws, stream, now),
  ]);
  // where a new run waits for the old one, the old one reads
  const active = steps.filter(({ state }) => ['PENDING', 'RUNNING', 'CANCEL_PENDING'].includes(state));
  const step = active.at(-1);
  const failure = steps.find(({ state }) => state === 'FAILED');
  return {
    dataset,
    state: stateOf(step, version),
    deployed: version,
    ...(step === undefined
      ? {}
      : { runs: step.version, step: { id: step.id, state: step.state, seconds: secondsSince(step.since, now) } }),
    restarts: step === undefined ? 0 : steps.filter(({ run }) => run === step.run).length - 1,
    ...(failure?.reason === undefined ? {} : { lastFailure: failure.reason }),
    supervisors: supervisors.map(({ name, since }) => ({ name, seconds: secondsSince(since, now) })),
    ...(newest === undefined ? {} : { batch: { number: newest.batch, ageSeconds: secondsSince(newest.at, now) } }),
    ...(lag === undefined ? {} : { lag }),
  };
}

/**
 * What a pipeline makes of it, the highest that applies: 0 when all run as deployed, 2 when one runs another version, 3 when one
 * does not run, 4 when one runs that nobody looks after.
 */
export function exitCodeOf(all: readonly StreamStatus[]): number {
  return Math.max(...all.map(codeOf));
}

function codeOf({ state, supervisors }: StreamStatus): number {
  if (state === 'does not run') {
    return 3;
  }
  if (supervisors.length === 0) {
    return 4;
  }
  return state === 'runs as deployed' ? 0 : 2;
}

function stateOf(step: Step | undefined, version: string): StreamStatus['state'] {
  if (step === undefined) {
    return 'does not run';
  }
  return step.version === version ? 'runs as deployed' : 'runs another version';
}

function secondsSince(moment: Date | undefined, now: number): number {
  return moment === undefined ? 0 : Math.max(0, Math.round((now - moment.getTime()) / 1000));
}

/** What MSK says of the consumer group; undefined where it says nothing. */
async function lagOf(aws: Aws, { deployed }: LiveStream, now: number): Promise<StreamStatus['lag']> {
  const dimensions = {
    'Cluster Name': deployed.kafka,
    'Consumer Group': deployed.consumerGroup,
    Topic: deployed.topic,
  };
  const names = { records: 'SumOffsetLag', worstPartition: 'MaxOffsetLag', seconds: 'EstimatedMaxTimeLag' };
  const found = await newestValues(aws, { namespace: 'AWS/Kafka', names, dimensions }, now - METRIC_AGE_MS);
  return Object.keys(found).length === 0 ? undefined : found;
}

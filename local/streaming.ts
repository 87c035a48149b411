import { LakehouseError, problem } from '../lib/private/errors';
import { newRunId, type AwsAccess, type Pipeline, type Runtime } from './pipeline';
import type { Progress, Report } from './progress';
import type { Reconciliation } from './records';
import type { Session } from './session';
import { Aws } from './stream/aws';
import { deployedStreams } from './stream/deployed';
import { drainPatience, endRun, failureOf } from './stream/drain';
import { LiveStream } from './stream/live';
import { Patience } from './stream/patience';
import type { Lake } from './summary/lake';

/** The dataset that comes from a topic and is known from the database too. */
const DATASET = 'flight_events';
/** What follows from it by windows of event time. */
const HOURS = 'departures_hourly';
const POLL_MS = 400;

/** The longest a stream may take to read what was sent, in milliseconds; it looks at the topic once a minute. */
const STREAM_TIMEOUT_MS = 15 * 60_000;

/** The longest a stream may take to end, in milliseconds. */
const DRAIN_TIMEOUT_MS = 5 * 60_000;

/** What a stream is run with. */
export interface StreamingContext {
  readonly session: Session;
  readonly pipeline: Pipeline;
  readonly access: AwsAccess;
  readonly runtime: Runtime;
  readonly progress: Progress;
  readonly correlationId: string;
  /** The moment that the database is at. */
  readonly until: string;
}

/** What was sent to a topic and what became of it. */
export interface StreamRun {
  readonly dataset: string;
  readonly sent: { readonly events: number; readonly duplicates: number; readonly corrupt: number };
  /** From the start of the stream until silver held everything, the start of Spark included. */
  readonly seconds: number;
  /** Records in a second of the batches alone. */
  readonly recordsPerSecond: number;
  /** From the acknowledgement of the last record until silver held everything. */
  readonly latencySeconds: number;
  readonly reconciliation: Reconciliation;
}

/** When a stream was started, planned its first batch and had committed all, in milliseconds since 1970. */
interface Times {
  readonly startedMs: number;
  readonly beganMs: number;
  readonly endedMs: number;
}

/** How much a run has to read, and who is told of it. */
interface Reading {
  readonly total: number;
  readonly run: string;
  readonly report: Report;
}

/** How far a stream has come, by its own checkpoint. */
interface Reached {
  readonly records: number;
  /** When the first batch was planned, in milliseconds since 1970. */
  readonly beganMs: number;
}

/**
 * Sends what was reported of flights to Kafka, has the supervisor of the stream start it, waits until silver holds all, drains
 * the stream, and compares its view with that of the batch.
 *
 * @returns undefined where the environment has no stream.
 * @throws LakehouseError when the stream fails, or with the days on which the views differ.
 */
export async function runStream(context: StreamingContext): Promise<StreamRun | undefined> {
  const { session, pipeline, runtime, progress, correlationId, until } = context;
  if (runtime.streamingJobs?.[DATASET] === undefined || runtime.streamingCluster === undefined) {
    return undefined;
  }
  const { events, duplicates, corrupt } = await progress.step('events to Kafka', async (report) => {
    const sent = await session.sendEvents(until);
    report(`${sent.events} events, ${sent.duplicates} of them twice, ${sent.corrupt} broken`);
    return sent;
  });
  const acknowledged = Date.now();
  const total = events + duplicates + corrupt;
  const { beganMs, startedMs, endedMs } = await progress.step(`stream: ${DATASET}`, (report) =>
    readAndDrain(context, total, report),
  );
  const reconciliation = await progress.step(`reconciliation: ${DATASET} with flights`, async (report) => {
    const request = { dataset: DATASET, runId: newRunId(), correlationId, timeoutMs: 10 * 60_000 };
    const found = await pipeline.reconcile(runtime, request, report);
    report(`${found.days.length} days agree row for row`);
    return found;
  });
  return {
    dataset: DATASET,
    sent: { events, duplicates, corrupt },
    seconds: (endedMs - startedMs) / 1000,
    recordsPerSecond: total / ((endedMs - beganMs) / 1000),
    latencySeconds: (endedMs - acknowledged) / 1000,
    reconciliation,
  };
}

/** How many rows the tables of a stream hold. */
export interface StreamRows {
  readonly bronze: number;
  readonly silver: number;
  readonly dlq: number;
  /** Hours of departures, and records that came when their hour was closed. */
  readonly hours: number;
  readonly late: number;
}

/**
 * How many rows of a stream are where.
 *
 * @throws LakehouseError when a record was lost or doubled: bronze holds each good one, silver each event once, the dead
 *   letters the broken ones.
 */
export function streamRows({ dataset, sent }: StreamRun, { tables }: Lake): StreamRows {
  const rowsOf = (zone: string, name: string): number =>
    tables.find((table) => table.zone === zone && table.name === name)?.rows ?? 0;
  const found = {
    bronze: rowsOf('bronze', dataset),
    silver: rowsOf('silver', dataset),
    dlq: rowsOf('bronze', `${dataset}__dlq`),
  };
  const expected = { bronze: sent.events + sent.duplicates, silver: sent.events, dlq: sent.corrupt };
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new LakehouseError(
      `the rows of '${dataset}' must be ${JSON.stringify(expected)}, got ${JSON.stringify(found)}; records were lost or doubled`,
    );
  }
  return { ...found, hours: rowsOf('silver', HOURS), late: rowsOf('silver', `${HOURS}__late`) };
}

/** Has its supervisor start the stream, and drains it when it has committed so many records; that it did is seen later. */
function readAndDrain(context: StreamingContext, total: number, report: Report): Promise<Times> {
  const { access, runtime, correlationId: run } = context;
  return Aws.at(access, async (aws) => {
    const [deployed] = await deployedStreams(aws, runtime.environment, { dataset: DATASET });
    const live = new LiveStream(aws, deployed);
    await live.start(run);
    try {
      return await readAll(live, { total, run, report });
    } finally {
      await endRun(live, drainPatience(DATASET, DRAIN_TIMEOUT_MS), report);
    }
  });
}

/** Waits until a stream has committed so many records. */
async function readAll(live: LiveStream, { total, run, report }: Reading): Promise<Times> {
  const startedMs = Date.now();
  let read: Reached = { records: 0, beganMs: 0 };
  const patience = new Patience(STREAM_TIMEOUT_MS, () => tooLate(total, read.records), POLL_MS);
  await patience.until('short of records', async () => {
    read = await reached(live);
    if (read.records < total) {
      report(read.records === 0 ? 'starting' : `${read.records} of ${total} records`);
      await throwIfEnded(live, run);
    }
    return read.records >= total;
  });
  return { startedMs, beganMs: read.beganMs, endedMs: Date.now() };
}

function tooLate(total: number, got: number): LakehouseError {
  const must = `have read ${total} records within ${STREAM_TIMEOUT_MS / 60_000} minutes`;
  return new LakehouseError(problem({ path: `stream ${DATASET}`, must, got, remedy: 'look at the log of its step' }));
}

/** Spark writes a batch's offsets before it and its commit after it, when silver has it. */
async function reached(live: LiveStream): Promise<Reached> {
  const newest = await live.newest('commits');
  const [first, last] = await Promise.all([live.planned(0), newest && live.planned(newest.batch)]);
  return { records: last?.records ?? 0, beganMs: first?.atMs ?? 0 };
}

async function throwIfEnded(live: LiveStream, run: string): Promise<void> {
  const { dataset } = live.deployed;
  const [failed] = await live.steps(['FAILED', 'CANCELLED', 'INTERRUPTED']);
  if (failed !== undefined) {
    throw failureOf(failed, dataset, 'mend what it says');
  }
  const supervisors = await live.supervisors();
  if (!supervisors.some(({ name }) => name === run)) {
    const remedy = `look at execution ${run} of its state machine`;
    throw new LakehouseError(
      problem({ path: `supervisor of ${dataset}`, must: 'running', got: 'one that ended', remedy }),
    );
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { EMRClient, ListStepsCommand, type StepSummary } from '@aws-sdk/client-emr';
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { DescribeExecutionCommand, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { LakehouseError } from '../lib/private/errors';
import { throwIfInterrupted } from './interrupt';
import { parseJson } from './json';
import { failureText, newRunId, type AwsAccess, type Pipeline, type Runtime } from './pipeline';
import type { Progress, Report } from './progress';
import type { Reconciliation } from './records';
import type { Session } from './session';
import { Aws } from './stream/aws';
import { deployedStreams } from './stream/deployed';
import { drainPatience, endRun } from './stream/drain';
import { LiveStream } from './stream/live';
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
  const supervisor = runtime.streamingJobs?.[DATASET]?.stateMachineArn;
  const cluster = runtime.streamingCluster?.id;
  if (supervisor === undefined || cluster === undefined) {
    return undefined;
  }
  const { events, duplicates, corrupt } = await progress.step('events to Kafka', async (report) => {
    const sent = await session.sendEvents(until);
    report(`${sent.events} events, ${sent.duplicates} of them twice, ${sent.corrupt} broken`);
    return sent;
  });
  const acknowledged = Date.now();
  const total = events + duplicates + corrupt;
  const stream = new SupervisedStream(context.access, {
    environment: runtime.environment,
    supervisor,
    cluster,
    bucket: runtime.buckets.artifacts ?? '',
  });
  try {
    const { beganMs, startedMs, endedMs } = await progress.step(`stream: ${DATASET}`, (report) =>
      stream.read(total, correlationId, report),
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
  } finally {
    stream.close();
  }
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

/** A stream that is started by its state machine and runs on the streaming cluster, as on AWS. */
class SupervisedStream {
  private readonly emr: EMRClient;
  private readonly s3: S3Client;
  private readonly states: SFNClient;

  constructor(
    private readonly access: AwsAccess,
    private readonly place: {
      readonly environment: string;
      readonly supervisor: string;
      readonly cluster: string;
      readonly bucket: string;
    },
  ) {
    const { endpoint, region } = access;
    const config = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
    this.emr = new EMRClient(config);
    this.s3 = new S3Client({ ...config, forcePathStyle: true });
    this.states = new SFNClient(config);
  }

  /** Starts the stream, waits until it has committed so many records, and drains it. */
  async read(
    total: number,
    correlationId: string,
    report: Report,
  ): Promise<{ beganMs: number; startedMs: number; endedMs: number }> {
    const startedMs = Date.now();
    const input = JSON.stringify({ correlationId });
    const command = new StartExecutionCommand({ stateMachineArn: this.place.supervisor, input });
    const { executionArn } = await this.states.send(command);
    try {
      for (;;) {
        throwIfInterrupted();
        const { records, beganMs } = await this.reached();
        if (records >= total) {
          return { beganMs, startedMs, endedMs: Date.now() };
        }
        report(records === 0 ? 'starting' : `${records} of ${total} records`);
        await this.throwIfEnded(executionArn ?? '');
        if (Date.now() - startedMs > STREAM_TIMEOUT_MS) {
          throw new LakehouseError(
            `stream '${DATASET}' must read ${total} records within ${STREAM_TIMEOUT_MS / 60_000} minutes, got ${records}`,
          );
        }
        await delay(POLL_MS);
      }
    } finally {
      await this.drain(report);
    }
  }

  close(): void {
    [this.emr, this.s3, this.states].forEach((client) => client.destroy());
  }

  /** Spark writes a batch's offsets before it and its commit after it, when silver has it. */
  private async reached(): Promise<Reached> {
    const Prefix = `checkpoints/${DATASET}/commits/`;
    const command = new ListObjectsV2Command({ Bucket: this.place.bucket, Prefix });
    const { Contents = [] } = await this.s3.send(command);
    const numbers = Contents.map(({ Key = '' }) => Key.slice(Prefix.length)).filter((name) => /^\d+$/.test(name));
    if (numbers.length === 0) {
      return { records: 0, beganMs: 0 };
    }
    const newest = Math.max(...numbers.map(Number));
    const [first, last] = await Promise.all([this.batch(0), this.batch(newest)]);
    return { records: last?.records ?? 0, beganMs: first?.plannedMs ?? 0 };
  }

  /** Up to which record a batch goes, and when it was planned; undefined when Spark no longer keeps it. */
  private async batch(number: number): Promise<{ records: number; plannedMs: number } | undefined> {
    const Key = `checkpoints/${DATASET}/offsets/${number}`;
    try {
      const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.place.bucket, Key }));
      const [, metadata = '', offsets = ''] = ((await Body?.transformToString()) ?? '').split('\n');
      const topics = parseJson(offsets, z.record(z.string(), z.record(z.string(), z.number())), `'${Key}'`);
      const ends = Object.values(topics).flatMap((partitions) => Object.values(partitions));
      const { batchTimestampMs } = parseJson(metadata, z.object({ batchTimestampMs: z.number() }), `'${Key}'`);
      return { records: ends.reduce((sum, end) => sum + end, 0), plannedMs: batchTimestampMs };
    } catch (error) {
      if (error instanceof NoSuchKey) {
        return undefined;
      }
      throw error;
    }
  }

  private async throwIfEnded(executionArn: string): Promise<void> {
    const step = (await this.steps(['FAILED', 'CANCELLED', 'INTERRUPTED']))[0];
    if (step !== undefined) {
      throw new LakehouseError(failureText(step, step.Status?.State ?? ''));
    }
    const { status, cause } = await this.states.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== 'RUNNING') {
      throw new LakehouseError(`the supervisor of '${DATASET}' ended ${status}: ${cause ?? 'no reason given'}`);
    }
  }

  /** Has it end after the batch it is at; its supervisor sees it when it looks next. */
  private drain(report: Report): Promise<void> {
    return Aws.at(this.access, async (aws) => {
      const [deployed] = await deployedStreams(aws, this.place.environment, { dataset: DATASET });
      if (deployed !== undefined) {
        await endRun(new LiveStream(aws, deployed), drainPatience(DATASET, DRAIN_TIMEOUT_MS), report);
      }
    });
  }

  private async steps(
    states: ('PENDING' | 'RUNNING' | 'FAILED' | 'CANCELLED' | 'INTERRUPTED')[],
  ): Promise<StepSummary[]> {
    const command = new ListStepsCommand({ ClusterId: this.place.cluster, StepStates: states });
    const { Steps = [] } = await this.emr.send(command);
    return Steps.filter(({ Name }) => Name?.includes(DATASET) === true);
  }
}

import { type StepState, type StepSummary, paginateListSteps } from '@aws-sdk/client-emr';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, type _Object } from '@aws-sdk/client-s3';
import {
  type ExecutionListItem,
  ListExecutionsCommand,
  type ExecutionStatus,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { collected } from '../aws';
import { parseJson } from '../json';
import type { Aws } from './aws';
import { type DeployedStream, TOLD, toldIn, versionOf } from './deployed';

/** The states of a step that has not ended. */
const ACTIVE: StepState[] = ['PENDING', 'RUNNING', 'CANCEL_PENDING'];

/** How many pages of 50 steps are read: a cluster that stands for a year has thousands. */
const PAGES = 5;

/** A step of a stream's job. */
export interface Step {
  readonly id: string;
  readonly state: string;
  /** The run it belongs to: the correlation id that its supervisor gave it. */
  readonly run: string | undefined;
  readonly version: string;
  readonly since: Date | undefined;
  /** Why it ended, where it failed. */
  readonly reason: string | undefined;
}

/** An execution of the state machine. */
export interface Supervisor {
  readonly arn: string;
  readonly name: string;
  readonly since: Date | undefined;
  readonly runs: boolean;
}

/** How an execution is started beside the run that it looks after. */
export interface Start {
  /** The run whose place it takes; nobody's when left out. */
  readonly replaces?: string;
  /** Its name; that of the run when left out. */
  readonly name?: string;
}

/** A batch by its number, and when its file was written. */
export interface Written {
  readonly batch: number;
  readonly at: Date;
}

/** A batch as Spark planned it: how many records there are up to its end, and when that was, in milliseconds since 1970. */
export interface Planned {
  readonly records: number;
  readonly atMs: number;
}

/** What a run and those who ask it to end have said, as `lakehouse_jobs/draining.py` writes it. */
const saidShape = z.object({
  at: z.number(),
  batch: z.number().optional(),
  records: z.number().optional(),
  overAt: z.number().optional(),
});

/** The second line of Spark's log of planned batches, and the third: offsets by topic and partition. */
const plannedShape = z.object({ batchTimestampMs: z.number() });
const offsetsShape = z.record(z.string(), z.record(z.string(), z.number()));

export type Said = z.infer<typeof saidShape>;

/** What there is of a stream right now. */
export class LiveStream {
  constructor(
    private readonly aws: Aws,
    readonly deployed: DeployedStream,
  ) {}

  /** Its steps that have not ended, the newest first. */
  activeSteps(): Promise<Step[]> {
    return this.steps(ACTIVE);
  }

  /** Its steps among the last ones of the cluster, the newest first. */
  async steps(states?: StepState[]): Promise<Step[]> {
    const { cluster, dataset } = this.deployed;
    const pages = paginateListSteps({ client: this.aws.emr }, { ClusterId: cluster, StepStates: states });
    const call = { action: 'elasticmapreduce:ListSteps', resource: cluster };
    const steps = await this.aws.call(call, () => collected(first(PAGES, pages), ({ Steps }) => Steps));
    return steps.filter(({ Name }) => Name === dataset).map(stepOf);
  }

  /**
   * Starts an execution of its state machine; nothing happens when there is one of that name.
   *
   * @param run the correlation id of the run, which it takes over where its step is there already
   * @param replaces the run whose place it takes
   * @param name its name
   */
  async start(run: string, { replaces, name = run }: Start = {}): Promise<void> {
    const { stateMachineArn } = this.deployed;
    const input = JSON.stringify({ correlationId: run, replaces });
    await this.aws.call<unknown>(
      { action: 'states:StartExecution', resource: stateMachineArn },
      () => this.aws.sfn.send(new StartExecutionCommand({ stateMachineArn, name, input })),
      (error) => (error === 'ExecutionAlreadyExists' ? name : undefined),
    );
  }

  /** The executions that look after it, the newest first. */
  supervisors(): Promise<Supervisor[]> {
    return this.executions('RUNNING');
  }

  /** Executions of a status, or of any, the newest first: a hundred of them. */
  async executions(statusFilter?: ExecutionStatus): Promise<Supervisor[]> {
    const { stateMachineArn } = this.deployed;
    const { executions = [] } = await this.aws.call(
      { action: 'states:ListExecutions', resource: stateMachineArn },
      () => this.aws.sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter, maxResults: 100 })),
    );
    return executions.map(({ executionArn = '', name = '', startDate, status }: ExecutionListItem) => ({
      arn: executionArn,
      name,
      since: startDate,
      runs: status === 'RUNNING',
    }));
  }

  /** The newest batch that was planned, or committed; undefined where there is none. */
  async newest(kind: 'offsets' | 'commits'): Promise<Written | undefined> {
    const prefix = `${this.deployed.checkpoint}${kind}/`;
    const batches = (await this.objects(prefix)).flatMap(({ Key = '', LastModified }) => {
      const name = Key.slice(prefix.length);
      return /^\d+$/.test(name) && LastModified !== undefined ? [{ batch: Number(name), at: LastModified }] : [];
    });
    return batches.toSorted((a, b) => b.batch - a.batch)[0];
  }

  /** A batch that was planned; undefined when Spark no longer keeps it. */
  async planned(batch: number): Promise<Planned | undefined> {
    const Key = `${this.deployed.checkpoint}offsets/${batch}`;
    const text = await this.text(Key);
    if (text === undefined) {
      return undefined;
    }
    const [, metadata = '', offsets = ''] = text.split('\n');
    const topics = parseJson(offsets, offsetsShape, `'${Key}'`);
    const ends = Object.values(topics).flatMap((partitions) => Object.values(partitions));
    const { batchTimestampMs } = parseJson(metadata, plannedShape, `'${Key}'`);
    return { records: ends.reduce((sum, end) => sum + end, 0), atMs: batchTimestampMs };
  }

  /** What was said to or by a run. */
  async said(run: string, what: 'asked' | 'up' | 'done'): Promise<Said | undefined> {
    const Key = this.saidAt(run, what);
    const text = await this.text(Key);
    return text === undefined ? undefined : parseJson(text, saidShape, `'${Key}'`);
  }

  /** Asks a run to end; nothing changes when it was asked before. */
  async ask(run: string, by: string): Promise<void> {
    const Key = this.saidAt(run, 'asked');
    if ((await this.objects(Key)).length > 0) {
      return;
    }
    const { bucket: Bucket } = this.deployed;
    const Body = JSON.stringify({ at: Date.now(), by });
    await this.aws.call({ action: 's3:PutObject', resource: `s3://${Bucket}/${Key}` }, () =>
      this.aws.s3.send(new PutObjectCommand({ Bucket, Key, Body })),
    );
  }

  private saidAt(run: string, what: string): string {
    return `${this.deployed.checkpoint.replace(/\/$/, '')}.runs/${encodeURIComponent(run)}/${what}.json`;
  }

  /** An object; undefined where there is none: it is looked for, so that who may not see it is told so. */
  private async text(Key: string): Promise<string | undefined> {
    if (!(await this.objects(Key)).some((found) => found.Key === Key)) {
      return undefined;
    }
    const { bucket: Bucket } = this.deployed;
    return this.aws.call({ action: 's3:GetObject', resource: `s3://${Bucket}/${Key}` }, async () => {
      const { Body } = await this.aws.s3.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    });
  }

  private objects(Prefix: string): Promise<_Object[]> {
    const Bucket = this.deployed.bucket;
    const pages = paginateListObjectsV2({ client: this.aws.s3 }, { Bucket, Prefix });
    const call = { action: 's3:ListBucket', resource: `s3://${Bucket}/${Prefix}` };
    return this.aws.call(call, () => collected(pages, ({ Contents }) => Contents));
  }
}

async function* first<T>(count: number, pages: AsyncIterable<T>): AsyncGenerator<T> {
  let read = 0;
  for await (const page of pages) {
    yield page;
    read += 1;
    if (read >= count) {
      return;
    }
  }
}

function stepOf({ Id = '', Status, Config }: StepSummary): Step {
  const args = Config?.Args ?? [];
  const { FailureDetails: failure, Timeline } = Status ?? {};
  return {
    id: Id,
    state: Status?.State ?? 'PENDING',
    run: toldIn(args, TOLD.run),
    version: versionOf(args),
    since: Timeline?.StartDateTime ?? Timeline?.CreationDateTime,
    reason: failure?.Message ?? failure?.Reason ?? Status?.StateChangeReason?.Message,
  };
}

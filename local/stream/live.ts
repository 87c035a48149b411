import { type StepState, type StepSummary, paginateListSteps } from '@aws-sdk/client-emr';
import { GetObjectCommand, PutObjectCommand, paginateListObjectsV2, type _Object } from '@aws-sdk/client-s3';
import { type ExecutionListItem, ListExecutionsCommand, type ExecutionStatus } from '@aws-sdk/client-sfn';
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
}

/** A batch by its number, and when its file was written. */
export interface Written {
  readonly batch: number;
  readonly at: Date;
}

/** What a run and those who ask it to end have said, as `lakehouse_jobs/draining.py` writes it. */
const saidShape = z.object({
  at: z.number(),
  batch: z.number().optional(),
  records: z.number().optional(),
  overAt: z.number().optional(),
});

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

  /** The executions that look after it, the newest first. */
  supervisors(): Promise<Supervisor[]> {
    return this.executions('RUNNING');
  }

  /** Executions of a status. */
  async executions(statusFilter: ExecutionStatus): Promise<Supervisor[]> {
    const { stateMachineArn } = this.deployed;
    const { executions = [] } = await this.aws.call(
      { action: 'states:ListExecutions', resource: stateMachineArn },
      () => this.aws.sfn.send(new ListExecutionsCommand({ stateMachineArn, statusFilter, maxResults: 100 })),
    );
    return executions.map(({ executionArn = '', name = '', startDate }: ExecutionListItem) => ({
      arn: executionArn,
      name,
      since: startDate,
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

  /** What was said to or by a run. */
  async said(run: string, what: 'asked' | 'up' | 'done'): Promise<Said | undefined> {
    const Key = this.saidAt(run, what);
    const call = { action: 's3:GetObject', resource: `s3://${this.deployed.bucket}/${Key}` };
    // looked for by its name: who may not see it is told so, instead of taking it for silence
    if ((await this.objects(Key)).length === 0) {
      return undefined;
    }
    const text = await this.aws.call(call, async () => {
      const { Body } = await this.aws.s3.send(new GetObjectCommand({ Bucket: this.deployed.bucket, Key }));
      return (await Body?.transformToString()) ?? '';
    });
    return parseJson(text, saidShape, `'${call.resource}'`);
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

import { randomBytes } from 'node:crypto';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AddJobFlowStepsCommand,
  CancelStepsCommand,
  DescribeStepCommand,
  EMRClient,
  ListStepsCommand,
  type Step,
} from '@aws-sdk/client-emr';
import { GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { LakehouseError } from '../lib/private/errors';
import { interruption, throwIfInterrupted } from './interrupt';
import { parseJson } from './json';
import type { Report } from './progress';
import { reconciliationShape, runRecord, type Reconciliation, type RunRecord } from './records';
import type { Connection } from './services/postgres';

/** The application of the batch jobs, by the name the runtime parameter has for it. */
const APPLICATION = 'ingest';
const POLL_MS = 400;

/** What jobs record of a whole run, beside the records of its datasets. */
const JOB_RECORDS = new Set(
  ['transform', 'quality', 'maintain', 'reconciliation', 'replay', 'replayed', 'redriven'].map(
    (name) => `${name}.json`,
  ),
);

/** The runtime parameter. */
export const runtimeShape = z.object({
  environment: z.string(),
  databases: z.record(z.string(), z.string()),
  buckets: z.record(z.string(), z.string()),
  topics: z.record(z.string(), z.string()),
  streamingCluster: z.object({ id: z.string() }).optional(),
  kafka: z.object({ clusterArn: z.string() }).optional(),
  streamingJobs: z.record(z.string(), z.object({ stateMachineArn: z.string() })).optional(),
  batchCluster: z.object({ id: z.string() }),
  airflow: z.object({ environment: z.string() }).optional(),
  sources: z.record(z.string(), z.object({ secretId: z.string() })),
  applications: z.record(z.string(), z.object({ args: z.array(z.string()) })),
});

/** Where the resources of a stack are: the parameter the stack itself wrote. */
export type Runtime = z.infer<typeof runtimeShape>;

/** How AWS is reached. */
export interface AwsAccess {
  readonly endpoint: string;
  readonly region: string;
  /** The folder in which the endpoint runs steps, `<cluster>/<step>` each; unlike its buckets it outlives the endpoint. */
  readonly steps?: string;
}

/** What every job is told. */
interface JobRequest {
  readonly runId: string;
  /** The same from the command line to the last job. */
  readonly correlationId: string;
  readonly timeoutMs: number;
}

/** One run of the pipeline. */
export interface RunRequest extends JobRequest {
  readonly source: string;
  /**
   * Whether readers of silver wait for the check.
   *
   * @default false
   */
  readonly staged?: boolean;
}

/** One comparison of the views of a dataset. */
export interface ReconcileRequest extends JobRequest {
  /** A dataset that comes from a topic. */
  readonly dataset: string;
}

/** One run of a Spark application as an EMR step. */
export interface StepRequest extends JobRequest {
  /** Its name in the runtime parameter. */
  readonly application: string;
  /**
   * The job that its code runs.
   *
   * @default - the application's name
   */
  readonly job?: string;
  /** What the job is told beside the environment and the ids. */
  readonly args: string[];
}

/** The AWS clients of a run; everything goes through the same APIs as on AWS. */
export class Pipeline {
  private readonly emr: EMRClient;
  private readonly s3: S3Client;
  private readonly secrets: SecretsManagerClient;
  private readonly ssm: SSMClient;

  constructor(private readonly access: AwsAccess) {
    const { endpoint, region } = access;
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const config = { endpoint, region, credentials };
    this.emr = new EMRClient(config);
    this.s3 = new S3Client({ ...config, forcePathStyle: true });
    this.secrets = new SecretsManagerClient(config);
    this.ssm = new SSMClient(config);
  }

  /** Reads the runtime parameter. */
  async runtime(environment: string): Promise<Runtime> {
    const name = `/lakehouse/${environment}/runtime`;
    const { Parameter } = await this.ssm.send(new GetParameterCommand({ Name: name }));
    return parseJson(Parameter?.Value ?? '', runtimeShape, `parameter '${name}'`);
  }

  /** Puts the credentials of a source where the jobs look for them; creates the secret when the stack did not. */
  async putSecret(secretId: string, connection: Connection): Promise<void> {
    const { host, port, database, user, password } = connection;
    const value = { engine: 'postgres', host, port, dbname: database, username: user, password };
    const SecretString = JSON.stringify(value);
    try {
      await this.secrets.send(new PutSecretValueCommand({ SecretId: secretId, SecretString }));
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) {
        throw error;
      }
      await this.secrets.send(new CreateSecretCommand({ Name: secretId, SecretString }));
    }
  }

  /**
   * Runs the load once as an EMR step and waits for its end; silver is staged, to be checked before it is served.
   *
   * @returns a record per dataset.
   * @throws LakehouseError with the step's failure details and where its log is.
   */
  async run(runtime: Runtime, request: RunRequest, report: Report): Promise<RunRecord[]> {
    const step = {
      ...request,
      application: APPLICATION,
      args: ['--source', request.source, ...(request.staged === true ? ['--stage'] : [])],
    };
    await this.runStep(runtime, step, async (state) => {
      const done = await this.recordKeys(runtime, request.runId);
      report(done.length === 0 ? state : `${done.length} datasets done`);
    });
    return this.records(runtime, request.runId);
  }

  /**
   * Compares the batch view and the stream view of a dataset, as an EMR step.
   *
   * @throws LakehouseError that names the days that differ.
   */
  async reconcile(runtime: Runtime, request: ReconcileRequest, report: Report): Promise<Reconciliation> {
    const step = { ...request, application: APPLICATION, job: 'reconcile', args: ['--dataset', request.dataset] };
    await this.runStep(runtime, step, async (state) => report(state));
    const name = `runs/${request.runId}/reconciliation.json`;
    return parseJson(await this.artifact(runtime, name), reconciliationShape, `'${name}'`);
  }

  /**
   * Runs an application as an EMR step and waits for its end; `watch` hears its state every other second.
   *
   * @throws LakehouseError with the step's failure details and where its log is.
   */
  async runStep(runtime: Runtime, request: StepRequest, watch: (state: string) => Promise<void>): Promise<void> {
    const ClusterId = runtime.batchCluster.id;
    const StepId = await this.submit(runtime, request);
    const deadline = Date.now() + request.timeoutMs;
    let shown = 0;
    for (;;) {
      const { Step: step } = await this.emr.send(new DescribeStepCommand({ ClusterId, StepId }));
      const state = step?.Status?.State ?? 'PENDING';
      if (state === 'COMPLETED') {
        return;
      }
      if (['FAILED', 'CANCELLED', 'INTERRUPTED'].includes(state)) {
        const records = await this.records(runtime, request.runId).catch(() => []);
        throw new LakehouseError(failureText(withLocalLog(step, this.access.steps, ClusterId), state, records));
      }
      if (Date.now() >= deadline || interruption.aborted) {
        await this.cancel(ClusterId, StepId);
        throwIfInterrupted();
        throw new LakehouseError(`step '${StepId}' took longer than ${request.timeoutMs / 1000} s and was cancelled`);
      }
      if (Date.now() - shown > 2_000) {
        shown = Date.now();
        await watch(state.toLowerCase());
      }
      await delay(POLL_MS);
    }
  }

  /** The records of a run, one per dataset; what its other jobs recorded beside them is left out. */
  async records(runtime: Runtime, runId: string): Promise<RunRecord[]> {
    const keys = await this.recordKeys(runtime, runId);
    return Promise.all(
      keys.map(async (Key) => {
        const text = await this.artifact(runtime, Key);
        // snapshot ids do not fit a JavaScript number
        return parseJson(text.replaceAll(/:\s*(\d{16,})/g, ': "$1"'), runRecord, `run record '${Key}'`);
      }),
    );
  }

  /** An object of the artifacts bucket, as text. */
  async artifact(runtime: Runtime, Key: string): Promise<string> {
    return Buffer.from(await this.artifactBytes(runtime, Key)).toString();
  }

  /** An object of the artifacts bucket. */
  async artifactBytes(runtime: Runtime, Key: string): Promise<Uint8Array> {
    const { Body } = await this.s3.send(new GetObjectCommand({ Bucket: this.bucketOf(runtime), Key }));
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  }

  /** The keys of the artifacts bucket that begin with a prefix; a thousand at most. */
  async artifactKeys(runtime: Runtime, Prefix: string): Promise<string[]> {
    const command = new ListObjectsV2Command({ Bucket: this.bucketOf(runtime), Prefix });
    const { Contents = [] } = await this.s3.send(command);
    return Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
  }

  /** What the last attempts of a run's steps that failed say, and the datasets in them. */
  async failures(runtime: Runtime, runId: string): Promise<string[]> {
    const ClusterId = runtime.batchCluster.id;
    const { Steps = [] } = await this.emr.send(new ListStepsCommand({ ClusterId, StepStates: ['FAILED'] }));
    // newest first
    const failed = Steps.filter(
      ({ Name }, index) => Name?.endsWith(runId) && Steps.findIndex((step) => step.Name === Name) === index,
    );
    const records = failed.length === 0 ? [] : await this.records(runtime, runId);
    const steps = await Promise.all(
      failed.map(({ Id: StepId }) => this.emr.send(new DescribeStepCommand({ ClusterId, StepId }))),
    );
    return steps.map(({ Step: step }) =>
      failureText(withLocalLog(step, this.access.steps, ClusterId), 'FAILED', records),
    );
  }

  /** Closes the connections. */
  close(): void {
    [this.emr, this.s3, this.secrets, this.ssm].forEach((client) => client.destroy());
  }

  private async submit(runtime: Runtime, request: StepRequest): Promise<string> {
    const { application: name, job = name, args, runId, correlationId } = request;
    const application = runtime.applications[name];
    if (application === undefined) {
      throw new LakehouseError(
        `'applications' must hold '${name}', got ${JSON.stringify(Object.keys(runtime.applications))}; deploy the stack anew`,
      );
    }
    const ids = ['--environment', runtime.environment, '--run-id', runId, '--correlation-id', correlationId];
    const Args = [...application.args, job, ...ids, ...args];
    const step = {
      Name: `${job} ${runId}`,
      ActionOnFailure: 'CONTINUE' as const,
      HadoopJarStep: { Jar: 'command-runner.jar', Args },
    };
    const command = new AddJobFlowStepsCommand({ JobFlowId: runtime.batchCluster.id, Steps: [step] });
    const { StepIds } = await this.emr.send(command);
    const id = StepIds?.[0];
    if (id === undefined) {
      throw new LakehouseError(`cluster '${runtime.batchCluster.id}' took no step`);
    }
    return id;
  }

  private async cancel(ClusterId: string, StepId: string): Promise<void> {
    const command = new CancelStepsCommand({
      ClusterId,
      StepIds: [StepId],
      StepCancellationOption: 'TERMINATE_PROCESS',
    });
    // the endpoint is stopped right after and ends what is left
    await this.emr.send(command).catch(() => undefined);
  }

  private async recordKeys(runtime: Runtime, runId: string): Promise<string[]> {
    const keys = await this.artifactKeys(runtime, `runs/${runId}/`);
    return keys.filter((key) => !JOB_RECORDS.has(basename(key)));
  }

  private bucketOf(runtime: Runtime): string {
    const bucket = runtime.buckets.artifacts;
    if (bucket === undefined) {
      throw new LakehouseError("'buckets' must hold 'artifacts', got none; deploy the stack anew");
    }
    return bucket;
  }
}

/** What a failed step says about itself, and what each dataset that failed says. */
export function failureText(step: Step | undefined, state: string, records: RunRecord[] = []): string {
  const details = step?.Status?.FailureDetails;
  const reason = details?.Message ?? details?.Reason ?? step?.Status?.StateChangeReason?.Message ?? 'no reason given';
  const datasets = records.flatMap(({ dataset, error }) =>
    error === null ? [] : [`  - ${dataset} (${error.kind}): ${error.message}`],
  );
  const log = details?.LogFile === undefined ? [] : [`  log: ${details.LogFile}`];
  return [`step '${step?.Name ?? ''}' ended ${state}: ${reason}`, ...datasets, ...log].join('\n');
}

/**
 * The step with its log where a user can still read it when the endpoint and its buckets are gone: in the folder it ran in.
 * PySpark merges what the job wrote to standard error into standard output.
 */
export function withLocalLog(step: Step | undefined, steps: string | undefined, clusterId: string): Step | undefined {
  if (steps === undefined || step?.Id === undefined || step.Status?.FailureDetails === undefined) {
    return step;
  }
  const FailureDetails = { ...step.Status.FailureDetails, LogFile: join(steps, clusterId, step.Id, 'stdout') };
  return { ...step, Status: { ...step.Status, FailureDetails } };
}

/** A run id that sorts by time: `20130201T000000Z-3fa9c1`. */
export function newRunId(now: Date = new Date()): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${time}-${randomBytes(3).toString('hex')}`;
}

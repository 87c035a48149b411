import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand, SFNClient, UpdateStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetTableCommand, GlueClient } from '@aws-sdk/client-glue';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Client } from 'pg';
import { z } from 'zod';
import { deploy, type DeployTarget } from '../../local/deploy';
import { readJson } from '../../local/json';
import { root } from '../../local/paths';
import { Pipeline, newRunId, type Runtime } from '../../local/pipeline';
import { readBack, type ReadbackReport } from '../../local/readback';
import type { RunRecord } from '../../local/records';
import { awsEnvironment } from '../../local/services/emulator';
import type { Connection } from '../../local/services/postgres';
import { run } from '../../local/toolchain/command';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const MINUTE = 60_000;

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Which rows of a table are read, and what of them: all when undefined. */
export interface RowOptions {
  readonly columns?: string[];
  readonly where?: string;
}

/** What was done to tables. */
const careShape = z.array(
  z.looseObject({
    table: z.string(),
    filesReplaced: z.number(),
    filesWritten: z.number(),
    snapshotsBefore: z.number(),
    snapshotsAfter: z.number(),
    error: z.string().nullable(),
  }),
);
type CareRecord = z.infer<typeof careShape>[number];

/** What tables.py says of a table. */
export interface TableRows {
  readonly columns: string[];
  readonly snapshots: number;
  readonly summary: Record<string, string>;
  readonly rows: Record<string, unknown>[];
}

const stateShape = z.object({
  marker: z.string(),
  services: z.array(z.object({ name: z.string(), pid: z.number() })),
  facts: z.object({ endpoint: z.string(), python: z.string(), kafka: z.string().optional() }),
});

const secretShape = z.object({
  host: z.string(),
  port: z.number(),
  dbname: z.string(),
  username: z.string(),
  password: z.string(),
});

/** A lakehouse that `npm start -- --keep` left running in a folder of its own, and what a test does to it. */
export class Lake {
  readonly folder = mkdtempSync(join(tmpdir(), 'cdk-lakehouse-integ-'));

  /** What was asked of a table last, and where its metadata was. */
  private readonly answers = new Map<string, { readonly location: string | undefined; readonly rows: TableRows }>();

  /** The credentials and the place of every AWS client here. */
  get access(): { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } } {
    return { endpoint: this.endpoint, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  }

  get endpoint(): string {
    return this.state.facts.endpoint;
  }

  get state(): z.infer<typeof stateShape> {
    return readJson(this.file('state.json'), stateShape);
  }

  /** A file of the run. */
  file(name: string): string {
    return join(this.folder, '.lakehouse/run', name);
  }

  /** Runs `lakehouse <args>` in the folder of this lake, as a user does. */
  async lakehouse(...args: string[]): Promise<Ended> {
    const { child, ended } = this.spawnLakehouse(...args);
    const timer = setTimeout(() => child.kill('SIGTERM'), 12 * MINUTE);
    try {
      return await ended;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Starts `lakehouse <args>` and does not wait for it. */
  spawnLakehouse(...args: string[]): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const loader = join(root, 'node_modules/tsx/dist/loader.mjs');
    const child = spawn(process.execPath, ['--import', loader, join(root, 'bin/lakehouse.ts'), ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // state machines look every three seconds instead of every minute
      env: { ...process.env, SFN_WAIT_SCALE: '0.05' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code: code ?? (signal ? 128 : 1), stdout, stderr }));
    });
    return { child, ended };
  }

  /** Where the resources of an environment are. */
  async runtime(environment = 'dev'): Promise<Runtime> {
    return this.withPipeline((pipeline) => pipeline.runtime(environment));
  }

  /** Runs the pipeline once; fails as the step fails. */
  async ingest(environment = 'dev', runId = newRunId()): Promise<RunRecord[]> {
    return this.withPipeline(async (pipeline) =>
      pipeline.run(
        await pipeline.runtime(environment),
        { source: 'nycflights', runId, correlationId: `integ-${runId}`, timeoutMs: 10 * MINUTE },
        () => undefined,
      ),
    );
  }

  /** Runs the job that looks after tables, which keeps no version for its age but those that contracts keep. */
  async maintain(runId = newRunId()): Promise<CareRecord[]> {
    return this.withPipeline(async (pipeline) => {
      const runtime = await pipeline.runtime('dev');
      const request = { runId, correlationId: `integ-${runId}`, timeoutMs: 10 * MINUTE };
      const step = { ...request, application: 'ingest', job: 'maintain', args: ['--keep-days', '0'] };
      await pipeline.runStep(runtime, step, () => Promise.resolve());
      return careShape.parse(JSON.parse(await pipeline.artifact(runtime, `runs/${runId}/maintain.json`)));
    });
  }

  async withPipeline<T>(use: (pipeline: Pipeline) => Promise<T>): Promise<T> {
    const pipeline = new Pipeline(this.access);
    try {
      return await use(pipeline);
    } finally {
      pipeline.close();
    }
  }

  /** Brings the source to a moment. */
  async advance(until: string): Promise<void> {
    await this.python(['-m', 'data', 'advance', '--until', until], this.postgresEnvironment());
  }

  /** Sends to Kafka what was reported of flights between two moments, as a contract asks; how many records of each kind. */
  async sendEvents(since: string, until: string, contract?: string): Promise<Record<string, unknown>> {
    const broker = ['--bootstrap', this.state.facts.kafka ?? ''];
    const columns = contract === undefined ? [] : ['--contract', contract];
    const args = ['-m', 'data', 'events', '--since', since, '--until', until, ...broker, ...columns];
    return JSON.parse(await this.python(args, process.env)) as Record<string, unknown>;
  }

  /** Runs a statement on the source as its owner. */
  async sql(statement: string): Promise<Record<string, unknown>[]> {
    const { host, port, user, password } = this.owner();
    const client = new Client({ host, port, user, password, database: 'nycflights' });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(statement)).rows;
    } finally {
      await client.end();
    }
  }

  /** What the secret of the source holds. */
  async sourceCredentials(): Promise<Connection> {
    const client = new SecretsManagerClient(this.access);
    try {
      const SecretId = (await this.runtime()).sources.nycflights?.secretId;
      const { SecretString = '{}' } = await client.send(new GetSecretValueCommand({ SecretId }));
      const { host, port, dbname, username, password } = secretShape.parse(JSON.parse(SecretString));
      return { host, port, database: dbname, user: username, password };
    } finally {
      client.destroy();
    }
  }

  /** Puts the credentials of the source where the jobs of an environment look for them. */
  async putCredentials(environment: string, connection: Connection): Promise<void> {
    await this.withPipeline(async (pipeline) => {
      const { sources } = await pipeline.runtime(environment);
      await pipeline.putSecret(sources.nycflights?.secretId ?? '', connection);
    });
  }

  /** The rows of a table, read by pyiceberg. */
  async rows(database: string, table: string, options: RowOptions = {}): Promise<TableRows> {
    const { columns = ['*'], where } = options;
    const filter = where === undefined ? [] : ['--where', where];
    const asked = [database, table, '--columns', columns.join(','), ...filter];
    const location = await this.metadataLocation(database, table);
    const before = this.answers.get(asked.join(' '));
    // a table is as it was until it has other metadata, and to ask takes a process with all of pyiceberg
    if (before !== undefined && before.location === location) return before.rows;
    const rows = await this.tables<TableRows>('rows', this.endpoint, ...asked);
    this.answers.set(asked.join(' '), { location, rows });
    return rows;
  }

  /** `exceptAll` both ways between two databases, run columns aside. */
  async compare(
    left: string,
    right: string,
  ): Promise<Record<string, { rows: number; onlyLeft: number; onlyRight: number }>> {
    return this.tables('compare', this.endpoint, left, right);
  }

  /** Synthesizes an app into the cloud assembly of its environment and deploys it. */
  async deploy(
    options: { environment?: string; app?: string; contracts?: string; edit?: (assembly: string) => void } = {},
  ): Promise<void> {
    const { environment = 'dev', app = 'bin/app.ts', contracts = join(root, 'contracts'), edit } = options;
    const target = this.target(environment);
    const assembly = join(target.directory, 'cdk.out');
    rmSync(assembly, { recursive: true, force: true });
    const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as {
      context: Record<string, unknown>;
    };
    const given = { ...context, env: environment, contracts, '@cdk-lakehouse:allowDestroy': true };
    await run(process.execPath, ['--import', 'tsx', join(root, app)], {
      name: 'synth',
      cwd: root,
      env: { ...process.env, CDK_OUTDIR: assembly, CDK_CONTEXT_JSON: JSON.stringify(given) },
      timeoutMs: MINUTE,
    });
    edit?.(assembly);
    await deploy(target, () => undefined);
  }

  /** Empties the buckets of an environment and has CloudFormation delete its stack. */
  async destroy(environment = 'dev'): Promise<void> {
    const { buckets } = await this.runtime(environment);
    for (const bucket of Object.values(buckets)) await this.empty(bucket);
    const target = this.target(environment);
    await run(
      process.execPath,
      [
        join(root, 'node_modules/aws-cdk/bin/cdk'),
        'destroy',
        '--all',
        '--force',
        '--app',
        join(target.directory, 'cdk.out'),
      ],
      {
        name: 'cdk destroy',
        cwd: root,
        env: { ...awsEnvironment(this.endpoint, REGION), HOME: join(target.directory, 'home') },
        timeoutMs: 5 * MINUTE,
      },
    );
  }

  /** Reads the stack of an environment back; fails when a property differs. */
  async readBack(environment = 'dev'): Promise<ReadbackReport> {
    const file = join(this.folder, `readback-${environment}.json`);
    return readBack((args) => this.python(['-m', ...args], awsEnvironment(this.endpoint, REGION)), {
      endpoint: this.endpoint,
      region: REGION,
      stack: `Lakehouse-${environment}`,
      file,
    });
  }

  /** The status of an environment's stack; undefined when there is none. */
  async stackStatus(environment = 'dev'): Promise<string | undefined> {
    const client = new CloudFormationClient(this.access);
    try {
      const { Stacks = [] } = await client.send(new DescribeStacksCommand({}));
      return Stacks.find(({ StackName }) => StackName === `Lakehouse-${environment}`)?.StackStatus;
    } finally {
      client.destroy();
    }
  }

  /** Where the newest metadata of a table is: another place after every commit. */
  async metadataLocation(database: string, table: string): Promise<string | undefined> {
    const client = new GlueClient(this.access);
    try {
      const { Table } = await client.send(new GetTableCommand({ DatabaseName: database, Name: table }));
      return Table?.Parameters?.metadata_location;
    } finally {
      client.destroy();
    }
  }

  /** The definition of the state machine of a stream. */
  async streamDefinition(dataset: string): Promise<string> {
    return this.withStates(async (client) => {
      const stateMachineArn = await this.streamMachine(dataset);
      return (await client.send(new DescribeStateMachineCommand({ stateMachineArn }))).definition ?? '';
    });
  }

  /** Changes that definition, as a deployment does. */
  async defineStream(dataset: string, definition: string): Promise<void> {
    await this.withStates(async (client) => {
      const stateMachineArn = await this.streamMachine(dataset);
      await client.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    });
  }

  /** Ends every process whose command line holds the text, at once, as a crash would. */
  kill(text: string): number {
    const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && commandLine(entry).includes(text));
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    return pids.length;
  }

  /** A copy of contracts, to be changed. */
  copyContracts(name: string, contracts: string): string {
    const copy = join(this.folder, name, 'contracts');
    cpSync(contracts, copy, { recursive: true });
    return copy;
  }

  /** Removes the folder; the lake must be down. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async streamMachine(dataset: string): Promise<string> {
    return (await this.runtime()).streamingJobs?.[dataset]?.stateMachineArn ?? '';
  }

  private async withStates<T>(use: (client: SFNClient) => Promise<T>): Promise<T> {
    const client = new SFNClient(this.access);
    try {
      return await use(client);
    } finally {
      client.destroy();
    }
  }

  private target(environment: string): DeployTarget {
    const directory = join(this.folder, 'cdk', environment);
    const endpoint = this.endpoint;
    const logFile = join(directory, 'cdk.log');
    return { endpoint, region: REGION, accountId: ACCOUNT, environment, directory, logFile, env: {} };
  }

  private async empty(Bucket: string): Promise<void> {
    const client = new S3Client({ ...this.access, forcePathStyle: true });
    try {
      for (;;) {
        const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
        const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
        if (Objects.length === 0) return;
        await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
      }
    } finally {
      client.destroy();
    }
  }

  private async tables<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.python([join(root, 'test/support/tables.py'), ...args], process.env)) as T;
  }

  private async python(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
    const { python } = this.state.facts;
    const options = { cwd: this.folder, env: { ...env, PYTHONPATH: join(root, 'local') }, timeoutMs: 5 * MINUTE };
    return (await run(python, args, { name: args.join(' '), ...options })).stdout;
  }

  /** How the source is reached by its owner. */
  owner(): { host: string; port: number; user: string; password: string } {
    const file = this.file('postgres/pgpass');
    if (!existsSync(file)) throw new Error(`no password file in ${this.folder}`);
    const [host, port, , user, password] = readFileSync(file, 'utf8').trim().split(':') as [
      string,
      string,
      string,
      string,
      string,
    ];
    return { host, port: Number(port), user, password };
  }

  private postgresEnvironment(): NodeJS.ProcessEnv {
    const { host, port, user } = this.owner();
    const names = { PGHOST: host, PGPORT: String(port), PGDATABASE: 'nycflights', PGUSER: user };
    return { ...process.env, ...names, PGPASSFILE: this.file('postgres/pgpass') };
  }
}

/** Waits until something is so; fails after the time is up. */
export async function eventually(what: string, holds: () => Promise<boolean>, milliseconds: number): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds / 1000} s: ${what}`);
    await delay(3_000);
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // it ended while we looked
  }
}

import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from './json';
import type { RunPaths } from './paths';
import type { RunStateFile } from './run-state';
import { RUN_MARKER } from './run-state';
import { root } from './paths';
import { LakehouseError } from '../lib/private/errors';
import { isAlive } from './services/groups';
import { withLastLines, type Service } from './services/process';
import { awsEnvironment, startEmulator, type Emulator } from './services/emulator';
import { startKafka, type Kafka } from './services/kafka';
import { freePort, portFor } from './services/ports';
import { clientEnvironment, startPostgres, type Postgres } from './services/postgres';
import { Orchestration } from './orchestration';
import { run } from './toolchain/command';
import type { Tools } from './tools';

/** How many rows of each table an advance of the source touched. */
const movedShape = z.object({
  until: z.string(),
  tables: z.record(z.string(), z.object({ inserted: z.number(), updated: z.number() })),
});

/** How many records of each kind were sent to a topic. */
const sentShape = z.object({ until: z.string(), events: z.number(), duplicates: z.number(), corrupt: z.number() });

/** Ports, place and names of a run. */
export interface SessionOptions {
  readonly paths: RunPaths;
  readonly state: RunStateFile;
  readonly marker: string;
  readonly tools: Tools;
  readonly region: string;
  readonly accountId: string;
  readonly endpointPort: number | undefined;
  readonly postgresPort: number | undefined;
  readonly kafkaPort: number | undefined;
}

/** The services of a run. */
export class Session {
  /** The database's name; also the source's. */
  static readonly DATABASE = 'nycflights';

  private constructor(
    private readonly options: SessionOptions,
    readonly postgres: Postgres,
    readonly emulator: Emulator,
    /** The broker behind every MSK cluster; undefined where the environment has none. */
    readonly kafka: Kafka | undefined,
  ) {}

  /** Starts PostgreSQL, the endpoint and, where there are jars for it, a Kafka broker at the same time. */
  static async start(options: SessionOptions): Promise<Session> {
    const { paths, state, tools } = options;
    const env = { [RUN_MARKER]: options.marker };
    const postgresPort = await portFor('--postgres-port', options.postgresPort);
    const endpointPort = await portFor('--endpoint-port', options.endpointPort);
    const kafkaPort = tools.kafkaJars === undefined ? undefined : await portFor('--kafka-port', options.kafkaPort);
    const kafka = Session.startKafka(options, kafkaPort);
    const postgres = startPostgres({
      port: postgresPort,
      database: Session.DATABASE,
      directory: paths.file('postgres'),
      logFile: paths.log('postgres'),
      env,
    }).then((service) => {
      state.addService(service, [service.home]);
      return service;
    });
    const emulator = startEmulator({
      port: endpointPort,
      region: options.region,
      accountId: options.accountId,
      directory: paths.file('endpoint'),
      logFile: paths.log('endpoint'),
      environment: tools.emulator,
      spark: tools.spark,
      kafkaBootstrap: kafkaPort === undefined ? undefined : `127.0.0.1:${kafkaPort}`,
      env,
    }).then((service) => {
      state.addService(service);
      return service;
    });
    await Promise.allSettled([postgres, emulator, kafka]);
    return new Session(options, await postgres, await emulator, await kafka);
  }

  private static async startKafka(
    { paths, state, tools, marker }: SessionOptions,
    port: number | undefined,
  ): Promise<Kafka | undefined> {
    if (port === undefined || tools.kafkaJars === undefined) {
      return undefined;
    }
    const service = await startKafka({
      port,
      controllerPort: await freePort(),
      directory: paths.file('kafka'),
      logFile: paths.log('kafka'),
      jars: tools.kafkaJars,
      javaHome: tools.spark.javaHome,
      env: { ...process.env, [RUN_MARKER]: marker },
    });
    state.addService(service);
    return service;
  }

  /** Brings the source database to a moment. */
  async advanceSource(until: string): Promise<{ readonly inserted: number; readonly updated: number }> {
    const { stdout } = await this.python('data advance', ['-m', 'data', 'advance', '--until', until], 3 * 60_000, {
      ...process.env,
      ...clientEnvironment(this.postgres),
    });
    const tables = Object.values(parseJson(stdout, movedShape, 'the loader').tables);
    const sum = (pick: 'inserted' | 'updated'): number => tables.reduce((total, table) => total + table[pick], 0);
    return { inserted: sum('inserted'), updated: sum('updated') };
  }

  /** Sends to Kafka what was reported of flights up to a moment. */
  async sendEvents(until: string): Promise<z.infer<typeof sentShape>> {
    const broker = ['--bootstrap', this.kafka?.bootstrap ?? ''];
    const args = ['-m', 'data', 'events', '--until', until, ...broker];
    const { stdout } = await this.python('data events', args, 5 * 60_000, process.env);
    return parseJson(stdout, sentShape, 'the producer');
  }

  /** Runs a Python module of the local environment against the endpoint. */
  async runModule(name: string, args: string[], timeoutMs: number): Promise<string> {
    return (await this.python(name, ['-m', ...args], timeoutMs, this.clientEnvironment)).stdout;
  }

  /** Starts what runs the pipeline, which has a lot to prepare; undefined where nothing does. */
  startOrchestration(): Orchestration | undefined {
    const { paths, tools } = this.options;
    const env = this.clientEnvironment;
    return tools.orchestrator === undefined ? undefined : Orchestration.start({ ...tools.orchestrator, paths, env });
  }

  /** The environment of a process that uses the endpoint and belongs to the run. */
  private get clientEnvironment(): NodeJS.ProcessEnv {
    return { ...awsEnvironment(this.emulator.endpoint, this.options.region), [RUN_MARKER]: this.options.marker };
  }

  /** What an error means when a service is gone: that it is, with its last log lines; else the error as it is. */
  explain(error: unknown): unknown {
    const gone = this.services.find((service) => !isAlive(service.pid));
    return gone === undefined ? error : new LakehouseError(goneText(gone, error));
  }

  /** Ends the services, and waits until they are gone. */
  async stop(): Promise<void> {
    await Promise.allSettled(this.services.map((service) => service.stop()));
  }

  /** Lets this process end without the services. */
  detach(): void {
    this.services.forEach((service) => service.detach());
  }

  private get services(): Service[] {
    return [this.emulator, this.postgres, ...(this.kafka === undefined ? [] : [this.kafka])];
  }

  private python(
    name: string,
    args: string[],
    timeoutMs: number,
    env: NodeJS.ProcessEnv,
  ): Promise<{ readonly stdout: string }> {
    const { paths, tools, marker } = this.options;
    return run(tools.emulator.python, args, {
      name,
      cwd: paths.run,
      env: { ...env, [RUN_MARKER]: marker, PYTHONPATH: join(root, 'local') },
      timeoutMs,
      logFile: paths.log(name.replaceAll(' ', '-')),
    });
  }
}

/** A service that ended by itself while the run needed it, and what failed because of it. */
export function goneText(service: Pick<Service, 'name' | 'logFile'>, error: unknown): string {
  const because = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  const text = `service '${service.name}' ended while the run needed it (${because}); run again; its last log lines:`;
  return withLastLines(text, service.logFile);
}

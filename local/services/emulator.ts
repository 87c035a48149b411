import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../paths';
import { parseJson } from '../json';
import type { PythonEnvironment } from '../toolchain/python';
import { startService, type Service } from './process';

/** What EMR steps run on. */
export interface SparkRuntime {
  readonly sparkHome: string;
  readonly python: string;
  readonly javaHome: string;
  /** Folders of the jars the EMR release ships. */
  readonly jars: string[];
  /** The classes of Spark as they were recorded; steps start slower where it does not exist. */
  readonly classes: string;
  /** A folder for what the archives of steps unpack to, and what Python compiles there. */
  readonly archives: string;
}

/** Where the endpoint listens and what it stands for. */
export interface EmulatorOptions {
  readonly port: number;
  readonly region: string;
  readonly accountId: string;
  /** A folder of the run. */
  readonly directory: string;
  readonly logFile: string;
  readonly environment: PythonEnvironment;
  /** What steps of clusters run on; without one, none can be run. */
  readonly spark?: SparkRuntime;
  /** The broker that stands for every MSK cluster; without one, topics are only kept. */
  readonly kafkaBootstrap?: string;
  /** Set in its environment and so in that of every Spark process it starts. */
  readonly env: NodeJS.ProcessEnv;
}

/** A running endpoint. */
export interface Emulator extends Service {
  readonly endpoint: string;
}

/** A resource that CloudFormation knows and the endpoint does not emulate. */
export const recordedResource = z.object({
  stack: z.string(),
  logicalId: z.string(),
  type: z.string(),
  physicalId: z.string(),
});

export type RecordedResource = z.infer<typeof recordedResource>;

/** Starts the embedded AWS endpoint on the loopback interface; state is kept in memory and ends with it. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  mkdirSync(options.directory, { recursive: true });
  const { port, region, accountId, spark, kafkaBootstrap } = options;
  const config = join(options.directory, 'emulator.json');
  const stateDir = join(options.directory, 'state');
  const runner = spark === undefined ? undefined : { ...spark, master: 'local[2]', driverMemory: '3g' };
  writeFileSync(
    config,
    JSON.stringify({ port, stateDir, region, accountId, spark: runner, kafkaBootstrap }, undefined, 2),
  );
  // an address and not a name: bucket names before `localhost` do not resolve
  const endpoint = `http://127.0.0.1:${port}`;
  const service = await startService({
    name: 'endpoint',
    command: options.environment.python,
    args: ['-m', 'emulator', '--config', config],
    cwd: options.directory,
    env: {
      ...awsEnvironment(endpoint, region),
      ...options.env,
      PYTHONPATH: join(root, 'local'),
      PYTHONUNBUFFERED: '1',
    },
    logFile: options.logFile,
    ready: () => answers(endpoint),
    readyWithinMs: 60_000,
    // its own bound for ending Spark is ten seconds
    stop: { signal: 'SIGTERM', graceMs: 15_000 },
  });
  return { ...service, endpoint };
}

/** What the endpoint recorded instead of emulating. */
export async function recordedResources(endpoint: string): Promise<RecordedResource[]> {
  const response = await fetch(`${endpoint}/_lakehouse/recorded`, { signal: AbortSignal.timeout(10_000) });
  return parseJson(await response.text(), z.object({ recorded: z.array(recordedResource) }), 'the endpoint').recorded;
}

/** Whether the endpoint answers. */
export async function answers(endpoint: string): Promise<boolean> {
  const response = await fetch(`${endpoint}/_ministack/health`, { signal: AbortSignal.timeout(2_000) });
  return response.ok;
}

/**
 * The environment of a process that talks to the endpoint: its address and keys that are no secret, and nothing of the user's
 * own AWS settings, so that nothing can reach a real account.
 */
export function awsEnvironment(
  endpoint: string,
  region: string,
  env: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('AWS_') || name === 'AWS_CA_BUNDLE');
  return {
    ...Object.fromEntries(kept),
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
}

import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { LakehouseConfig } from '../../lib/config';
import { run } from '../toolchain/command';
import { startService, type Service } from './process';

/** Short-lived and small: it starts in two seconds with these, and in five without. */
const JVM = ['-Xms64m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'];

/** A year: longer than any run. */
const NEVER_MS = 365 * 24 * 3_600_000;

/** Whether an environment has a Kafka cluster, and so needs a broker here. */
export function usesKafka(config: LakehouseConfig): boolean {
  return 'kafka' in config && config.kafka !== undefined;
}

/** Where a broker listens and keeps its files. */
export interface KafkaOptions {
  readonly port: number;
  /** Where it votes for itself as its own controller. */
  readonly controllerPort: number;
  /** A folder of the run. */
  readonly directory: string;
  readonly logFile: string;
  /** The folder of its jars. */
  readonly jars: string;
  readonly javaHome: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A running broker. */
export interface Kafka extends Service {
  /** Host and port that clients begin with. */
  readonly bootstrap: string;
}

/** Lays out a fresh log directory and starts a single Kafka broker with KRaft on the loopback interface. */
export async function startKafka(options: KafkaOptions): Promise<Kafka> {
  const { directory, port, javaHome } = options;
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const properties = join(directory, 'server.properties');
  writeFileSync(properties, serverProperties(options));
  const java = join(javaHome, 'bin/java');
  const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
  const base = [...JVM, log, `-Djava.io.tmpdir=${temporary}`, '-cp', join(options.jars, '*')];
  // in one of 64 cases it begins with a hyphen, which would be taken for an option if it stood alone
  const clusterId = randomBytes(16).toString('base64url');
  await run(java, [...base, 'kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '-c', properties], {
    name: 'kafka format',
    cwd: directory,
    env: options.env,
    timeoutMs: 60_000,
    logFile: options.logFile,
  });
  const service = await startService({
    name: 'kafka',
    command: java,
    args: [...base, 'kafka.Kafka', properties],
    cwd: directory,
    env: options.env,
    logFile: options.logFile,
    ready: () => accepts(port),
    readyWithinMs: 60_000,
    stop: { signal: 'SIGTERM', graceMs: 15_000 },
  });
  return { ...service, bootstrap: `127.0.0.1:${port}` };
}

/** One broker has one replica of everything; nothing it keeps outlives the run. */
function serverProperties({ port, controllerPort, directory }: KafkaOptions): string {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(directory, 'data'),
    'auto.create.topics.enable': false,
    'unclean.leader.election.enable': false,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'group.initial.rebalance.delay.ms': 0,
    // records have the times of 2013, which are beyond any retention: nothing is looked at for its age
    'log.initial.task.delay.ms': NEVER_MS,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Whether something takes connections; a broker does when it has joined its own cluster. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 2_000 });
    const answer = (value: boolean) => () => {
      socket.destroy();
      resolve(value);
    };
    socket.once('connect', answer(true)).once('error', answer(false)).once('timeout', answer(false));
  });
}

/** `npm run bench:stream`: what exactly-once costs a stream, against Spark's own sink and against plain writes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { guarded } from '../local/interrupt';
import { root } from '../local/paths';
import { Progress } from '../local/progress';
import { startKafka, type Kafka } from '../local/services/kafka';
import { freePort } from '../local/services/ports';
import { run } from '../local/toolchain/command';
import { ensureJars, jarSets } from '../local/toolchain/jars';
import { ensureJava } from '../local/toolchain/java';
import { ensureEnvironment, environments } from '../local/toolchain/python';
import { median } from './measure';

/** Ours, the rival it is held against, and of how many records one is broken; Spark's own sink has no place for them. */
const PAIRS = [
  { figure: 'append', ours: 'append', rival: 'native', broken: 0 },
  { figure: 'merge', ours: 'merge', rival: 'plain', broken: 1_000 },
] as const;

type Pair = (typeof PAIRS)[number];

/** What we hold ourselves to: times the rival's records per second. */
const LEAST = 0.9;

/** Records of the full topic and of a batch; records a second, and seconds, of the one that is filled meanwhile. */
const AMOUNTS = { records: 240_000, batch: 40_000, rate: 1_000, seconds: 40 };

/** The longest that one driver may take, in milliseconds. */
const LIMIT_MS = 30 * 60_000;

interface Measured {
  readonly perSecond: number;
  readonly batchSeconds: number;
  readonly latencies: { readonly p50: number; readonly p95: number };
  /** Seconds of a batch, by step. */
  readonly where: { readonly [step: string]: number };
  readonly versions: { readonly [name: string]: string };
}

interface Bench {
  readonly python: string;
  readonly producer: string;
  readonly kafka: Kafka;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The topic that is full, for both of a pair. */
function backlogOf({ figure }: Pair): string {
  return `bench.${figure}`;
}

/** Installs what is missing, and starts a broker with a full topic. */
async function prepare(folder: string, progress: Progress): Promise<Bench> {
  const step = (title: string, work: () => Promise<string>): Promise<string> => progress.step(title, work);
  const [javaHome, jobs, endpoint, kafkaJars, sparkShips, ...jobsBring] = await Promise.all([
    step('Java 17', ensureJava),
    step('Python environment of the jobs', async () => (await ensureEnvironment(environments.workloads)).python),
    step('Python environment of the producer', async () => (await ensureEnvironment(environments.emulator)).python),
    step('jars of Kafka', () => ensureJars(jarSets.kafka)),
    step('jars of the EMR release', () => ensureJars(jarSets.emr)),
    step('jars of the load', () => ensureJars(jarSets.workloads)),
    step('jars of the streams', () => ensureJars(jarSets.streams)),
  ]);
  const path = ['bench', 'workloads/jobs', 'workloads/tests'].map((name) => join(root, name)).join(':');
  const env = {
    ...process.env,
    JAVA_HOME: javaHome,
    PYTHONPATH: path,
    LAKEHOUSE_SPARK_JARS: sparkShips,
    LAKEHOUSE_JOB_JARS: jobsBring.join(','),
  };
  const kafka = await progress.step('broker', async () =>
    startKafka({
      port: await freePort(),
      controllerPort: await freePort(),
      directory: join(folder, 'kafka'),
      logFile: join(folder, 'kafka.log'),
      jars: kafkaJars,
      javaHome,
      env,
    }),
  );
  return { python: jobs, producer: endpoint, kafka, folder, env };
}

/** Measures one way in a driver of its own. */
async function drive(bench: Bench, pair: Pair, way: string, round: number): Promise<Measured> {
  const name = `${way}-${round}`;
  const folder = join(bench.folder, name);
  const topics = { bootstrap: bench.kafka.bootstrap, backlog: backlogOf(pair), live: `bench.live.${name}` };
  const text = JSON.stringify({ way, ...topics, folder, producer: bench.producer, broken: pair.broken, ...AMOUNTS });
  const options = { name: `stream ${name}`, cwd: bench.folder, env: bench.env, timeoutMs: LIMIT_MS };
  const { stdout } = await run(bench.python, ['-m', 'stream.drive', text], options);
  rmSync(folder, { recursive: true, force: true });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
}

/** Medians of the rounds; a ratio is the median of the rounds' ratios. */
function compare(ours: Measured[], rivals: Measured[]): object {
  const of = (pick: (one: Measured) => number) => ({
    ours: median(ours.map(pick)),
    rival: median(rivals.map(pick)),
  });
  const ratios = ours.map((one, round) => one.perSecond / (rivals[round]?.perSecond ?? Number.NaN));
  return {
    recordsPerSecond: of(({ perSecond }) => perSecond),
    ratio: Number(median(ratios).toFixed(2)),
    batchSeconds: of(({ batchSeconds }) => batchSeconds),
    latencyMs: { p50: of(({ latencies }) => latencies.p50), p95: of(({ latencies }) => latencies.p95) },
    where: ours.at(-1)?.where,
  };
}

async function measure(bench: Bench, rounds: number, progress: Progress): Promise<object> {
  const ways = PAIRS.flatMap((pair) => [pair.ours, pair.rival].map((way) => ({ way, pair })));
  const measured = new Map<string, Measured[]>(ways.map(({ way }) => [way, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const { way, pair } of ways) {
      const one = await progress.step(`round ${round}: ${way}`, () => drive(bench, pair, way, round));
      measured.get(way)?.push(one);
    }
  }
  const figures = PAIRS.map(({ figure, ours, rival }) => [
    figure,
    { rival, ...compare(measured.get(ours) ?? [], measured.get(rival) ?? []) },
  ]);
  const versions = { node: process.versions.node, kafka: jarSets.kafka.name, ...measured.get('append')?.[0]?.versions };
  return { benchmark: 'stream', rounds, ...AMOUNTS, ...Object.fromEntries(figures), versions, target: LEAST };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
  const folder = mkdtempSync(join(tmpdir(), 'lakehouse-bench-'));
  const progress = new Progress();
  let bench: Bench | undefined;
  try {
    bench = await prepare(folder, progress);
    const { producer, kafka, env } = bench;
    for (const pair of PAIRS) {
      const amounts = [AMOUNTS.records, 0, pair.broken].map(String);
      const full = [join(root, 'bench/stream/produce.py'), kafka.bootstrap, backlogOf(pair), ...amounts];
      const options = { name: 'produce', env, timeoutMs: LIMIT_MS };
      await progress.step(`full topic ${backlogOf(pair)}`, () => run(producer, full, options));
    }
    process.stdout.write(`${JSON.stringify(await measure(bench, Number(values.rounds), progress))}\n`);
    return 0;
  } finally {
    await bench?.kafka.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

void guarded(main, (error) =>
  process.stderr.write(`✗ ${error instanceof Error ? error.message : String(error)}\n`),
).then((code) => (process.exitCode = code));

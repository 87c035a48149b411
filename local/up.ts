import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { environments } from '../config';
import { type LakehouseConfig, validateConfig } from '../lib/config';
import { LakehouseError, problem } from '../lib/private/errors';
import { copyDocuments } from './docs';
import { bootstrap, deploy, stackName, synthesize, type DeployTarget } from './deploy';
import { guarded, throwIfInterrupted } from './interrupt';
import { parseUpArguments, type UpOptions } from './options';
import { directSteps, orchestratorOf, type Orchestrator } from './orchestration';
import { readLineage } from './lineage';
import { RunPaths } from './paths';
import { newRunId, Pipeline, type Runtime } from './pipeline';
import { plannedRuns, unexpectedChanges } from './runs';
import { Progress } from './progress';
import { qualityOf, type QualityRun } from './quality';
import { readBack, type ReadbackReport } from './readback';
import type { PipelineRun } from './records';
import { RUN_MARKER, RunStateFile } from './run-state';
import { recordedResources } from './services/emulator';
import { usesKafka } from './services/kafka';
import { assertPorts } from './services/ports';
import { Session } from './session';
import { runStream, streamRows, type StreamRun } from './streaming';
import { readLake } from './summary/lake';
import { renderPage } from './summary/page';
import type { Summary } from './summary/summary';
import { renderTable } from './summary/table';
import { allEnded, ensureTools } from './tools';
import { goldOf, type TransformRun } from './transform';

/** The account of an environment that names none. */
const LOCAL_ACCOUNT = '000000000000';

/** The longest a run of the pipeline may take, in milliseconds. */
const RUN_TIMEOUT_MS = 20 * 60_000;

interface Context {
  readonly options: UpOptions;
  readonly paths: RunPaths;
  readonly progress: Progress;
  readonly session: Session;
  readonly target: DeployTarget;
  readonly correlationId: string;
}

/** `npm start`: from nothing to a deployed lakehouse whose pipeline has run, and a summary. */
async function up(options: UpOptions): Promise<number> {
  const progress = new Progress();
  const paths = new RunPaths();
  const config = await checked(options);
  const marker = randomBytes(8).toString('hex');
  const state = await RunStateFile.begin(paths, options.env, marker);
  let session: Session | undefined;
  let kept = false;
  try {
    const kafka = usesKafka(config);
    const tools = await ensureTools(progress, { kafka, orchestrator: orchestratorOf(config, options.orchestrator) });
    const place = { region: config.region, accountId: config.account ?? LOCAL_ACCOUNT };
    const { endpointPort, postgresPort, kafkaPort } = options;
    const services = kafka ? 'PostgreSQL, Kafka and the AWS endpoint' : 'PostgreSQL and the AWS endpoint';
    session = await progress.step(services, () =>
      Session.start({ paths, state, marker, tools, ...place, endpointPort, postgresPort, kafkaPort }),
    );
    const target = targetOf(options, paths, session, { ...place, marker });
    state.addFacts({
      endpoint: target.endpoint,
      region: place.region,
      python: tools.emulator.python,
      stack: stackName(options.env),
      ...(session.kafka === undefined ? {} : { kafka: session.kafka.bootstrap }),
    });
    const correlationId = `up-${marker}`;
    const summary = await runExplained({ options, paths, progress, session, target, correlationId });
    present(paths, summary, progress);
    if (options.keep) {
      session.detach();
      state.keep();
      kept = true;
      progress.note("still running: 'npx lakehouse status' looks at it, 'npx lakehouse down' stops it");
    }
    return 0;
  } finally {
    if (!kept) {
      await session?.stop();
      await state.end();
    }
  }
}

/** The values of the environment, when they and the ports are right: a mistake is said before minutes of installing. */
async function checked(options: UpOptions): Promise<LakehouseConfig> {
  const config = environments.load(options.env);
  validateConfig(config);
  if (options.kafkaPort !== undefined && !usesKafka(config)) {
    const must = `left out where environment '${options.env}' has no Kafka`;
    throw new LakehouseError(
      problem({ path: '--kafka-port', must, got: options.kafkaPort, remedy: "drop it, or add 'kafka' to the config" }),
    );
  }
  await assertPorts(options);
  return config;
}

function targetOf(
  options: UpOptions,
  paths: RunPaths,
  session: Session,
  place: { readonly region: string; readonly accountId: string; readonly marker: string },
): DeployTarget {
  const { region, accountId, marker } = place;
  return {
    endpoint: session.emulator.endpoint,
    region,
    accountId,
    environment: options.env,
    directory: paths.file('cdk'),
    logFile: paths.log('cdk'),
    env: { [RUN_MARKER]: marker },
  };
}

/** Runs everything; when a service died, that is the error, and not what failed because of it. */
async function runExplained(context: Context): Promise<Summary> {
  try {
    return await runEverything(context);
  } catch (error) {
    throw context.session.explain(error);
  }
}

async function runEverything(context: Context): Promise<Summary> {
  const { options, progress, session, target, paths } = context;
  const [first, ...later] = plannedRuns(options.months);
  if (first?.until === undefined) {
    throw new LakehouseError("'--months' must be 1 or more; correct it");
  }
  const { until } = first;
  const orchestration = session.startOrchestration();
  const loading = progress.step(`source data: ${first.title}`, () => session.advanceSource(until));
  const deploying = deployStack(context);
  await allEnded(loading, deploying);
  await deploying;
  const loaded = await loading;
  const pipeline = new Pipeline({ ...target, steps: paths.file('endpoint/state/steps') });
  try {
    const runtime = await pipeline.runtime(options.env);
    await pipeline.putSecret(secretOf(runtime), session.postgres.reader);
    const opening = orchestration?.open(pipeline, runtime) ?? Promise.resolve(directSteps(pipeline, runtime));
    const reading = progress.step('every deployed property read back through the AWS API', async (report) => {
      const found = await readBack((args) => session.runModule('readback', args, 3 * 60_000), {
        endpoint: target.endpoint,
        region: target.region,
        stack: stackName(options.env),
        file: paths.file('readback.json'),
      });
      report(`${found.properties} properties of ${found.resources} resources agree`);
      return found;
    });
    await allEnded(reading, opening);
    const readback = await reading;
    const orchestrator = await opening;
    const runs = [await runOnce(context, orchestrator, { ...first, moved: loaded })];
    for (const planned of later) {
      const moved = await advance(context, planned.until, planned.title);
      runs.push(await runOnce(context, orchestrator, { ...planned, moved }));
    }
    const quality = await qualityOf(pipeline, runtime, runs);
    const gold = await goldOf(pipeline, runtime, runs);
    await copyDocuments(pipeline, runtime, paths);
    const period = { until: later.findLast((run) => run.until !== undefined)?.until ?? until };
    const stream = await runStream({ ...context, ...period, access: target, pipeline, runtime });
    return await summarize(context, { runtime, runs, quality, gold, readback, stream });
  } finally {
    pipeline.close();
    await orchestration?.stop();
  }
}

async function deployStack({ progress, target }: Context): Promise<void> {
  const work = [
    progress.step('cdk bootstrap', () => bootstrap(target)),
    progress.step('cdk synth', () => synthesize(target)),
  ];
  await allEnded(...work);
  await Promise.all(work);
  await progress.step(`cdk deploy ${stackName(target.environment)}`, (report) => deploy(target, report));
}

async function advance(context: Context, until: string | undefined, title: string): Promise<PipelineRun['source']> {
  throwIfInterrupted();
  return until === undefined
    ? { inserted: 0, updated: 0 }
    : context.progress.step(`source data: ${title}`, async (report) => {
        const moved = await context.session.advanceSource(until);
        report(`${moved.inserted} rows inserted, ${moved.updated} updated`);
        return moved;
      });
}

async function runOnce(
  { progress, correlationId }: Context,
  orchestrator: Orchestrator,
  planned: { readonly title: string; readonly until: string | undefined; readonly moved: PipelineRun['source'] },
): Promise<PipelineRun> {
  const { title, until, moved } = planned;
  const began = Date.now();
  const { runId, records, tasks } = await progress.step(`pipeline: ${title}`, async (report) => {
    const request = { source: Session.DATABASE, runId: newRunId(), correlationId, timeoutMs: RUN_TIMEOUT_MS };
    const ran = await orchestrator.run(request, report);
    const changed = ran.records.filter((record) => record.state === 'succeeded').length;
    report(`${changed} of ${ran.records.length} datasets changed`);
    return ran;
  });
  const unexpected = until === undefined ? unexpectedChanges(records) : [];
  if (unexpected.length > 0) {
    throw new LakehouseError(
      `a run on an unchanged source changed something:\n${unexpected.map((text) => `  - ${text}`).join('\n')}`,
    );
  }
  return { title, runId, seconds: (Date.now() - began) / 1000, source: moved, records, tasks };
}

/** What was done, to be told. */
interface Done {
  readonly runtime: Runtime;
  readonly runs: PipelineRun[];
  readonly quality: QualityRun[];
  readonly gold: TransformRun[];
  readonly readback: ReadbackReport;
  readonly stream: StreamRun | undefined;
}

async function summarize(context: Context, { runtime, readback, stream, ...done }: Done): Promise<Summary> {
  const { options, progress, session, target, correlationId } = context;
  return progress.step('summary', async () => {
    const [lake, lineage, recorded] = await Promise.all([
      readLake((args) => session.runModule('lake reader', args, 2 * 60_000), runtime),
      readLineage(target, runtime),
      recordedResources(target.endpoint),
    ]);
    return {
      environment: options.env,
      stack: stackName(options.env),
      region: target.region,
      correlationId,
      finishedAt: new Date().toISOString(),
      seconds: progress.seconds,
      ...done,
      ...(stream === undefined ? {} : { stream: { ...stream, rows: streamRows(stream, lake) } }),
      lake,
      lineage: lineage.all(),
      deployment: { ...readback, recorded },
    };
  });
}

function present(paths: RunPaths, summary: Summary, progress: Progress): void {
  writeFileSync(paths.summaryData, `${JSON.stringify(summary, undefined, 2)}\n`);
  writeFileSync(paths.summaryPage, renderPage(summary));
  console.log(`\n${renderTable(summary)}\n`);
  progress.note(`done; the page to look at: ${paths.summaryPage}`);
}

function secretOf(runtime: Runtime): string {
  const source = runtime.sources[Session.DATABASE];
  if (source === undefined) {
    const known = Object.keys(runtime.sources);
    throw new LakehouseError(
      `'sources' must hold '${Session.DATABASE}', got ${JSON.stringify(known)}; add it to the environment's config`,
    );
  }
  return source.secretId;
}

function main(): Promise<number> {
  const options = parseUpArguments(process.argv.slice(2));
  return typeof options === 'number' ? Promise.resolve(options) : up(options);
}

if (require.main === module) {
  // the SDK's notice about future Node versions is for developers of this project, not for its users
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  void guarded(
    async () => main(),
    (error) =>
      console.error(
        `\n✗ ${error instanceof LakehouseError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      ),
  ).then((code) => (process.exitCode = code));
}

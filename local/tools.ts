import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LakehouseError } from '../lib/private/errors';
import { cacheDirectory } from './paths';
import type { Progress } from './progress';
import type { SparkRuntime } from './services/emulator';
import { linkCommandLine } from './toolchain/command-line';
import { packageDependencies } from './toolchain/dependencies';
import { ensureJars, jarSets } from './toolchain/jars';
import { ensureJava } from './toolchain/java';
import { ensureEnvironment, environments, type PythonEnvironment } from './toolchain/python';
import { ensureSparkClasses } from './toolchain/spark-classes';
import type { InstalledOrchestrator, OrchestratorName } from './orchestration';

/** Everything a run needs on the machine. */
export interface Tools {
  readonly emulator: PythonEnvironment;
  readonly spark: SparkRuntime;
  /** The folder of a Kafka broker's jars; undefined where no broker is needed. */
  readonly kafkaJars: string | undefined;
  /** What runs the pipeline, installed; undefined where nothing does. */
  readonly orchestrator: InstalledOrchestrator | undefined;
}

/** What a run needs beside what every run does. */
export interface ToolNeeds {
  readonly kafka: boolean;
  readonly orchestrator: OrchestratorName;
}

/** Installs what is not there yet; what does not depend on each other is installed at the same time. */
export async function ensureTools(progress: Progress, needs: ToolNeeds): Promise<Tools> {
  linkCommandLine();
  const work = {
    javaHome: progress.step('Java 17', ensureJava),
    emulator: progress.step('Python environment of the endpoint', () => ensureEnvironment(environments.emulator)),
    spark: progress.step('Spark 3.5.6', () => ensureEnvironment(environments.spark)),
    jars: progress.step('jars of the EMR release', () => ensureJars(jarSets.emr)),
    kafkaJars: needs.kafka
      ? progress.step('jars of Kafka 3.9.1', () => ensureJars(jarSets.kafka))
      : Promise.resolve(undefined),
    orchestrator: ensureOrchestrator(progress, needs.orchestrator),
    dependencies: progress.step('dependencies of the application', packageDependencies),
  };
  const runtime = sparkRuntime(progress, work);
  await allEnded(...Object.values(work), runtime);
  await work.dependencies;
  return {
    emulator: await work.emulator,
    spark: await runtime,
    kafkaJars: await work.kafkaJars,
    orchestrator: await work.orchestrator,
  };
}

/** What Spark runs on; its classes are recorded as soon as that is there, while others are still installed. */
async function sparkRuntime(
  progress: Progress,
  work: {
    readonly emulator: Promise<PythonEnvironment>;
    readonly spark: Promise<PythonEnvironment>;
    readonly javaHome: Promise<string>;
    readonly jars: Promise<string>;
  },
): Promise<SparkRuntime> {
  const [emulator, spark, javaHome, jars] = await Promise.all([work.emulator, work.spark, work.javaHome, work.jars]);
  const runtime = { sparkHome: sparkHome(spark), python: spark.python, javaHome, jars: [jars] };
  const classes = await progress.step('classes of Spark', () => ensureSparkClasses(emulator, runtime));
  return { ...runtime, classes, archives: join(cacheDirectory(), 'archives') };
}

async function ensureOrchestrator(
  progress: Progress,
  name: OrchestratorName,
): Promise<InstalledOrchestrator | undefined> {
  if (name === 'none') {
    return undefined;
  }
  const title = { airflow: 'Airflow 3.0.6', prefect: 'Prefect 3.8.8' }[name];
  return { name, environment: await progress.step(title, () => ensureEnvironment(environments[name])) };
}

/**
 * Waits until all work has ended, well or not: nothing may still be busy when cleaning up begins. Each promise is awaited
 * again for its result or error.
 */
export async function allEnded(...work: Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(work);
}

/** The folder that holds Spark's jars and programs inside its Python package. */
function sparkHome(environment: PythonEnvironment): string {
  const lib = join(environment.directory, 'lib');
  const python = readdirSync(lib).find((name) => name.startsWith('python'));
  if (python === undefined) {
    throw new LakehouseError(
      `'spark' must be an installed environment, got nothing in ${lib}; remove ${environment.directory} and run again`,
    );
  }
  return join(lib, python, 'site-packages/pyspark');
}

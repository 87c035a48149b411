import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LakehouseError } from '../lib/private/errors';
import type { Progress } from './progress';
import type { SparkRuntime } from './services/emulator';
import { packageDependencies } from './toolchain/dependencies';
import { ensureJars, jarSets } from './toolchain/jars';
import { ensureJava } from './toolchain/java';
import { ensureEnvironment, environments, type PythonEnvironment } from './toolchain/python';

/** Everything a run needs on the machine. */
export interface Tools {
  readonly emulator: PythonEnvironment;
  readonly spark: SparkRuntime;
}

/** Installs what is not there yet; what does not depend on each other is installed at the same time. */
export async function ensureTools(progress: Progress): Promise<Tools> {
  const java = progress.step('Java 17', ensureJava);
  const [javaHome, emulator, spark, jars] = await allOrFirstError([
    java,
    progress.step('Python environment of the endpoint', () => ensureEnvironment(environments.emulator)),
    progress.step('Spark 3.5.6', () => ensureEnvironment(environments.spark)),
    progress.step('jars of the EMR release', () => ensureJars(jarSets.emr)),
    progress.step('dependencies of the application', packageDependencies),
  ]);
  return { emulator, spark: { sparkHome: sparkHome(spark), python: spark.python, javaHome, jars: [jars] } };
}

/** As `Promise.all`, but waits for the others to end before it throws: nothing may still be at work when cleaning begins. */
export async function allOrFirstError<A, B, C = void, D = void, E = void>(
  work: [Promise<A>, Promise<B>, Promise<C>?, Promise<D>?, Promise<E>?],
): Promise<[A, B, C, D, E]> {
  await Promise.allSettled(work);
  const [a, b, c, d, e] = work;
  return [await a, await b, (await c) as C, (await d) as D, (await e) as E];
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

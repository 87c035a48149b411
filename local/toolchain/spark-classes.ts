import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheDirectory, root } from '../paths';
import type { SparkRuntime } from '../services/emulator';
import { ensureInstalled, hash12 } from './cache';
import { run } from './command';
import type { PythonEnvironment } from './python';

const MEGABYTE = 1024 * 1024;

/** What decides which classes are recorded, and for which class path. */
const SOURCES = ['everyday.py', 'launch.py', 'release.py', 'shared_classes.py'].map((file) =>
  join(root, 'local/emulator/jobs', file),
);

/** No endpoint has this port: nothing is asked while classes are recorded. */
const NO_PORT = 9;

/**
 * Has the classes of Spark read and checked once, by `emulator.jobs.shared_classes`, so that steps start in less time.
 *
 * @returns the file they are in; it does not exist where the Java runtime cannot record.
 */
export async function ensureSparkClasses(
  emulator: PythonEnvironment,
  spark: Omit<SparkRuntime, 'classes' | 'archives'>,
): Promise<string> {
  const { sparkHome, javaHome, jars } = spark;
  const release = join(javaHome, 'release');
  const version = existsSync(release) ? readFileSync(release) : '';
  const sources = SOURCES.map((file) => readFileSync(file));
  const hash = hash12(sparkHome, javaHome, version, ...jars.map((folder) => basename(folder)), ...sources);
  const directory = join(cacheDirectory(), 'classes', `spark-${hash}`);
  const classes = join(directory, 'spark.jsa');
  await ensureInstalled({
    what: 'the classes of Spark',
    directory,
    bytes: 500 * MEGABYTE,
    install: async (target) => {
      const config = join(target, 'emulator.json');
      const stateDir = join(target, 'state');
      writeFileSync(config, JSON.stringify({ port: NO_PORT, stateDir, spark: { ...spark, classes } }));
      await run(emulator.python, ['-m', 'emulator.jobs.shared_classes', '--config', config], {
        name: 'recording of classes',
        env: { ...process.env, PYTHONPATH: join(root, 'local') },
        timeoutMs: 10 * 60_000,
      });
    },
  });
  return classes;
}

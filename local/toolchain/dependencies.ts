import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { isClone, root } from '../paths';
import type { Progress } from '../progress';
import { explainInstallError, hash12 } from './cache';
import { run } from './command';
import { ensureJars, jarSets, readJarLock, type JarSet } from './jars';
import { ensureUv, uvEnvironment } from './python';
import { zipFolder } from './zip';

/** The processors EMR nodes have. */
export const PLATFORMS = ['x86_64', 'aarch64'] as const;

export type Platform = (typeof PLATFORMS)[number];

/** EMR 7 runs on Amazon Linux 2023, whose C library is 2.34. */
const MANYLINUX = 'manylinux_2_34';

/** The Python of EMR 7's Spark. */
const PYTHON_VERSION = '3.11';

/** Where `SparkDependencies` looks for the archives: in a clone beside the build, else in the project. */
export const dependenciesDirectory = isClone() ? join(root, 'dist/dependencies') : resolve('.lakehouse/dependencies');

/** Python packages that applications bring along, and what of them an archive leaves out because nothing imports it. */
interface PythonPackages {
  readonly lock: string;
  readonly unused?: RegExp;
}

const lockOf = (name: string): string => join(root, `workloads/python/${name}.lock`);

/**
 * The Python packages of the applications, each its own. Great Expectations brings a lot: a third of its archive are tests of
 * NumPy, pandas and SciPy, what only a key of Snowflake takes, and what boto3 knows of services that the check does not call.
 */
const pythonPackages: readonly PythonPackages[] = [
  { lock: lockOf('jobs') },
  { lock: lockOf('dbt') },
  {
    lock: lockOf('quality'),
    unused:
      /^((numpy|pandas|scipy)\/(.+\/)?tests|cryptography|botocore\/data\/(?!(cloudwatch|s3|sns|ssm|sts)$)[a-z][a-z0-9-]*)$/,
  },
];

/** What the applications bring along, each its own. */
const applicationJars: readonly JarSet[] = [jarSets.workloads, jarSets.streams];

/** Name of the archive of Python packages: the platform and the hash of lock and platform. */
export function pythonArchiveName(platform: Platform, lock: Buffer): string {
  return `python-${platform}-${hash12(lock, `\n${platform}`)}.zip`;
}

/** Name of the folder of jars: the hash of their lock. */
export function jarFolderName(lock: Buffer): string {
  return `jars-${hash12(lock)}`;
}

/** The archives and folders that are not built yet for the locks as they are now. */
export function missingDependencies(): string[] {
  return currentNames().filter((name) => !existsSync(join(dependenciesDirectory, name)));
}

/** The archives and folders that belong to the locks as they are now. */
function currentNames(): string[] {
  return [
    ...pythonArchives().map(({ packages, platform }) => pythonArchiveName(platform, readFileSync(packages.lock))),
    ...applicationJars.map((set) => jarFolderName(readFileSync(set.lock))),
  ];
}

/** Builds what is missing, and says so. */
export async function buildDependencies(progress: Progress): Promise<void> {
  const missing = missingDependencies();
  await progress.step(
    `application dependencies: ${missing.length === 0 ? 'nothing to do' : missing.join(', ')}`,
    packageDependencies,
  );
}

/**
 * Builds what a Spark application takes to the cluster: its Python packages per platform and its jars, each under a name made
 * from its lock, so that synth finds them offline. What is there already is left as it is; archives of older locks are removed.
 */
export async function packageDependencies(): Promise<void> {
  mkdirSync(dependenciesDirectory, { recursive: true });
  if (missingDependencies().length > 0) {
    await Promise.all([...pythonArchives().map(packagePython), ...applicationJars.map(packageJars)]);
  }
  removeOutdated();
}

/** An archive of packages for a platform. */
interface PythonArchive {
  readonly packages: PythonPackages;
  readonly platform: Platform;
}

/** An archive for each lock and each platform. */
function pythonArchives(): PythonArchive[] {
  return pythonPackages.flatMap((packages) => PLATFORMS.map((platform) => ({ packages, platform })));
}

async function packagePython({ packages: { lock, unused }, platform }: PythonArchive): Promise<void> {
  const name = pythonArchiveName(platform, readFileSync(lock));
  await build(name, async (work) => {
    const target = join(work, 'packages');
    const what = ['--target', target, '--require-hashes', '--no-deps', '--only-binary', ':all:', '-r', lock];
    const where = ['--python-platform', `${platform}-${MANYLINUX}`, '--python-version', PYTHON_VERSION];
    await run(await ensureUv(), ['pip', 'install', '--no-compile-bytecode', ...where, ...what], {
      name: `uv pip install (${platform})`,
      env: uvEnvironment(),
      timeoutMs: 5 * 60_000,
    });
    const file = join(work, name);
    zipFolder(target, file, (entry) => belongs(entry) && unused?.test(entry) !== true);
    return file;
  });
}

async function packageJars(set: JarSet): Promise<void> {
  const name = jarFolderName(readFileSync(set.lock));
  await build(name, async (work) => {
    const source = await ensureJars(set);
    const folder = join(work, name);
    mkdirSync(folder);
    for (const { file } of readJarLock(set.lock)) {
      copyFileSync(join(source, file), join(folder, file));
    }
    return folder;
  });
}

/** Builds beside the final place and moves it there when done: a name that exists is always whole. */
async function build(name: string, make: (work: string) => Promise<string>): Promise<void> {
  const final = join(dependenciesDirectory, name);
  if (existsSync(final)) {
    return;
  }
  const work = mkdtempSync(join(dependenciesDirectory, '.building-'));
  try {
    const made = await make(work);
    if (!existsSync(final)) {
      renameSync(made, final);
    }
  } catch (error) {
    throw explainInstallError(error, `the application's dependencies (${name})`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Neither programs nor what an installer leaves for itself: only what Python imports. */
function belongs(name: string): boolean {
  return name !== 'bin' && name !== '.lock' && !/(^|\/)__pycache__$/.test(name) && !name.endsWith('.pyc');
}

function removeOutdated(): void {
  const current = new Set(currentNames());
  for (const name of readdirSync(dependenciesDirectory)) {
    if (/^(python|jars)-/.test(name) && !current.has(name)) {
      rmSync(join(dependenciesDirectory, name), { recursive: true, force: true });
    }
  }
}

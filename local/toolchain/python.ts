import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../../lib/private/errors';
import { cacheDirectory, root } from '../paths';
import { ensureInstalled, hash12 } from './cache';
import { run, type CommandOptions } from './command';

/** Names the Python to use; set by `bootstrap.mjs`, which looked for it. */
export const PYTHON_VARIABLE = 'LAKEHOUSE_PYTHON';

/** Its version; set beside it, so that environments are laid anew when the interpreter at the same path changes. */
const PYTHON_VERSION_VARIABLE = 'LAKEHOUSE_PYTHON_VERSION';

const MEGABYTE = 1024 * 1024;

/**
 * How packages are installed: compiled. Where Python may not write what it compiles, as in many containers
 * (`PYTHONDONTWRITEBYTECODE`), each process would else compile what it imports anew, Airflow for two seconds.
 */
const MANNER = ['--require-hashes', '--compile-bytecode'];

/** A Python environment that a lock file describes. */
export interface EnvironmentSpec {
  /** Short name, part of the folder's name. */
  readonly name: string;
  /** The hash lock (`uv pip compile --generate-hashes`), absolute. */
  readonly lock: string;
  /** What it takes on disk, in megabytes. */
  readonly megabytes: number;
}

/** The environments of this repository. */
export const environments = {
  /** The embedded endpoint, the read back, the data loader and their tests. */
  emulator: { name: 'emulator', lock: join(root, 'local/python/emulator.lock'), megabytes: 800 },
  /** The engine, as the EMR release has it. */
  spark: { name: 'spark', lock: join(root, 'local/python/spark.lock'), megabytes: 700 },
  /** The linters of templates, and of what deploys them elsewhere. */
  lint: { name: 'lint', lock: join(root, 'local/python/lint.lock'), megabytes: 400 },
  /** The tests and linters of the jobs. */
  workloads: { name: 'workloads', lock: join(root, 'workloads/python/test.lock'), megabytes: 1000 },
  /** Airflow, which runs the DAGs. */
  airflow: { name: 'airflow', lock: join(root, 'workloads/python/airflow.lock'), megabytes: 400 },
  /** The other versions of Airflow that the DAGs are for. */
  'airflow-2.10': { name: 'airflow-2.10', lock: join(root, 'workloads/python/airflow-2.10.lock'), megabytes: 400 },
  'airflow-2.11': { name: 'airflow-2.11', lock: join(root, 'workloads/python/airflow-2.11.lock'), megabytes: 400 },
  'airflow-3.3': { name: 'airflow-3.3', lock: join(root, 'workloads/python/airflow-3.3.lock'), megabytes: 400 },
  /** Prefect, which runs the flows. */
  prefect: { name: 'prefect', lock: join(root, 'workloads/python/prefect.lock'), megabytes: 400 },
} as const satisfies Record<string, EnvironmentSpec>;

/** An installed Python environment. */
export class PythonEnvironment {
  constructor(readonly directory: string) {}

  /** Its interpreter. */
  get python(): string {
    return join(this.directory, 'bin/python');
  }

  /** A program of it. */
  program(name: string): string {
    return join(this.directory, 'bin', name);
  }
}

/** Where the environment is or will be; known before it is installed, because its name is its content. */
export function environmentDirectory(spec: EnvironmentSpec): string {
  return join(cacheDirectory(), 'envs', `${spec.name}-${hash12(readFileSync(spec.lock), pythonIdentity(), ...MANNER)}`);
}

/** Installs the environment when it is not there yet: uv, from the hash lock, nothing else. */
export async function ensureEnvironment(spec: EnvironmentSpec): Promise<PythonEnvironment> {
  const directory = environmentDirectory(spec);
  await ensureInstalled({
    what: `the Python environment '${spec.name}'`,
    directory,
    bytes: spec.megabytes * MEGABYTE,
    install: async () => {
      const uv = await ensureUv();
      const options = { name: `uv (${spec.name})`, env: uvEnvironment(), timeoutMs: 15 * 60_000 };
      await run(uv, ['venv', '--python', basePython(), '--allow-existing', directory], options);
      const python = join(directory, 'bin/python');
      await run(uv, ['pip', 'sync', '--python', python, ...MANNER, spec.lock], options);
    },
  });
  return new PythonEnvironment(directory);
}

/** The uv program, itself installed by pip from a hash lock into an environment of its own. */
export async function ensureUv(): Promise<string> {
  const lock = join(root, 'local/python/installer.lock');
  const directory = join(cacheDirectory(), 'uv', hash12(readFileSync(lock), pythonIdentity()));
  await ensureInstalled({
    what: 'uv',
    directory,
    bytes: 150 * MEGABYTE,
    install: async () => {
      const options: CommandOptions = { name: 'pip install uv', timeoutMs: 5 * 60_000 };
      await run(basePython(), ['-m', 'venv', directory], { ...options, name: 'python -m venv' });
      const pip = [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--require-hashes',
        '--only-binary',
        ':all:',
      ];
      await run(join(directory, 'bin/python'), [...pip, '-r', lock], options);
    },
  });
  return join(directory, 'bin/uv');
}

/** The environment uv runs in: no Python of its own, its downloads beside ours, a mirror set for pip used too. */
export function uvEnvironment(env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const mirror = env.UV_DEFAULT_INDEX ?? env.UV_INDEX_URL ?? env.PIP_INDEX_URL;
  return {
    ...env,
    UV_PYTHON_DOWNLOADS: 'never',
    UV_NO_CONFIG: '1',
    UV_NO_PROGRESS: '1',
    UV_CACHE_DIR: env.UV_CACHE_DIR ?? join(cacheDirectory(), 'uv-cache'),
    UV_HTTP_TIMEOUT: env.UV_HTTP_TIMEOUT ?? '120',
    ...(mirror === undefined ? {} : { UV_DEFAULT_INDEX: mirror }),
  };
}

/**
 * The interpreter every environment is made from.
 *
 * @throws LakehouseError when `bootstrap.mjs` has not set it.
 */
export function basePython(env: NodeJS.ProcessEnv = process.env): string {
  const python = env[PYTHON_VARIABLE];
  if (python === undefined || python === '') {
    return fail({
      path: PYTHON_VARIABLE,
      must: 'the path of a Python 3.11 or newer',
      got: python,
      remedy: "start through 'npm start', 'npm test' or 'npm run', which find one, or set it",
    });
  }
  return python;
}

function pythonIdentity(): string {
  return `${basePython()} ${process.env[PYTHON_VERSION_VARIABLE] ?? ''}`;
}

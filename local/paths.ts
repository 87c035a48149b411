import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The folder of the package: the nearest one above this file with our `package.json`. */
export const root = findRoot(__dirname);

/** Whether this is a clone of the repository, and not what was installed from a registry: npm never packs the lock file. */
export function isClone(): boolean {
  return existsSync(join(root, 'package-lock.json'));
}

/**
 * Where tools are installed once for all clones: `LAKEHOUSE_CACHE`, else `cdk-lakehouse` in `XDG_CACHE_HOME`, else in `~/.cache`.
 */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  if (env.LAKEHOUSE_CACHE !== undefined && env.LAKEHOUSE_CACHE !== '') {
    return resolve(env.LAKEHOUSE_CACHE);
  }
  const base =
    env.XDG_CACHE_HOME !== undefined && env.XDG_CACHE_HOME !== '' ? env.XDG_CACHE_HOME : join(homedir(), '.cache');
  return join(resolve(base), 'cdk-lakehouse');
}

/** The files of one run on this machine, all under `.lakehouse/`. */
export class RunPaths {
  readonly base: string;
  /** Wiped when a run begins. */
  readonly run: string;
  /** Held by the process that drives a run. */
  readonly lock: string;

  constructor(project: string = process.cwd()) {
    this.base = join(project, '.lakehouse');
    this.run = join(this.base, 'run');
    this.lock = join(this.base, 'lock');
  }

  get state(): string {
    return join(this.run, 'state.json');
  }

  get logs(): string {
    return join(this.run, 'logs');
  }

  get summaryPage(): string {
    return join(this.run, 'summary.html');
  }

  get summaryData(): string {
    return join(this.run, 'summary.json');
  }

  /** A file of the run. */
  file(name: string): string {
    return join(this.run, name);
  }

  /** The log file of a step or service. */
  log(name: string): string {
    return join(this.logs, `${name}.log`);
  }
}

function findRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const manifest = join(folder, 'package.json');
    if (existsSync(manifest) && /"name":\s*"cdk-lakehouse"/.test(readFileSync(manifest, 'utf8'))) {
      return folder;
    }
    if (folder === dirname(folder)) {
      return start;
    }
  }
}

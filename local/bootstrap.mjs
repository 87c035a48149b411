// The only file that runs before anything is installed: plain JavaScript, nothing but Node's own modules.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_FLOOR = [20, 0];
const PYTHON_FLOOR = [3, 11];
/** What a user or the system ends us with, and the numbers in the exit codes. */
const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
const PYTHONS = ['python3', 'python3.11', 'python3.12', 'python3.13', 'python3.14', 'python'];

/** What each verb hands over to, with tsx, once the packages are there. */
const VERBS = {
  start: { entry: 'local/up.ts', python: true },
  test: { entry: 'test/run.ts', python: true },
  lint: { entry: 'local/lint.ts', python: true },
  'package-dependencies': { entry: 'local/package.ts', python: true },
  'pin-jars': { entry: 'local/pin-jars.ts', python: true },
  package: { entry: 'local/pack.ts', python: true },
  'verify-exactly-once': { entry: 'local/exactly-once.ts', python: true },
  'bench-stream': { entry: 'bench/stream.ts', python: true },
  'build-cli': { entry: 'local/build-cli.ts', python: false },
};

/** Whether a version `[major, minor]` is at least the floor. */
export function isAtLeast(version, floor) {
  return version[0] > floor[0] || (version[0] === floor[0] && version[1] >= floor[1]);
}

/** The message for a Node that is too old, or undefined. */
export function nodeProblem(version) {
  const parts = version.split('.').map(Number);
  return isAtLeast(parts, NODE_FLOOR)
    ? undefined
    : `'node' must be version ${NODE_FLOOR[0]} or newer, got ${version}; install a current Node (any distribution) and run again`;
}

/**
 * Looks for a Python that is new enough.
 * @param probe returns `{version: [major, minor, patch], path}` of a program, or undefined when it does not run.
 * @returns the first that fits, or the message that says what was found.
 */
export function findPython(probe, names = PYTHONS) {
  const found = [];
  for (const name of names) {
    const python = probe(name);
    if (python === undefined) {
      continue;
    }
    if (isAtLeast(python.version, PYTHON_FLOOR)) {
      return { path: python.path, version: python.version.join('.') };
    }
    found.push(`${name} ${python.version.join('.')}`);
  }
  const got = found.length === 0 ? `none of ${names.join(', ')} on the PATH` : found.join(', ');
  return {
    problem: `'python' must be version ${PYTHON_FLOOR.join('.')} or newer, got ${got}; install Python ${PYTHON_FLOOR.join('.')} or newer, or name one by LAKEHOUSE_PYTHON=/path/to/python3`,
  };
}

function probePython(name) {
  const code = 'import sys; print(*sys.version_info[:3]); print(sys.executable)';
  const result = spawnSync(name, ['-c', code], { encoding: 'utf8', timeout: 20_000 });
  const [version, path] = (result.stdout ?? '').trim().split(/\r?\n/);
  return result.status === 0 && path ? { version: version.split(' ').map(Number), path } : undefined;
}

function pythonOrExit() {
  const wanted = process.env.LAKEHOUSE_PYTHON;
  const python = findPython(probePython, wanted ? [wanted] : PYTHONS);
  if (python.problem) {
    quit(python.problem);
  }
  return python;
}

/** Whether the installed packages are those of the lock file: npm's own record of them is not older, or our marker says so. */
function packagesAreCurrent(lockFile, marker, lockHash) {
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lockHash) {
    return true;
  }
  const record = join(root, 'node_modules/.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs >= statSync(lockFile).mtimeMs;
}

/** Two `npm ci` in one folder destroy each other's work: the second waits for the first. Returns what gives the lock back. */
function lockPackages() {
  const file = join(root, '.lakehouse/npm.lock');
  mkdirSync(dirname(file), { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => {
        if (existsSync(file) && readFileSync(file, 'utf8') === String(process.pid)) {
          rmSync(file);
        }
      };
    } catch (error) {
      if (error.code !== 'EEXIST') {
        quit(`the lock ${file} could not be written: ${error.message}`);
      }
    }
    if (!isRunning(Number(existsSync(file) ? readFileSync(file, 'utf8') : 0))) {
      rmSync(file, { force: true });
      continue;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function isRunning(pid) {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs `npm ci` when packages are missing or older than the lock file. */
async function ensurePackages() {
  const lockFile = join(root, 'package-lock.json');
  const lockHash = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  const marker = join(root, 'node_modules/.lakehouse-lock');
  if (packagesAreCurrent(lockFile, marker, lockHash)) {
    return;
  }
  const modules = join(root, 'node_modules');
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
    // npm ci empties the folder behind the link, which is somebody else's
    quit(
      "'node_modules' must be a folder of its own to be installed anew, got a link; remove the link, or install where it leads",
    );
  }
  const release = lockPackages();
  process.on('exit', release);
  if (packagesAreCurrent(lockFile, marker, lockHash)) {
    release();
    return;
  }
  const began = Date.now();
  console.error('· installing the npm packages …');
  rmSync(marker, { force: true });
  const result = await npmCi();
  if (result.status !== 0) {
    quit(`npm packages could not be installed: ${npmReason(result)}`);
  }
  writeFileSync(marker, lockHash);
  release();
  console.error(`✓ npm packages installed (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** Runs `npm ci` to its end; when this process is asked to end meanwhile, npm is ended first. */
function npmCi() {
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const child = spawn(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    timeout: 15 * 60_000,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const result = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (result.stdout += text));
  child.stderr.on('data', (text) => (result.stderr += text));
  let asked;
  const stop = (signal) => {
    asked ??= signal;
    child.kill(signal);
  };
  Object.keys(SIGNALS).forEach((signal) => process.on(signal, stop));
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ ...result, error }));
    child.on('close', (status, signal) => {
      Object.keys(SIGNALS).forEach((name) => process.off(name, stop));
      if (asked) {
        console.error('interrupted; everything that was started is stopped');
        process.exit(128 + SIGNALS[asked]);
      }
      resolve({ ...result, status, signal });
    });
  });
}

function npmReason(result) {
  const output = `${result.stderr ?? ''}${result.stdout ?? ''}`;
  const tail = output
    .trim()
    .split(/\r?\n/)
    .slice(0, 12)
    .map((line) => `  | ${line}`)
    .join('\n');
  const cause = /ENOSPC/.test(output)
    ? 'the disk is full; free some space and run again'
    : /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN/.test(output)
      ? "the registry is unreachable; check the network and npm's registry and proxy settings, then run again"
      : /EINTEGRITY/.test(output)
        ? "checksum mismatch: the registry gave another file than package-lock.json names; run 'npm cache clean --force' and run again"
        : (result.error?.message ??
          (result.signal ? `ended by ${result.signal}` : `npm ended with exit code ${result.status}`));
  return `${cause}\n${tail}`;
}

function quit(message) {
  console.error(`✗ ${message}`);
  process.exit(1);
}

/** Runs the program, passes signals on and ends as it ended. */
function handOver(entry, args, env) {
  const child = spawn(process.execPath, [...entry, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  for (const signal of Object.keys(SIGNALS)) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => quit(`could not start ${entry.at(-1)}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + ({ ...SIGNALS, SIGKILL: 9 }[signal] ?? 0)));
}

async function main([verb, ...args]) {
  const problem = nodeProblem(process.versions.node);
  if (problem) {
    quit(problem);
  }
  const target = VERBS[verb];
  if (target === undefined) {
    quit(`'verb' must be one of ${Object.keys(VERBS).join(', ')}, got ${JSON.stringify(verb)}; see 'npm run'`);
  }
  const python = target.python ? pythonOrExit() : undefined;
  const isClone = existsSync(join(root, 'package-lock.json'));
  if (isClone) {
    await ensurePackages();
  }
  const env = python ? { LAKEHOUSE_PYTHON: python.path, LAKEHOUSE_PYTHON_VERSION: python.version } : {};
  // by its address: the working directory is the user's, whose state lies in it, and need not be this package's
  const tsx = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href;
  const installed = [join(root, 'dist/bin/lakehouse.js'), verb];
  handOver(isClone ? ['--import', tsx, join(root, target.entry)] : installed, args, env);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await main(process.argv.slice(2));
}

import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LakehouseError } from '../../lib/private/errors';
import { POLL_MS, startTime, stopGroup, type StopOptions } from './groups';

/** How many lines of a log an error shows. */
const LAST_LINES = 20;

/** The groups this process started and has not seen the end of. */
const live = new Map<number, StopOptions>();

/** What to start and how to know that it is up. */
export interface ServiceSpec {
  /** Shown in messages and used as the log file's name. */
  readonly name: string;
  readonly command: string;
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Standard output and error go here. */
  readonly logFile: string;
  /** Looked at until it is true. */
  readonly ready: () => Promise<boolean>;
  /** How long it may take to be ready, in milliseconds. */
  readonly readyWithinMs: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly stop?: StopOptions;
  readonly signal?: AbortSignal;
}

/** A process that outlives the call that started it. */
export interface Service {
  readonly name: string;
  readonly pid: number;
  /** See `startTime`; tells this process from a later one with the same id. */
  readonly startTime: string | undefined;
  readonly logFile: string;
  /** Ends it and waits until its process group is gone. */
  stop(): Promise<void>;
  /** Lets this process end without it. */
  detach(): void;
}

/**
 * Starts a service in its own process group and waits until it is ready.
 *
 * @throws LakehouseError with the last lines of its log when it ends or does not become ready in time; it is stopped first.
 */
export async function startService(spec: ServiceSpec): Promise<Service> {
  mkdirSync(dirname(spec.logFile), { recursive: true });
  const log = openSync(spec.logFile, 'a');
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.env,
    detached: true,
    stdio: ['ignore', log, log],
    ...(spec.uid === undefined ? {} : { uid: spec.uid, gid: spec.gid ?? spec.uid }),
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(`ended with ${code === null ? String(signal) : `exit code ${code}`}`));
  });
  if (child.pid === undefined) {
    throw new LakehouseError(`service '${spec.name}' ${await ended}`);
  }
  live.set(child.pid, spec.stop ?? {});
  const problem = await waitUntilReady(spec, ended);
  if (problem !== undefined) {
    await stopLiveGroup(child.pid);
    throw new LakehouseError(notUp(spec, problem));
  }
  return serviceOf(spec, child, child.pid);
}

/** Ends every group this process started and did not detach. */
export async function stopLiveGroups(): Promise<void> {
  await Promise.all([...live.keys()].map(stopLiveGroup));
}

/** Registers a group that must not outlive this process; `forgetGroup` when its end was seen. */
export function rememberGroup(pid: number, stop: StopOptions = {}): void {
  live.set(pid, stop);
}

export function forgetGroup(pid: number): void {
  live.delete(pid);
}

/** The last lines of a log, read from its end: logs may be large. */
export function lastLines(file: string, count: number = LAST_LINES): string[] {
  if (!existsSync(file)) {
    return [];
  }
  const size = statSync(file).size;
  const length = Math.min(size, 64 * 1024);
  const buffer = Buffer.alloc(length);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, buffer, 0, length, size - length);
  } finally {
    closeSync(handle);
  }
  return buffer
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .slice(-count);
}

/** `text` followed by the last lines of the log, indented, and where the log is. */
export function withLastLines(text: string, logFile: string, count: number = LAST_LINES): string {
  const lines = lastLines(logFile, count);
  const tail = lines.length === 0 ? ['(it wrote nothing)'] : lines;
  return `${text}\n${tail.map((line) => `  | ${line}`).join('\n')}\n  log: ${logFile}`;
}

async function waitUntilReady(spec: ServiceSpec, ended: Promise<string>): Promise<string | undefined> {
  const deadline = Date.now() + spec.readyWithinMs;
  let end: string | undefined;
  void ended.then((text) => (end = text));
  for (;;) {
    if (end !== undefined) {
      return end;
    }
    if (spec.signal?.aborted === true) {
      return 'was interrupted';
    }
    if (await spec.ready().catch(() => false)) {
      return undefined;
    }
    if (Date.now() >= deadline) {
      return `was not ready within ${Math.round(spec.readyWithinMs / 1000)} s`;
    }
    await delay(POLL_MS);
  }
}

function notUp(spec: ServiceSpec, problem: string): string {
  return withLastLines(`service '${spec.name}' did not come up: it ${problem}; its last log lines:`, spec.logFile);
}

function serviceOf(spec: ServiceSpec, child: ChildProcess, pid: number): Service {
  return {
    name: spec.name,
    pid,
    startTime: startTime(pid),
    logFile: spec.logFile,
    stop: () => stopLiveGroup(pid),
    detach: () => {
      live.delete(pid);
      child.unref();
    },
  };
}

async function stopLiveGroup(pid: number): Promise<void> {
  await stopGroup(pid, live.get(pid));
  live.delete(pid);
}

import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { LakehouseError } from '../../lib/private/errors';

/** How often a condition is looked at again, in milliseconds. */
export const POLL_MS = 50;

/** The system's code of an error, `ENOENT` for example. */
export function errorCode(error: unknown): string | undefined {
  const hasCode = typeof error === 'object' && error !== null && 'code' in error;
  return hasCode && typeof error.code === 'string' ? error.code : undefined;
}

/** Whether a process, or with a negative id a process group, exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
  return !isZombie(pid);
}

/**
 * When the process began, in ticks since boot: two processes with one id differ in it. Undefined where the system does not
 * tell (no `/proc`) or the process is gone.
 */
export function startTime(pid: number): string | undefined {
  return statField(pid, 19);
}

/** Looks at a condition until it holds; false when it did not hold in time. */
export async function until(condition: () => boolean | Promise<boolean>, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds;
  while (!(await condition())) {
    if (Date.now() >= deadline) {
      return false;
    }
    await delay(POLL_MS);
  }
  return true;
}

/** How a process group is ended. */
export interface StopOptions {
  /** The polite signal; SIGTERM unless told. */
  readonly signal?: NodeJS.Signals;
  /** How long it may take before SIGKILL, in milliseconds. */
  readonly graceMs?: number;
}

/**
 * Ends the process group led by `pid`: the polite signal, SIGKILL after the grace time, and a look whether it is gone.
 *
 * @throws LakehouseError when the group outlives SIGKILL by five seconds.
 */
export async function stopGroup(pid: number, options: StopOptions = {}): Promise<'ended' | 'killed'> {
  const gone = (): boolean => !isAlive(-pid) && !isAlive(pid);
  if (gone()) {
    return 'ended';
  }
  signalGroup(pid, options.signal ?? 'SIGTERM');
  if (await until(gone, options.graceMs ?? 10_000)) {
    return 'ended';
  }
  signalGroup(pid, 'SIGKILL');
  if (!(await until(gone, 5_000))) {
    throw new LakehouseError(`process group ${pid} did not end after SIGKILL; end it by hand`);
  }
  return 'killed';
}

/**
 * Processes that carry `name=value` in the environment they were started with, wherever in the process tree they are: the
 * children of a service that was killed before it could end them. Empty where there is no `/proc`.
 */
export function processesWith(name: string, value: string): number[] {
  const wanted = `${name}=${value}`;
  let entries: string[];
  try {
    entries = readdirSync('/proc');
  } catch {
    return [];
  }
  return entries
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => pid !== process.pid && environmentOf(pid).includes(wanted) && !isZombie(pid));
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // the group or the process is gone already
    }
  }
}

/** A process that ended and waits for its parent to notice: it holds no port and no file. */
function isZombie(pid: number): boolean {
  return pid > 0 && statField(pid, 0) === 'Z';
}

/** A field of `/proc/<pid>/stat` counted after the command name, which may itself hold spaces. */
function statField(pid: number, index: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[index];
  } catch {
    return undefined;
  }
}

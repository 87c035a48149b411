import { createHash } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { LakehouseError, problem } from '../../lib/private/errors';
import { throwIfInterrupted } from '../interrupt';
import { readJson } from '../json';
import { errorCode, isAlive, startTime } from '../services/groups';
import { CommandError } from './command';

/** Written last: a folder without it was not finished and is laid anew. */
const MARKER = '.complete';

/** How often a held lock is looked at again, in milliseconds. */
const LOCK_POLL_MS = 200;

/** What an installation needs to say about itself. */
export interface Installation {
  /** What is installed, for messages: "the Python environment 'spark'". */
  readonly what: string;
  /** The folder it fills; named by its content, so a finished one never changes. */
  readonly directory: string;
  /** Free disk space it needs, in bytes. */
  readonly bytes: number;
  /** How long to wait for another process that installs the same, in milliseconds. */
  readonly waitMs?: number;
  /** Fills the folder. */
  readonly install: (directory: string) => Promise<void>;
}

const lockHolder = z.object({ pid: z.number().int().positive(), startTime: z.string().nullable() });

/** Who holds a lock: the process and when it began. */
export type LockHolder = z.infer<typeof lockHolder>;

/** The first 12 hexadecimal digits of a SHA-256. */
export function hash12(...parts: (string | Buffer)[]): string {
  return sha256(...parts).slice(0, 12);
}

/** The SHA-256 of the parts one after the other, in hexadecimal. */
export function sha256(...parts: (string | Buffer)[]): string {
  const hash = createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return hash.digest('hex');
}

/** Whether the folder holds a finished installation. */
export function isComplete(directory: string): boolean {
  return existsSync(join(directory, MARKER));
}

/**
 * Installs once: a finished folder is returned as it is, an unfinished one is laid anew, and of several processes one installs
 * while the others wait.
 *
 * @returns whether anything was installed.
 * @throws LakehouseError when the disk is full, a registry does not answer or a checksum differs; the folder is removed first.
 */
export async function ensureInstalled(installation: Installation): Promise<boolean> {
  const { directory } = installation;
  if (isComplete(directory)) {
    return false;
  }
  writable('LAKEHOUSE_CACHE', dirname(directory), () => mkdirSync(dirname(directory), { recursive: true }));
  const release = await waitForLock(`${directory}.lock`, installation.waitMs ?? 15 * 60_000, installation.what);
  try {
    if (isComplete(directory)) {
      return false;
    }
    assertSpace(dirname(directory), installation);
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory);
    await installation.install(directory);
    writeFileSync(join(directory, MARKER), '');
    return true;
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw explainInstallError(error, installation.what);
  } finally {
    release();
  }
}

/**
 * Takes a lock file that names this process.
 *
 * @returns a function that gives it back, or who holds it. A lock whose holder is gone is taken over.
 */
export function tryLock(file: string): (() => void) | LockHolder {
  const folder = dirname(file);
  writable(basename(folder), folder, () => mkdirSync(folder, { recursive: true }));
  const content = JSON.stringify({ pid: process.pid, startTime: startTime(process.pid) ?? null });
  for (let attempt = 0; attempt < 10; attempt++) {
    try {
      writeFileSync(file, content, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') {
        throw explainInstallError(error, 'a lock');
      }
    }
    const holder = readHolder(file);
    if (holder !== undefined && isHolding(holder)) {
      return holder;
    }
    removeStale(file);
  }
  throw new LakehouseError(`lock '${file}' could not be taken; remove it when no other run is under way`);
}

/** Has a folder's trouble said as what it is; a full disk is said by whoever installs. */
function writable(name: string, folder: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const code = errorCode(error) ?? String(error);
    const remedy = 'make it one, or use another folder';
    throw new LakehouseError(
      problem({ path: name, must: 'a folder that can be written', got: `${folder} (${code})`, remedy }),
    );
  }
}

async function waitForLock(file: string, waitMs: number, what: string): Promise<() => void> {
  const deadline = Date.now() + waitMs;
  for (;;) {
    const lock = tryLock(file);
    if (typeof lock === 'function') {
      return lock;
    }
    throwIfInterrupted();
    if (Date.now() >= deadline) {
      throw new LakehouseError(
        `${what} is being installed by process ${lock.pid} for more than ${waitMs / 1000} s; end that process and run again`,
      );
    }
    await delay(LOCK_POLL_MS);
  }
}

function readHolder(file: string): LockHolder | undefined {
  try {
    return readJson(file, lockHolder);
  } catch {
    return undefined;
  }
}

function isHolding(holder: LockHolder): boolean {
  return isAlive(holder.pid) && (holder.startTime === null || (startTime(holder.pid) ?? null) === holder.startTime);
}

/**
 * Moves a stale lock aside before removing it: of two processes that both found it stale only one moves it, and one that
 * moved a lock taken in between puts it back.
 */
function removeStale(file: string): void {
  const aside = `${file}.${process.pid}.${Date.now()}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const holder = readHolder(aside);
  if (holder !== undefined && isHolding(holder)) {
    try {
      linkSync(aside, file);
    } catch {
      // somebody else holds it already
    }
  }
  rmSync(aside, { force: true });
}

function assertSpace(directory: string, { what, bytes }: Installation): void {
  const { bavail, bsize } = statfsSync(directory);
  if (bavail * bsize < bytes) {
    throw new LakehouseError(
      problem({
        path: 'LAKEHOUSE_CACHE',
        must: `on a disk with ${megabytes(bytes)} free for ${what}`,
        got: `${megabytes(bavail * bsize)} at ${directory}`,
        remedy: 'free some space, or set LAKEHOUSE_CACHE to a folder on another disk',
      }),
    );
  }
}

/** Says what a failed installation means to a user; anything unknown is passed on. */
export function explainInstallError(error: unknown, what: string): unknown {
  const text =
    error instanceof CommandError ? error.output.join('\n') : String(error instanceof Error ? error.message : error);
  const nothing = 'nothing was left half-installed';
  const lines = error instanceof CommandError ? `\n${error.message}` : '';
  if (/ENOSPC|No space left on device|EDQUOT|Disk quota exceeded/i.test(text)) {
    return new LakehouseError(
      `disk full while installing ${what} (${nothing}); free some space or set LAKEHOUSE_CACHE to a folder on another disk${lines}`,
    );
  }
  if (/ensurepip is not\b|No module named '?(venv|ensurepip)/.test(text)) {
    return new LakehouseError(
      problem({
        path: 'python',
        must: 'able to make virtual environments',
        got: `${process.env.LAKEHOUSE_PYTHON ?? 'python3'} without venv or ensurepip`,
        remedy: 'install them (Debian, Ubuntu: apt install python3-venv), or name another Python by LAKEHOUSE_PYTHON',
      }),
    );
  }
  if (
    /hash mismatch|do not match the hashes|checksum|THESE PACKAGES DO NOT MATCH/i.test(text) &&
    error instanceof CommandError
  ) {
    return new LakehouseError(
      `checksum mismatch while installing ${what} (${nothing}): what the registry gave is not what the lock file names; clear the registry's or proxy's cache and run again${lines}`,
    );
  }
  if (
    /Temporary failure in name resolution|Failed to fetch|error sending request|Connection refused|Could not fetch URL|Max retries exceeded|NewConnectionError|ENOTFOUND|ECONNREFUSED|UnknownHostException|Server access error|ConnectException/i.test(
      text,
    )
  ) {
    return new LakehouseError(
      `registry unreachable while installing ${what} (${nothing}); check the network and the proxy or mirror settings, then run again${lines}`,
    );
  }
  return error;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { COMMAND } from '../lib/private/command';
import { LakehouseError } from '../lib/private/errors';
import { readJson } from './json';
import type { RunPaths } from './paths';
import { isAlive, processesWith, startTime, stopGroup } from './services/groups';
import type { Service } from './services/process';
import { tryLock } from './toolchain/cache';

/** The variable every process of a run carries in its environment, so that none can be lost. */
export const RUN_MARKER = 'LAKEHOUSE_LOCAL_RUN';

const processShape = z.object({
  name: z.string(),
  pid: z.number().int().positive(),
  startTime: z.string().nullable(),
});

const stateShape = z.object({
  version: z.literal(1),
  /** The value of `RUN_MARKER`. */
  marker: z.string(),
  /** `running` while a process drives it, `kept` when it was left up on purpose. */
  phase: z.enum(['running', 'kept']),
  startedAt: z.string(),
  environment: z.string(),
  owner: processShape,
  services: z.array(processShape),
  /** Folders outside of the project that end with the run. */
  temporary: z.array(z.string()),
  facts: z.record(z.string(), z.string()),
});

/** What is written down about a run, so that another process can look at it, stop it or clean up after it. */
export type RunState = z.infer<typeof stateShape>;

/** A stack that was left up in a folder, with its endpoint and region. */
export type StandingState = RunState & { facts: { endpoint: string; region: string } };

/**
 * The stack that was left up in this folder.
 *
 * @throws LakehouseError when none is.
 */
export function standing(paths: RunPaths): StandingState {
  const state = findStanding(paths);
  if (state === undefined) {
    throw new LakehouseError(`no deployed stack is up in this folder; start one with '${COMMAND} up --keep'`);
  }
  return state;
}

/** The stack that was left up in this folder; undefined when none is. */
export function findStanding(paths: RunPaths): StandingState | undefined {
  const state = readState(paths);
  const { endpoint, region } = state?.facts ?? {};
  return state === undefined || !state.services.every(isSame) || endpoint === undefined || region === undefined
    ? undefined
    : { ...state, facts: { ...state.facts, endpoint, region } };
}

/** The run this process drives: its lock and its state file. */
export class RunStateFile {
  private constructor(
    private readonly paths: RunPaths,
    private readonly release: () => void,
    private state: RunState,
  ) {}

  /**
   * Takes the project for a new run and clears what a dead run left.
   *
   * @throws LakehouseError when a run is under way or was left up.
   */
  static async begin(paths: RunPaths, environment: string, marker: string): Promise<RunStateFile> {
    const lock = tryLock(paths.lock);
    if (typeof lock !== 'function') {
      throw new LakehouseError(
        `'run' must be the only one in this folder, got one under way as process ${lock.pid}; wait for it, or end it with 'npx lakehouse down'`,
      );
    }
    try {
      const old = readState(paths);
      const up = old?.phase === 'kept' ? old.services.filter(isSame) : [];
      if (up.length > 0) {
        const pids = up.map((service) => `${service.name} ${service.pid}`).join(', ');
        throw new LakehouseError(
          `'run' must be the only one in this folder, got one that was left up (${pids}); stop it with 'npx lakehouse down'`,
        );
      }
      await clear(paths, old);
    } catch (error) {
      lock();
      throw error;
    }
    mkdirSync(paths.logs, { recursive: true });
    const owner = { name: 'owner', pid: process.pid, startTime: startTime(process.pid) ?? null };
    const startedAt = new Date().toISOString();
    const base = { version: 1, phase: 'running', services: [], temporary: [], facts: {} } as const;
    const file = new RunStateFile(paths, lock, {
      ...base,
      services: [],
      temporary: [],
      marker,
      startedAt,
      environment,
      owner,
    });
    file.write({});
    return file;
  }

  /** Writes a service down as soon as it runs. */
  addService(service: Service, temporary: string[] = []): void {
    const entry = { name: service.name, pid: service.pid, startTime: service.startTime ?? null };
    this.write({ services: [...this.state.services, entry], temporary: [...this.state.temporary, ...temporary] });
  }

  /** Writes facts down that `status` shows. */
  addFacts(facts: Record<string, string>): void {
    this.write({ facts: { ...this.state.facts, ...facts } });
  }

  /** Leaves the run up. */
  keep(): void {
    this.write({ phase: 'kept' });
    this.release();
  }

  /** Ends what is left of the run; its summary and logs stay. */
  async end(): Promise<void> {
    await endProcesses(this.state);
    rmSync(this.paths.state, { force: true });
    this.release();
  }

  private write(change: Partial<RunState>): void {
    this.state = { ...this.state, ...change };
    const next = `${this.paths.state}.next`;
    writeFileSync(next, `${JSON.stringify(this.state, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(next, this.paths.state);
  }
}

/** What is written down about the run of this folder, or undefined when there is none. */
export function readState(paths: RunPaths): RunState | undefined {
  if (!existsSync(paths.state)) {
    return undefined;
  }
  try {
    return readJson(paths.state, stateShape);
  } catch {
    // written by another version or cut off: nothing can be learned from it
    return undefined;
  }
}

/** Whether the process that was written down still runs, and is not another one with its id. */
export function isSame(entry: { readonly pid: number; readonly startTime: string | null }): boolean {
  return isAlive(entry.pid) && (startTime(entry.pid) ?? null) === entry.startTime;
}

/** Ends every process of a run, the stray ones too. */
export async function endProcesses(state: RunState): Promise<void> {
  await Promise.all(state.services.filter(isSame).map((service) => stopGroup(service.pid, { graceMs: 15_000 })));
  await Promise.all(processesWith(RUN_MARKER, state.marker).map((pid) => stopGroup(pid, { graceMs: 5_000 })));
  state.temporary.forEach((folder) => rmSync(folder, { recursive: true, force: true }));
}

async function clear(paths: RunPaths, old: RunState | undefined): Promise<void> {
  if (old !== undefined) {
    await endProcesses(old);
  }
  rmSync(paths.run, { recursive: true, force: true });
}

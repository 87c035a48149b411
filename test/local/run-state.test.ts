import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { down, status } from '../../local/down';
import { RunPaths } from '../../local/paths';
import { readState, RunStateFile } from '../../local/run-state';
import { isAlive, startTime } from '../../local/services/groups';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

/** A process that waits; ended by the code under test. */
function waiting(): number {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' });
  child.unref();
  return child.pid ?? 0;
}

function entry(pid: number, name = 'endpoint'): { name: string; pid: number; startTime: string | null } {
  return { name, pid, startTime: startTime(pid) ?? null };
}

/** The id of a process that has ended. */
function endedPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

function writeState(paths: RunPaths, phase: 'running' | 'kept', service: number, owner: number): void {
  mkdirSync(paths.run, { recursive: true });
  const state = {
    version: 1,
    marker: 'none',
    phase,
    startedAt: '2026-01-01T00:00:00.000Z',
    environment: 'dev',
    owner: entry(owner, 'owner'),
    services: [entry(service)],
    temporary: [join(paths.base, 'temporary')],
    facts: { endpoint: 'http://127.0.0.1:1', region: 'us-east-1' },
  };
  mkdirSync(join(paths.base, 'temporary'), { recursive: true });
  writeFileSync(paths.state, JSON.stringify(state));
}

describe('RunStateFile', () => {
  it('refuses a second run while one is under way, and names its process', async () => {
    const paths = new RunPaths(newFolder());
    const first = await RunStateFile.begin(paths, 'dev', 'one');
    await expect(RunStateFile.begin(paths, 'dev', 'two')).rejects.toThrow(
      `'run' must be the only one in this folder, got one under way as process ${process.pid};`,
    );
    await first.end();
    const next = await RunStateFile.begin(paths, 'dev', 'three');
    await next.end();
    expect(readState(paths)).toBeUndefined();
  });

  it('takes over from a run that died', async () => {
    const paths = new RunPaths(newFolder());
    mkdirSync(paths.base);
    writeFileSync(paths.lock, JSON.stringify({ pid: endedPid(), startTime: null }));
    const state = await RunStateFile.begin(paths, 'dev', 'one');
    expect(JSON.parse(readFileSync(paths.lock, 'utf8'))).toMatchObject({ pid: process.pid });
    await state.end();
  });

  it('ends the processes and removes the folders a dead run left', async () => {
    const paths = new RunPaths(newFolder());
    const service = waiting();
    writeState(paths, 'running', service, endedPid());
    const state = await RunStateFile.begin(paths, 'dev', 'one');
    expect(isAlive(service)).toBe(false);
    expect(existsSync(join(paths.base, 'temporary'))).toBe(false);
    await state.end();
  });

  it('refuses a run while another was left up, and gives the lock back', async () => {
    const paths = new RunPaths(newFolder());
    const service = waiting();
    writeState(paths, 'kept', service, endedPid());
    await expect(RunStateFile.begin(paths, 'dev', 'one')).rejects.toThrow(`was left up (endpoint ${service})`);
    expect(existsSync(paths.lock)).toBe(false);
    await down(paths);
  });
});

describe('down', () => {
  it('stops what was left up', async () => {
    const paths = new RunPaths(newFolder());
    const service = waiting();
    writeState(paths, 'kept', service, endedPid());
    expect(status(paths)).toMatchObject({ up: true });
    expect(await down(paths)).toBe('stopped endpoint');
    expect(isAlive(service)).toBe(false);
    expect(status(paths)).toMatchObject({ up: false });
  });

  it('does not touch a process that only has the same id', async () => {
    const paths = new RunPaths(newFolder());
    const stranger = waiting();
    writeState(paths, 'kept', stranger, endedPid());
    const state = JSON.parse(readFileSync(paths.state, 'utf8'));
    state.services[0].startTime = '1';
    writeFileSync(paths.state, JSON.stringify(state));
    await down(paths);
    expect(isAlive(stranger)).toBe(true);
    process.kill(stranger, 'SIGKILL');
  });
});

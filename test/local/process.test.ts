import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goneText } from '../../local/session';
import { isAlive, processesWith, stopGroup, until } from '../../local/services/groups';
import { startService, type ServiceSpec } from '../../local/services/process';
import { CommandError, run } from '../../local/toolchain/command';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

const STUBBORN =
  "process.on('SIGTERM', () => undefined); require('fs').writeFileSync(process.argv[1], ''); setInterval(() => {}, 1000)";

function spec(folder: string, code: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name: 'sample',
    command: process.execPath,
    args: ['-e', code, join(folder, 'ready')],
    env: process.env,
    cwd: folder,
    logFile: join(folder, 'sample.log'),
    ready: async () => existsSync(join(folder, 'ready')),
    readyWithinMs: 20_000,
    ...more,
  };
}

describe('startService', () => {
  it('kills a service that ignores SIGTERM, and sees it gone', async () => {
    const service = await startService(spec(newFolder(), STUBBORN, { stop: { graceMs: 100 } }));
    expect(isAlive(service.pid)).toBe(true);
    await service.stop();
    expect(isAlive(service.pid)).toBe(false);
  });

  it('ends the children of a service too', async () => {
    const folder = newFolder();
    const code = `const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
      require('fs').writeFileSync(process.argv[1], String(c.pid)); setInterval(() => {}, 1000)`;
    const service = await startService(spec(folder, code));
    const child = Number(readFileSync(join(folder, 'ready'), 'utf8'));
    await service.stop();
    expect(await until(() => !isAlive(child), 5_000)).toBe(true);
  });

  it('fails with the last log lines when the service ends', async () => {
    const code = "console.log('opening the book'); console.error('cannot bind: address in use'); process.exit(3)";
    await expect(startService(spec(newFolder(), code))).rejects.toThrow(
      /service 'sample' did not come up: it ended with exit code 3; its last log lines:\n {2}\| opening the book\n {2}\| cannot bind: address in use\n {2}log: /,
    );
  });

  it('fails and leaves no process when the service is not ready in time', async () => {
    const folder = newFolder();
    const code = "require('fs').writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)";
    const never = spec(folder, code, { ready: async () => false, readyWithinMs: 1_500 });
    await expect(startService(never)).rejects.toThrow('was not ready within 2 s');
    expect(isAlive(Number(readFileSync(join(folder, 'ready'), 'utf8')))).toBe(false);
  });
});

describe('processesWith', () => {
  it('finds a process by a variable it was started with', async () => {
    const marker = `marker-${process.pid}`;
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
      env: { ...process.env, LAKEHOUSE_TEST_MARKER: marker },
      detached: true,
      stdio: 'ignore',
    });
    const pid = child.pid ?? 0;
    expect(await until(() => processesWith('LAKEHOUSE_TEST_MARKER', marker).includes(pid), 5_000)).toBe(true);
    await stopGroup(pid);
    expect(processesWith('LAKEHOUSE_TEST_MARKER', marker)).toEqual([]);
  });
});

describe('run', () => {
  it('returns what the command wrote', async () => {
    const result = await run(process.execPath, ['-e', "console.log('one'); console.error('two')"], {
      name: 'sample',
      timeoutMs: 20_000,
    });
    expect(result.stdout).toBe('one');
    expect(result.output.toSorted()).toEqual(['one', 'two']);
  });

  it('ends a command that takes too long', async () => {
    const slow = run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { name: 'slow', timeoutMs: 300 });
    await expect(slow).rejects.toThrow("command 'slow' took longer than 0 s and was ended");
  });

  it('fails with the last lines of a command that fails', async () => {
    const failing = run(process.execPath, ['-e', "console.error('no such thing'); process.exit(2)"], {
      name: 'sample',
      timeoutMs: 20_000,
    });
    await expect(failing).rejects.toThrow(CommandError);
    await expect(failing).rejects.toThrow("command 'sample' ended with exit code 2\n  | no such thing");
    await expect(failing).rejects.toMatchObject({ exitCode: 2 });
  });

  it('tells a command that a signal ends from one that ends by itself', async () => {
    const killed = run(process.execPath, ['-e', "process.kill(process.pid, 'SIGKILL')"], {
      name: 'sample',
      timeoutMs: 20_000,
    });
    await expect(killed).rejects.toThrow("command 'sample' ended with signal SIGKILL");
    await expect(killed).rejects.toMatchObject({ exitCode: undefined });
  });

  it('fails when there is no such command', async () => {
    await expect(run('no-such-program-here', [], { name: 'sample', timeoutMs: 1_000 })).rejects.toThrow(
      'could not be started',
    );
  });
});

describe('goneText', () => {
  it('names a service that ended in the middle, what failed and its last words', () => {
    const logFile = join(newFolder(), 'endpoint.log');
    writeFileSync(logFile, 'last words\n');
    const error = new Error('connect ECONNREFUSED 127.0.0.1:1\n    at x');
    expect(goneText({ name: 'endpoint', logFile }, error)).toBe(
      `service 'endpoint' ended while the run needed it (connect ECONNREFUSED 127.0.0.1:1); run again; its last log lines:\n  | last words\n  log: ${logFile}`,
    );
  });
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { environments } from '../../config';
import { orchestratorOf } from '../../local/orchestration';
import { isAlive } from '../../local/services/groups';
import { Driver } from '../../local/services/driver';

/** The other side, in the few words that the test needs. */
const SCRIPT = `
  const say = (message) => process.stdout.write(JSON.stringify(message) + '\\n');
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    const question = JSON.parse(line);
    if (question.do === 'add') { say({ progress: 'adding' }); say({ answer: question.a + question.b }); }
    if (question.do === 'fail') say({ problem: 'no such DAG' });
    if (question.do === 'crash') { console.error('out of memory'); process.exit(3); }
  });
`;

describe('Driver', () => {
  const folder = mkdtempSync(join(tmpdir(), 'driver-'));
  const logFile = join(folder, 'driver.log');
  let driver: Driver;

  beforeEach(() => {
    const env = { ...process.env };
    driver = Driver.start({
      name: 'Adder',
      command: process.execPath,
      args: ['-e', SCRIPT],
      env,
      cwd: folder,
      logFile,
    });
  });

  afterEach(() => driver.stop());

  afterAll(() => rmSync(folder, { recursive: true }));

  const ask = (body: { do: string; [argument: string]: unknown }, report?: (text: string) => void): Promise<number> =>
    driver.ask({ body, answer: z.number(), timeoutMs: 20_000, report });

  it('answers one question after the other, and tells how far it is', async () => {
    const told: string[] = [];
    expect(await ask({ do: 'add', a: 1, b: 2 }, (text) => told.push(text))).toBe(3);
    expect(await ask({ do: 'add', a: 3, b: 4 })).toBe(7);
    expect(told).toEqual(['adding']);
  });

  it('passes a problem on and can still be asked', async () => {
    await expect(ask({ do: 'fail' })).rejects.toThrow(`Adder: no such DAG\n  log: ${logFile}`);
    expect(await ask({ do: 'add', a: 1, b: 1 })).toBe(2);
  });

  it('says that it ended, with the end of its log, when it is asked and later', async () => {
    await expect(ask({ do: 'crash' })).rejects.toThrow(/'Adder' ended with exit code 3[^]*\| out of memory/);
    await expect(ask({ do: 'add', a: 1, b: 1 })).rejects.toThrow("'Adder' ended with exit code 3");
  });

  it('is over when its time is', async () => {
    const slow = driver.ask({ body: { do: 'nothing' }, answer: z.number(), timeoutMs: 50 });
    await expect(slow).rejects.toThrow("'Adder' took longer than 0.05 s for 'nothing'");
  });

  it('refuses an answer of another shape', async () => {
    await expect(ask({ do: 'add', a: 'x', b: 'y' })).rejects.toThrow('Adder has another shape than expected');
  });

  it('leaves no process', async () => {
    expect(await ask({ do: 'add', a: 0, b: 0 })).toBe(0);
    const { pid = 0 } = driver;
    expect(isAlive(pid)).toBe(true);
    await driver.stop();
    expect(isAlive(pid)).toBe(false);
  });
});

describe('orchestratorOf', () => {
  const dev = environments.load('dev');
  const bare = { ...dev, airflow: undefined };

  it('is Airflow where the environment has it, and none elsewhere', () => {
    expect([orchestratorOf(dev, undefined), orchestratorOf(bare, undefined)]).toEqual(['airflow', 'none']);
  });

  it('is what was asked for', () => {
    expect([orchestratorOf(dev, 'prefect'), orchestratorOf(bare, 'none')]).toEqual(['prefect', 'none']);
  });

  it('fails when Airflow is asked for where there is none', () => {
    expect(() => orchestratorOf(bare, 'airflow')).toThrow(
      `'--orchestrator' must be another one where environment 'dev' has no Airflow, got "airflow"`,
    );
  });
});

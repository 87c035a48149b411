import { Command } from 'commander';
import { RunPaths } from '../../local/paths';
import { addStreamCommands } from '../../local/stream/commands';
import { toldIn, versionOf } from '../../local/stream/deployed';
import { drainedText, rerunText, statusText, swappedText } from '../../local/stream/report';
import { type StreamStatus, exitCodeOf } from '../../local/stream/status';
import { messageOf } from '../contracts/lake';

const ARGS = ['spark-submit', 's3://assets/main.py', 'stream', '--dataset', 'trips'];

const RUNS: StreamStatus = {
  dataset: 'trips',
  state: 'runs as deployed',
  deployed: 'abc',
  runs: 'abc',
  step: { id: 's-1', state: 'RUNNING', seconds: 7200 },
  restarts: 1,
  lastFailure: 'ValueError: no',
  supervisors: [{ name: 'deploy-abc', seconds: 90 }],
  batch: { number: 7, ageSeconds: 12 },
  lag: { records: 5, worstPartition: 3, seconds: 2 },
};

const program = new Command();
addStreamCommands(program, { paths: () => new RunPaths(), named: async () => 'dev', exit: () => undefined });
const commands = [...program.commands, ...program.commands.flatMap((command) => command.commands)];

describe('commands about streams', () => {
  it.each(['deploy', 'drain', 'replay', 'redrive'])('show the default of --timeout in seconds: %s', (name) => {
    const help = commands.find((command) => command.name() === name)?.helpInformation();
    expect(help).toMatch(/--timeout <seconds> +how long each may take \(default: 900\)/);
  });
});

describe('a part of a topic', () => {
  const bound = commands.find((command) => command.name() === 'replay')?.options.find(({ long }) => long === '--from');
  const read = (text: string): unknown => bound?.parseArg?.(text, undefined);

  it.each(['earliest', 'latest', '0', '2013-01-10T00:00:00Z', '2013-01-10 00:00+01:00'])('begins at %s', (text) => {
    expect(read(text)).toBe(text);
  });

  it.each(['first', '-1', '2013-01-10', '2013-01-10T00:00:00', '2013-13-10T00:00:00Z', ''])(
    'is refused before anything is started: %s',
    (text) => {
      expect(messageOf(() => read(text))).toBe(
        `'--from' must be earliest, latest, an offset or a moment with a time zone, got ${JSON.stringify(text)}; ` +
          'write it like 2013-01-10T00:00:00Z',
      );
    },
  );
});

describe('the version of a stream', () => {
  it('is the same whatever a start tells the job beside what is deployed', () => {
    const told = [...ARGS, '--take-over-from', 'old', '--correlation-id', 'new'];
    expect(versionOf(told)).toBe(versionOf(ARGS));
    expect(toldIn(told, '--correlation-id')).toBe('new');
    expect(toldIn(ARGS, '--correlation-id')).toBeUndefined();
  });

  it('is another with other code or arguments', () => {
    const versions = [ARGS, [...ARGS, '--max-records', '5'], ARGS.with(1, 's3://assets/other.py')].map(versionOf);
    expect(new Set(versions).size).toBe(3);
  });
});

describe('what commands about streams say', () => {
  it('tells what runs, for how long, how far, and who looks after it', () => {
    expect(statusText(RUNS).split('\n')).toEqual([
      'trips: runs as deployed (abc)',
      '  step s-1 RUNNING for 2.0 h, started again 1 times',
      '  newest batch 7, committed 12 s ago',
      '  behind: 5 records, 3 of them in one partition, 2 s',
      '  looked after by deploy-abc for 1.5 min',
      '  last failure: ValueError: no',
    ]);
  });

  it('tells what is not there', () => {
    const { deployed, dataset } = RUNS;
    const idle: StreamStatus = { dataset, deployed, state: 'does not run', restarts: 0, supervisors: [] };
    expect(statusText(idle).split('\n')).toEqual([
      'trips: does not run (abc)',
      '  no batch committed yet',
      '  behind: the brokers say nothing of the group',
      '  nobody looks after it',
    ]);
  });

  it.each([
    [
      swappedText('trips', { outcome: 'swapped', version: 'abc', step: 's-2', batch: 8, gapSeconds: 3.21 }),
      /gap between commits 3\.2 s/,
    ],
    [swappedText('trips', { outcome: 'started', version: 'abc', step: 's-2' }), /nothing is left to read$/],
    [
      swappedText('trips', { outcome: 'looked after again', version: 'abc', step: 's-2' }),
      /\(abc\), as s-2; nobody looked after it, now a supervisor does$/,
    ],
    [drainedText('trips', { step: 's-1', batch: 7, planned: 8 }), /batch 8 is planned and not begun/],
    [rerunText('replay of trips', 'r-1', { read: 5, dryRun: true }), /read 5; nothing was written.*run id r-1/],
  ])('says %s', (text, expected) => {
    expect(text).toMatch(expected);
  });

  it('ends with 0 when all run as deployed, 2 when one runs another version, 3 when one does not run', () => {
    const other: StreamStatus = { ...RUNS, state: 'runs another version' };
    const idle: StreamStatus = { ...RUNS, state: 'does not run' };
    expect([[RUNS], [RUNS, other], [other, idle]].map(exitCodeOf)).toEqual([0, 2, 3]);
  });

  it('ends with 4 when nobody looks after one that runs, and says so in the help', () => {
    const alone: StreamStatus = { ...RUNS, supervisors: [] };
    const drained: StreamStatus = { ...alone, state: 'does not run' };
    expect([[RUNS, alone], [drained, alone], [drained]].map(exitCodeOf)).toEqual([4, 4, 3]);
    const status = commands.find((command) => command.name() === 'status');
    expect(status?.helpInformation().replaceAll(/\s+/g, ' ')).toContain('4: one runs and nobody looks after it');
  });
});

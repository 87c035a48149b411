import { type Command, InvalidArgumentError, Option } from 'commander';
import { problem } from '../../lib/private/errors';
import type { Options, RerunOptions, StreamContext } from './operate';

/** What does the work; the AWS clients are loaded by who needs them only. */
const operate = (): Promise<typeof import('./operate.js')> => import('./operate.js');

/** Adds `stream deploy|drain|status`, `replay` and `redrive`. */
export function addStreamCommands(program: Command, context: StreamContext): void {
  const stream = program.command('stream').description('operate the streams of an environment').helpCommand(false);
  withTimeout(withPlace(stream.command('deploy')))
    .description(
      'have streams run what was deployed last, and wait until they have read: the new run starts beside the old one, takes ' +
        'its place between two batches, and the gap between their commits is printed. Starts what does not run. Safe to repeat',
    )
    .action(async (env: string | undefined, options: Options) =>
      (await operate()).deployAll(context, { env, options }),
    );
  withTimeout(withPlace(stream.command('drain')))
    .description(
      'ask streams to finish their batch and end, wait until they have, and see in the checkpoint that nothing is half done. ' +
        'Nobody starts them again until stream deploy does',
    )
    .action(async (env: string | undefined, options: Options) => (await operate()).drainAll(context, { env, options }));
  withPlace(stream.command('status'))
    .description(
      'what streams run and how far they are; reads only. Exit code 0: all run what was deployed last, 2: one runs another ' +
        'version, 3: one does not run, 4: one runs and nobody looks after it; the highest that applies',
    )
    .action(async (env: string | undefined, options: Options) =>
      (await operate()).showStatus(context, { env, options }),
    );
  addReruns(program, context);
}

/** The commands that run a job beside a stream. */
function addReruns(program: Command, context: StreamContext): void {
  const bound = 'earliest, latest, an offset of every partition, or a moment such as 2013-01-10T00:00:00Z';
  withRun(withPlace(program.command('replay')))
    .description(
      'read a part of a topic again: rows that were lost downstream come back, and nothing is doubled. Counts only with --dry-run',
    )
    .requiredOption('--from <bound>', bound, (text) => boundOf('--from', text))
    .requiredOption('--to <bound>', `the first that is not read: ${bound}`, (text) => boundOf('--to', text))
    .action(async (env: string | undefined, options: RerunOptions) =>
      (await operate()).runBeside(context, {
        env,
        options,
        job: 'replay',
        args: ['--from', options.from, '--to', options.to],
      }),
    );
  withRun(withPlace(program.command('redrive')))
    .description(
      'judge the dead letters of a stream again, by the contract of today: what keeps it now is taken and marked, the others ' +
        'stay with their new reasons. Counts only with --dry-run',
    )
    .option('--dlq <table>', 'only the stream of this table of dead letters, for example flight_events__dlq')
    .requiredOption('--where <sql>', 'which, as SQL over the columns of the dead letters; true for all')
    .action(async (env: string | undefined, options: RerunOptions) =>
      (await operate()).runBeside(context, { env, options, job: 'redrive', args: ['--where', options.where] }),
    );
}

function withPlace(command: Command): Command {
  return command
    .argument('[env]', 'the environment')
    .option('--dataset <name>', 'only the stream of this dataset')
    .option('--topic <name>', 'only the stream of this topic')
    .option('--endpoint <url>', 'another AWS endpoint, for example http://127.0.0.1:4566')
    .option('--region <name>', 'the region, where the SDK does not find it')
    .option('--json', 'for programs');
}

function withTimeout(command: Command): Command {
  const timeout = new Option('--timeout <seconds>', 'how long each may take');
  return command.addOption(timeout.argParser(milliseconds).default(900_000, '900'));
}

function withRun(command: Command): Command {
  return withTimeout(command)
    .option('--run-id <id>', 'finish the run that was begun with it, or wait for it (default: a new one)')
    .option('--dry-run', 'only count');
}

/** What the job would refuse too, when its step has begun. */
function boundOf(option: string, text: string): string {
  const moment = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:?\d\d)$/;
  if (!/^(?:earliest|latest|\d+)$/.test(text) && !(moment.test(text) && !Number.isNaN(Date.parse(text)))) {
    const must = 'earliest, latest, an offset or a moment with a time zone';
    const remedy = 'write it like 2013-01-10T00:00:00Z';
    throw new InvalidArgumentError(problem({ path: option, must, got: text, remedy }));
  }
  return text;
}

function milliseconds(text: string): number {
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds < 1) {
    const must = 'a whole number of seconds, 1 or more';
    throw new InvalidArgumentError(problem({ path: '--timeout', must, got: text, remedy: 'see --help' }));
  }
  return seconds * 1000;
}

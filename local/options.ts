import { Command, InvalidArgumentError } from 'commander';
import { didYouMean, problem } from '../lib/private/errors';
import { ORCHESTRATORS, type OrchestratorName } from './orchestration';
import { exitCodeOf, throwing } from './usage';

/** The months of the data set. */
const MONTHS = 12;
const DEFAULT_MONTHS = 2;

/** What `npm start` and `lakehouse up` take. */
export interface UpOptions {
  /** The environment whose stack is deployed. */
  readonly env: string;
  /** How many months of 2013 are loaded, one increment each. */
  readonly months: number;
  /** Leave everything running at the end. */
  readonly keep: boolean;
  /** What runs the pipeline; Airflow where the environment has it when undefined. */
  readonly orchestrator?: OrchestratorName;
  /** The endpoint's port; a free one when undefined. */
  readonly endpointPort?: number;
  /** PostgreSQL's port; a free one when undefined. */
  readonly postgresPort?: number;
  /** Kafka's port; a free one when undefined. */
  readonly kafkaPort?: number;
}

/** Adds the options of `up` to a command. */
export function withUpOptions(command: Command): Command {
  return command
    .option('--env <name>', 'environment whose stack is deployed (dev, staging, prod)', 'dev')
    .option(
      '--months <n>',
      `months of 2013 to load, one increment each (1 to ${MONTHS})`,
      wholeNumber('--months', 1, MONTHS),
      DEFAULT_MONTHS,
    )
    .option('--full', 'the whole year, the same as --months 12', false)
    .option('--keep', "leave it running: 'npx lakehouse status' looks at it, 'npx lakehouse down' stops it", false)
    .option(
      '--orchestrator <name>',
      `what runs the pipeline: ${ORCHESTRATORS.join(', ')} (default: airflow)`,
      oneOf('--orchestrator', [...ORCHESTRATORS]),
    )
    .option(
      '--endpoint-port <port>',
      'port of the embedded AWS endpoint (default: a free one)',
      wholeNumber('--endpoint-port', 1024, 65_535),
    )
    .option(
      '--postgres-port <port>',
      'port of PostgreSQL (default: a free one)',
      wholeNumber('--postgres-port', 1024, 65_535),
    )
    .option(
      '--kafka-port <port>',
      'port of Kafka, where the environment has it (default: a free one)',
      wholeNumber('--kafka-port', 1024, 65_535),
    );
}

/** The options of `up` from what commander read. */
export function upOptionsOf(command: Command): UpOptions {
  const values = command.opts<UpOptions & { readonly full: boolean }>();
  const { full, ...rest } = values;
  return { ...rest, months: full ? MONTHS : rest.months };
}

/**
 * Reads the arguments of `npm start`.
 *
 * @returns the options, or the exit code when there is nothing to run (`--help`).
 * @throws LakehouseError in the one form when an argument is wrong.
 */
export function parseUpArguments(args: string[]): UpOptions | number {
  const command = throwing(withUpOptions(new Command('npm start --'))).description(
    'Deploys the whole lakehouse on this machine and runs a real pipeline on it.',
  );
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    return exitCodeOf(error, command);
  }
  return upOptionsOf(command);
}

/** What `npm run synth` takes. */
export interface SynthOptions {
  /** The environment; undefined when none is named. */
  readonly environment: string | undefined;
  /** The directory to write into. */
  readonly out: string;
}

/**
 * Reads the arguments of `npm run synth`.
 *
 * @returns the options, or the exit code when there is nothing to run (`--help`).
 * @throws LakehouseError in the one form when an argument is wrong.
 */
export function parseSynthArguments(args: string[]): SynthOptions | number {
  const command = throwing(new Command('npm run synth --'))
    .description('Synthesizes an environment, with no network and no AWS account.')
    .argument('[environment]', 'environment to synthesize (dev, staging, prod)')
    .option('--out <directory>', 'directory to write into', 'cdk.out');
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    return exitCodeOf(error, command);
  }
  return { environment: command.args[0], out: command.opts<{ readonly out: string }>().out };
}

/** The sinks that `npm run verify:exactly-once` knows. */
const SINKS = ['append', 'merge', 'delta'];

/** What `npm run verify:exactly-once` takes. */
export interface VerifyOptions {
  /** How many seeds are played. */
  readonly seeds: number;
  /** One sink; all when undefined. */
  readonly sink?: string;
  /** Which part of the seeds, `i/n`. */
  readonly shard?: string;
  /** A file from which a campaign goes on. */
  readonly journal?: string;
  /** A Markdown file. */
  readonly report?: string;
  /** What is broken on purpose. */
  readonly break?: string;
}

/**
 * Reads the arguments of `npm run verify:exactly-once`.
 *
 * @returns the options, or the exit code when there is nothing to run (`--help`).
 * @throws LakehouseError in the one form when an argument is wrong.
 */
export function parseVerifyArguments(args: string[]): VerifyOptions | number {
  const command = throwing(new Command('npm run verify:exactly-once --'))
    .description('Ends streams at every fault point, and counts what is lost and doubled.')
    .option('--seeds <n>', 'seeds to play, from 1 on', wholeNumber('--seeds', 1, 10_000), 1)
    .option('--sink <name>', `only this sink: ${SINKS.join(', ')} (default: all)`, oneOf('--sink', SINKS))
    .option('--shard <i/n>', 'play every n-th seed and sink, from the i-th on', shard)
    .option('--journal <file>', 'write what is done to this file, and go on from it')
    .option('--report <file>', 'write the report to this Markdown file, and as JSON beside it')
    .option('--break <what>', 'break what protects, to see it found: token', oneOf('--break', ['token']));
  try {
    command.parse(args, { from: 'user' });
  } catch (error) {
    return exitCodeOf(error, command);
  }
  return command.opts<VerifyOptions>();
}

function oneOf(option: string, known: string[]): (text: string) => string {
  return (text) => {
    if (!known.includes(text)) {
      const must = `one of ${known.join(', ')}`;
      throw new InvalidArgumentError(problem({ path: option, must, got: text, remedy: didYouMean(text, known) }));
    }
    return text;
  };
}

function shard(text: string): string {
  const [index = 0, of = 0] = /^(\d+)\/(\d+)$/.exec(text)?.slice(1).map(Number) ?? [];
  if (index < 1 || index > of) {
    const must = 'i/n with i from 1 to n';
    throw new InvalidArgumentError(problem({ path: '--shard', must, got: text, remedy: 'write it like 1/2' }));
  }
  return text;
}

function wholeNumber(option: string, low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < low || value > high) {
      const must = `a whole number from ${low} to ${high}`;
      throw new InvalidArgumentError(problem({ path: option, must, got: text, remedy: 'see --help' }));
    }
    return value;
  };
}

import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { LakehouseError } from '../../lib/private/errors';
import { interruption, Interrupted } from '../interrupt';
import { stopGroup } from '../services/groups';
import { forgetGroup, rememberGroup } from '../services/process';

/** How many lines of output an error carries. */
const TAIL = 25;

/** How a command is run. */
export interface CommandOptions {
  /** Shown in messages, for example `cdk deploy`. */
  readonly name: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The longest time it may take, in milliseconds; its whole process group is ended then. */
  readonly timeoutMs: number;
  /** Everything it writes is appended here. */
  readonly logFile?: string;
  /** Called with each line, for progress. */
  readonly onLine?: (line: string) => void;
  readonly uid?: number;
  readonly gid?: number;
}

/** What a finished command left. */
export interface CommandResult {
  readonly stdout: string;
  readonly output: string[];
}

/** How a command ended that did not end well. */
interface Failure {
  readonly reason: string;
  /** What it ended with by itself; undefined when a signal ended it, it took too long, or it could not be started. */
  readonly exitCode?: number;
}

/** A command that ended with an error, with the last lines it wrote. */
export class CommandError extends LakehouseError {
  readonly exitCode: number | undefined;

  constructor(
    readonly command: string,
    { reason, exitCode }: Failure,
    readonly output: string[],
    logFile?: string,
  ) {
    const tail = output.slice(-TAIL).map((line) => `  | ${line}`);
    const log = logFile === undefined ? [] : [`  log: ${logFile}`];
    super([`command '${command}' ${reason}`, ...tail, ...log].join('\n'));
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/**
 * Runs a command to its end in its own process group.
 *
 * @throws CommandError when it ends with another exit code than 0, takes too long or cannot be started.
 * @throws Interrupted when this process was asked to end meanwhile; the command is ended first.
 */
export async function run(command: string, args: string[], options: CommandOptions): Promise<CommandResult> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid ?? options.uid }),
  });
  const stdout: string[] = [];
  const output: string[] = [];
  const log = openLog(options.logFile);
  const onLine = (line: string): void => {
    output.push(line);
    log(line);
    options.onLine?.(line);
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    stdout.push(line);
    onLine(line);
  });
  createInterface({ input: child.stderr }).on('line', onLine);
  const closed = new Promise<Failure | undefined>((resolve) => {
    child.once('error', (error) => resolve({ reason: `could not be started: ${error.message}` }));
    child.once('close', (code, signal) => resolve(failureOf(code, signal)));
  });
  if (child.pid !== undefined) {
    rememberGroup(child.pid);
  }
  const failure = await endOf(closed, child.pid, options.timeoutMs);
  if (failure !== undefined) {
    throw new CommandError(options.name, failure, output, options.logFile);
  }
  return { stdout: stdout.join('\n'), output };
}

function failureOf(exitCode: number | null, signal: NodeJS.Signals | null): Failure | undefined {
  if (exitCode === 0) {
    return undefined;
  }
  return exitCode === null
    ? { reason: `ended with signal ${signal}` }
    : { reason: `ended with exit code ${exitCode}`, exitCode };
}

async function endOf(
  closed: Promise<Failure | undefined>,
  pid: number | undefined,
  timeoutMs: number,
): Promise<Failure | undefined> {
  let failure: Failure | undefined;
  let timer: NodeJS.Timeout | undefined;
  const finished = new AbortController();
  const cut = new Promise<Failure>((resolve) => {
    const interrupted = (): void => resolve({ reason: 'was interrupted' });
    const late = { reason: `took longer than ${Math.round(timeoutMs / 1000)} s and was ended` };
    timer = setTimeout(() => resolve(late), timeoutMs);
    if (interruption.aborted) {
      interrupted();
    }
    interruption.addEventListener('abort', interrupted, { signal: finished.signal });
  });
  try {
    failure = await Promise.race([closed, cut]);
  } finally {
    clearTimeout(timer);
    finished.abort();
    if (pid !== undefined) {
      await stopGroup(pid);
      forgetGroup(pid);
    }
  }
  if (interruption.aborted) {
    throw new Interrupted();
  }
  return failure;
}

function openLog(file: string | undefined): (line: string) => void {
  if (file === undefined) {
    return () => undefined;
  }
  mkdirSync(dirname(file), { recursive: true });
  return (line) => appendFileSync(file, `${line}\n`);
}

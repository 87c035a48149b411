import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { LakehouseError } from '../../lib/private/errors';
import { interruption, Interrupted } from '../interrupt';
import { parseJson } from '../json';
import type { Report } from '../progress';
import { stopGroup, until } from './groups';
import { forgetGroup, rememberGroup, withLastLines } from './process';

/** How long a process may take to end by itself, in milliseconds. */
const LAST_WORDS_MS = 5_000;

/** What a driver is started with. */
export interface DriverSpec {
  /** Shown in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Everything it writes beside its answers goes here. */
  readonly logFile: string;
}

/** A question and how its answer is treated. */
export interface Question<T> {
  /** `do` names what is wanted; the rest are its arguments. */
  readonly body: { readonly do: string; readonly [argument: string]: unknown };
  readonly answer: z.ZodType<T>;
  readonly timeoutMs: number;
  readonly report?: Report;
}

/** A warm process that answers questions one after the other; `local/orchestrators/protocol.py` is its other side. */
export class Driver {
  private waiting: { onLine: (line: string) => void; onEnd: (reason: string) => void } | undefined;
  private ended: string | undefined;

  private constructor(
    private readonly spec: DriverSpec,
    private readonly child: ChildProcess,
  ) {}

  /** Its process; undefined when it could not be started. */
  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Starts the process; it may be asked at once. */
  static start(spec: DriverSpec): Driver {
    mkdirSync(dirname(spec.logFile), { recursive: true });
    const log = openSync(spec.logFile, 'a');
    const { command, args, cwd, env } = spec;
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['pipe', 'pipe', log] });
    closeSync(log);
    const driver = new Driver(spec, child);
    if (child.pid !== undefined) {
      rememberGroup(child.pid);
    }
    child.once('error', (error) => driver.onEnd(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => driver.onEnd(`ended with ${code === null ? signal : `exit code ${code}`}`));
    // an end while it is asked is told by 'exit'
    child.stdin?.on('error', () => undefined);
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => driver.waiting?.onLine(line));
    }
    return driver;
  }

  /**
   * Asks and waits for the answer.
   *
   * @throws LakehouseError with the problem it answers, or with the last lines of its log when it ends or takes too long.
   */
  async ask<T>({ body, answer, timeoutMs, report }: Question<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const finished = new AbortController();
    const answered = new Promise<T>((resolve, reject) => {
      const broken = (reason: string): void =>
        reject(
          new LakehouseError(withLastLines(`'${this.spec.name}' ${reason}; its last log lines:`, this.spec.logFile)),
        );
      const onLine = (line: string): void => {
        try {
          const told = parseJson(line, messageOf(answer), this.spec.name);
          if (told.progress !== undefined) {
            report?.(told.progress);
          } else if (told.problem !== undefined) {
            reject(new LakehouseError(`${this.spec.name}: ${told.problem}\n  log: ${this.spec.logFile}`));
          } else if (told.answer !== undefined) {
            resolve(told.answer);
          }
        } catch (error) {
          reject(error);
        }
      };
      this.waiting = { onLine, onEnd: broken };
      timer = setTimeout(() => broken(`took longer than ${timeoutMs / 1000} s for '${body.do}'`), timeoutMs);
      interruption.addEventListener('abort', () => reject(new Interrupted()), { signal: finished.signal });
      if (this.ended !== undefined) {
        broken(this.ended);
      }
      this.child.stdin?.write(`${JSON.stringify(body)}\n`);
    });
    try {
      return await answered;
    } finally {
      clearTimeout(timer);
      finished.abort();
      this.waiting = undefined;
    }
  }

  /** Ends the process and waits until its group is gone. */
  async stop(): Promise<void> {
    const { pid } = this;
    // Airflow leaves SIGTERM to its tasks; no more questions is what ends it at once
    this.child.stdin?.end();
    await until(() => this.ended !== undefined || interruption.aborted, LAST_WORDS_MS);
    if (pid !== undefined) {
      await stopGroup(pid, { graceMs: 2_000 });
      forgetGroup(pid);
    }
  }

  private onEnd(reason: string): void {
    this.ended = reason;
    this.waiting?.onEnd(reason);
  }
}

function messageOf<T>(answer: z.ZodType<T>) {
  return z.object({ answer: answer.optional(), problem: z.string().optional(), progress: z.string().optional() });
}

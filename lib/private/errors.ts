import { inspect } from 'node:util';
import type { IConstruct } from 'constructs';
import { closest } from './closest';

/** The longest rendering of a wrong value in a message, in characters. */
const VALUE_LIMIT = 80;
/** Of a longer value its end is shown too: paths and addresses differ there. */
const END = 30;

/** How many known names a message lists before it cuts the list. */
const KNOWN_LIMIT = 12;

/** How values without JSON are shown. */
const ONE_LINE = { compact: true, breakLength: Number.POSITIVE_INFINITY };

/** The one error type this library throws for wrong input. */
export class LakehouseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LakehouseError';
  }
}

/** The four parts of every message: what was set, what it must be, what it was, and what to do. */
export interface Problem {
  /** The property as the user typed it, for example `spotFleet.timeout`. */
  readonly path: string;
  /** What the value must be, to be read after "must be". */
  readonly must: string;
  /** The wrong value. */
  readonly got: unknown;
  /** What to do about it. */
  readonly remedy: string;
}

/** Renders a problem as `'path' must be X, got <value>; <remedy>`. */
export function problem(p: Problem): string {
  return `'${p.path}' must be ${p.must}, got ${render(p.got)}; ${p.remedy}`;
}

/** Throws one problem; the construct's path is appended when a scope is given. */
export function fail(p: Problem, scope?: IConstruct): never {
  throw new LakehouseError(problem(p) + (scope === undefined ? '' : ` (at ${scope.node.path})`));
}

/** Throws all problems at once, each on a line of its own; does nothing when there are none. */
export function failAll(subject: string, problems: string[]): void {
  if (problems.length === 0) {
    return;
  }
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  throw new LakehouseError(`${count} in ${subject}:\n${problems.map((text) => `  - ${text}`).join('\n')}`);
}

/** Says `did you mean 'x'?` when a known name is near, else lists the known names. */
export function didYouMean(name: string, known: string[]): string {
  const near = closest(name, known);
  if (near !== undefined) {
    return `did you mean '${near}'?`;
  }
  if (known.length === 0) {
    return 'none are known';
  }
  const shown = known.slice(0, KNOWN_LIMIT).join(', ');
  const rest = known.length - KNOWN_LIMIT;
  return `known are ${shown}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function render(value: unknown): string {
  const text = value === undefined ? 'nothing' : visible(safeJson(value) ?? inspect(value, ONE_LINE));
  return text.length > VALUE_LIMIT ? `${text.slice(0, VALUE_LIMIT - END - 1)}…${text.slice(-END)}` : text;
}

/** The text with what nobody can see, as a zero-width space or a change of direction, written as its code. */
function visible(text: string): string {
  return text.replace(/[\p{C}\u00A0\u2028\u2029]/gu, (found) => {
    const code = found.codePointAt(0) ?? 0;
    return code > 0xffff ? `\\u{${code.toString(16)}}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** JSON of the value; circular values, big integers and functions have none. */
function safeJson(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return undefined;
  }
  try {
    return JSON.stringify(value, (_, each: unknown) => (isNumberToken(each) ? '${Token}' : each));
  } catch {
    return undefined;
  }
}

/** Whether the CDK has put a number in the place of one that only the deployment knows: one like -1.8881545897087e+289. */
function isNumberToken(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value < -1e288;
}

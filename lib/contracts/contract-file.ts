import { EVENT_ID, type Event, YAMLException, constructFromEvents, parseEvents } from 'js-yaml';
import { problem, type Problem } from '../private';
import { notForJobs } from './yaml-dialect';
import { type DocumentPath, YamlPlaces } from './yaml-places';

/** More references to anchors than this, or more values by them, is an attack or a mistake. */
const ALIAS_LIMIT = 100;
const VALUE_LIMIT = 100_000;

/** A name that reads well within a message; another is told by its position. */
const SHOWABLE = /^\w{1,80}$/;

/** One contract file: its value, where everything in it stands, and what is wrong with it. */
export class ContractFile {
  /** The document as plain values; undefined when it could not be read. */
  public readonly value: unknown;

  /** What is wrong, each with file, line and column. */
  public readonly problems: string[] = [];

  private readonly places: YamlPlaces;

  /**
   * @param name the file's path as messages show it, relative to the contract directory's parent
   * @param text the file's content
   */
  constructor(
    public readonly name: string,
    private readonly text: string,
  ) {
    const { events, value, fault } = read(text);
    this.places = new YamlPlaces(events, text);
    this.value = value;
    if (fault !== undefined) {
      this.problems.push(`${this.position(fault.offset)}: ${unreadable(name, fault.reason)}`);
    }
  }

  /** Notes a problem with the value at that path. */
  public report(path: DocumentPath, must: string, remedy: string): void {
    this.note(this.at(path), { path: this.shown(path), must, got: this.valueAt(path), remedy });
  }

  /** Notes a problem with a key that should not be there. */
  public reportKey(path: DocumentPath, key: string, remedy: string): void {
    const position = this.position(this.places.offsetOfKey(path, key));
    this.note(position, { path: this.shown(path), must: 'an object of known keys', got: key, remedy });
  }

  /** Notes the complaint of a reader of a small language about the value at that path. */
  public reportText(path: DocumentPath, message: string): void {
    this.problems.push(`${this.at(path)}: ${message.replace(/^'[^']*'/, () => `'${this.shown(path)}'`)}`);
  }

  /** Where the value at that path stands, as `file:line:column`; where its parent stands when it is missing. */
  public at(path: DocumentPath): string {
    return this.position(this.places.offsetOf(path));
  }

  /** The plain value at that path. */
  public valueAt(path: DocumentPath): unknown {
    return path.reduce<unknown>((value, step) => (isRecord(value) ? value[step] : undefined), this.value);
  }

  /** Whether the number at that path is another than the one that is written there, in decimals. */
  public isRounded(path: DocumentPath): boolean {
    const written = digitsOf(this.places.textOf(path) ?? '');
    return written !== undefined && written !== digitsOf(String(this.valueAt(path)));
  }

  private note(position: string, what: Problem): void {
    this.problems.push(`${position}: ${problem(what)}`);
  }

  private position(offset: number): string {
    const before = this.text.slice(0, offset).split('\n');
    return `${this.name}:${before.length}:${(before.at(-1) ?? '').length + 1}`;
  }

  /** The path as a reader would say it: columns and custom properties by names that are words. */
  private shown(path: DocumentPath): string {
    const words: string[] = [];
    let value = this.value;
    for (const [depth, step] of path.entries()) {
      const parent = path[depth - 1];
      const named = parent === 'properties' || parent === 'customProperties';
      value = isRecord(value) ? value[step] : undefined;
      const name = named && isRecord(value) ? (value['name'] ?? value['property']) : undefined;
      if (typeof name === 'string' && SHOWABLE.test(name)) {
        words.splice(-1, 1, name);
      } else if (typeof step === 'number') {
        words.push(`${words.pop() ?? ''}[${step}]`);
      } else if (!(step === 'value' && path[depth - 2] === 'customProperties')) {
        words.push(step);
      }
    }
    return words.filter((word) => word !== 'schema[0]').join('.') || 'the contract';
  }
}

/** The digits of a decimal number and where its point stands, in one form for all ways to write it. */
function digitsOf(text: string): string | undefined {
  const [, whole, fraction = '', exponent = '0'] = /^[-+]?(?=\.?\d)(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(text) ?? [];
  if (whole === undefined) {
    return undefined;
  }
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '0' : `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}

/** Whether the value has named or numbered members. */
export function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

/** What a text is: its parser's events, and its value or why it has none. */
interface Read {
  readonly events: Event[];
  readonly value?: unknown;
  readonly fault?: { readonly reason: string; readonly offset: number };
}

/** Reads a text as one document; its value is null when it is empty. */
function read(text: string): Read {
  let events: Event[] = [];
  try {
    events = parseEvents(text, {});
    const [value = null, ...others] = constructFromEvents(events, { source: text, maxAliases: ALIAS_LIMIT });
    if (others.length > 0) {
      return { events, fault: { reason: 'more than one document', offset: 0 } };
    }
    const strange = notForJobs(events, text);
    if (strange !== undefined) {
      return { events, fault: strange };
    }
    const explodes = events.some(({ type }) => type === EVENT_ID.ALIAS) && isTooLarge(value);
    return explodes
      ? { events, fault: { reason: 'references that come to too many values', offset: 0 } }
      : { events, value };
  } catch (error) {
    if (error instanceof YAMLException) {
      return { events, fault: { reason: error.reason, offset: error.mark?.position ?? 0 } };
    }
    throw error;
  }
}

/** A value that many references name is one value here, and as many for who walks through them. */
function isTooLarge(value: unknown): boolean {
  const waiting = [value];
  let count = 0;
  for (; waiting.length > 0 && count <= VALUE_LIMIT; count++) {
    const next = waiting.pop();
    waiting.push(...(isRecord(next) ? Object.values(next) : []));
  }
  return count > VALUE_LIMIT;
}

function unreadable(name: string, reason: string): string {
  const got = reason.startsWith('nesting exceeded') ? 'values nested too deeply' : reason;
  return problem({ path: name, must: 'a well-formed YAML document', got, remedy: 'correct the syntax' });
}

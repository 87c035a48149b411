import { Document, LineCounter, isMap, isNode, isScalar, parseDocument } from 'yaml';
import { problem, type Problem } from '../private';

/** Where in a document a value is: keys and positions from the root. */
export type DocumentPath = (string | number)[];

/** More references than this to one anchor is an attack or a mistake. */
const ALIAS_LIMIT = 100;

/** A name that reads well within a message; another is told by its position. */
const SHOWABLE = /^\w{1,80}$/;

/** One contract file: its value, where everything in it stands, and what is wrong with it. */
export class ContractFile {
  /** The document as plain values; undefined when it could not be read. */
  public readonly value: unknown;

  /** What is wrong, each with file, line and column. */
  public readonly problems: string[] = [];

  private readonly lines = new LineCounter();
  private readonly document: Document;

  /**
   * @param name the file's path as messages show it, relative to the contract directory's parent
   * @param text the file's content
   */
  constructor(
    public readonly name: string,
    text: string,
  ) {
    this.document = this.parse(text);
    for (const error of this.document.errors) {
      this.problems.push(`${this.position(error.pos[0])}: ${unreadable(name, error.message)}`);
    }
    this.value = this.problems.length === 0 ? this.plain() : undefined;
  }

  /** Notes a problem with the value at that path. */
  public report(path: DocumentPath, must: string, remedy: string): void {
    this.note(this.at(path), { path: this.shown(path), must, got: this.valueAt(path), remedy });
  }

  /** Notes a problem with a key that should not be there. */
  public reportKey(path: DocumentPath, key: string, remedy: string): void {
    this.note(this.atKey(path, key), { path: this.shown(path), must: 'an object of known keys', got: key, remedy });
  }

  /** Notes the complaint of a reader of a small language about the value at that path. */
  public reportText(path: DocumentPath, message: string): void {
    this.problems.push(`${this.at(path)}: ${message.replace(/^'[^']*'/, () => `'${this.shown(path)}'`)}`);
  }

  /** Where the value at that path stands, as `file:line:column`; where its parent stands when it is missing. */
  public at(path: DocumentPath): string {
    for (let length = path.length; length > 0; length--) {
      const node = this.document.getIn(path.slice(0, length), true);
      if (isNode(node) && node.range) {
        return this.position(node.range[0]);
      }
    }
    return this.position(0);
  }

  /** The plain value at that path. */
  public valueAt(path: DocumentPath): unknown {
    return path.reduce<unknown>((value, step) => (isRecord(value) ? value[step] : undefined), this.value);
  }

  /** Lists in lists by the thousand, which no contract has, are more than the parser's recursion can follow. */
  private parse(text: string): Document {
    try {
      return parseDocument(text, { lineCounter: this.lines, prettyErrors: false, logLevel: 'error' });
    } catch (error) {
      if (!(error instanceof RangeError)) {
        throw error;
      }
      this.problems.push(`${this.position(0)}: ${unreadable(this.name, error.message)}`);
      return new Document();
    }
  }

  private plain(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: ALIAS_LIMIT });
    } catch (error) {
      this.problems.push(`${this.position(0)}: ${unreadable(this.name, error instanceof Error ? error.message : '')}`);
      return undefined;
    }
  }

  private note(position: string, what: Problem): void {
    this.problems.push(`${position}: ${problem(what)}`);
  }

  private atKey(path: DocumentPath, key: string): string {
    const map = path.length === 0 ? this.document.contents : this.document.getIn(path, true);
    const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    const node = pair?.key;
    return isNode(node) && node.range ? this.position(node.range[0]) : this.at(path);
  }

  private position(offset: number): string {
    const { line, col } = this.lines.linePos(offset);
    return `${this.name}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
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

/** Whether the value has named or numbered members. */
export function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

function unreadable(name: string, reason: string): string {
  const line = reason.split('\n')[0] ?? '';
  const first = line.startsWith('Maximum call stack') ? 'values nested too deeply' : line;
  return problem({ path: name, must: 'a well-formed YAML document', got: first, remedy: 'correct the syntax' });
}

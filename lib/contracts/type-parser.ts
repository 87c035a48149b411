import { closest, didYouMean, fail } from '../private';
import type { IcebergField, IcebergType } from './iceberg-type';

/** The type class itself, handed in so that the two files do not import each other at run time. */
type Types = typeof IcebergType;

/** Deeper nesting than this is a mistake, and would let a hostile file exhaust the stack. */
const DEPTH_LIMIT = 16;

const PRIMITIVES: Record<string, keyof Types> = {
  boolean: 'BOOLEAN',
  int: 'INT',
  long: 'LONG',
  float: 'FLOAT',
  double: 'DOUBLE',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
  string: 'STRING',
  uuid: 'UUID',
  binary: 'BINARY',
};

/** What other systems call the same types. */
const FOREIGN: Record<string, string> = {
  integer: 'int',
  smallint: 'int',
  bigint: 'long',
  real: 'float',
  numeric: 'decimal(10, 2)',
  number: 'decimal(10, 2)',
  varchar: 'string',
  char: 'string',
  text: 'string',
  bool: 'boolean',
  datetime: 'timestamp',
  array: 'list<string>',
  object: 'struct<name string>',
};

/** The names a type can begin with. */
export const TYPE_NAMES = [...Object.keys(PRIMITIVES), 'decimal', 'fixed', 'list', 'map', 'struct'];

/** Reads a type as contracts write it; fails when the text is not one. */
export function parseType(text: string, types: Types): IcebergType {
  return new TypeParser(text, types).parse();
}

/** A recursive descent over `name`, `name(…)`, `name[…]` and `name<…>`. */
class TypeParser {
  private at = 0;

  constructor(
    private readonly text: string,
    private readonly types: Types,
  ) {}

  public parse(): IcebergType {
    const type = this.type(0);
    this.skipSpace();
    if (this.at < this.text.length) {
      this.refuse(`nothing expected after ${this.text.slice(0, this.at).trim()}`);
    }
    return type;
  }

  private type(depth: number): IcebergType {
    if (depth > DEPTH_LIMIT) {
      this.refuse(`nest at most ${DEPTH_LIMIT} levels`);
    }
    const name = this.word();
    switch (name) {
      case 'decimal':
        return this.decimal();
      case 'fixed':
        return this.types.fixed(this.numbers('[', ']', 1)[0] ?? 0);
      case 'list':
      case 'map':
      case 'struct':
        return this.nested(name, depth + 1);
      default: {
        const key = Object.hasOwn(PRIMITIVES, name) ? PRIMITIVES[name] : undefined;
        const type = key === undefined ? undefined : this.types[key];
        return typeof type === 'object' && type !== null && 'kind' in type ? type : this.refuse(suggest(name));
      }
    }
  }

  private decimal(): IcebergType {
    const [precision, scale] = this.numbers('(', ')', 2);
    return this.types.decimal(precision ?? 0, scale ?? 0);
  }

  private nested(name: string, depth: number): IcebergType {
    this.expect('<');
    const type = this.inner(name, depth);
    this.expect('>');
    return type;
  }

  private inner(name: string, depth: number): IcebergType {
    if (name === 'struct') {
      const fields = [this.field(depth)];
      while (this.accept(',')) {
        fields.push(this.field(depth));
      }
      return this.types.struct(fields);
    }
    if (name === 'list') {
      return this.types.list(this.type(depth), this.notNull());
    }
    const key = this.type(depth);
    this.expect(',');
    return this.types.map(key, this.type(depth), this.notNull());
  }

  private field(depth: number): IcebergField {
    const name = this.word();
    this.accept(':');
    return { name, type: this.type(depth), required: this.notNull() };
  }

  private notNull(): boolean {
    const found = /^\s+not\s+null(?![a-z0-9_])/i.exec(this.text.slice(this.at));
    this.at += found?.[0].length ?? 0;
    return found !== null;
  }

  private numbers(open: string, close: string, count: number): number[] {
    this.expect(open);
    const numbers = [this.number()];
    while (numbers.length < count) {
      this.expect(',');
      numbers.push(this.number());
    }
    this.expect(close);
    return numbers;
  }

  private number(): number {
    return Number(this.match(/^\d+/, 'write a whole number'));
  }

  private word(): string {
    return this.match(/^[a-z_][a-z0-9_]*/, `write one of ${TYPE_NAMES.join(', ')}`);
  }

  private match(pattern: RegExp, remedy: string): string {
    this.skipSpace();
    const found = pattern.exec(this.text.slice(this.at))?.[0] ?? this.refuse(remedy);
    this.at += found.length;
    return found;
  }

  private accept(symbol: string): boolean {
    this.skipSpace();
    const there = this.text.startsWith(symbol, this.at);
    this.at += there ? symbol.length : 0;
    return there;
  }

  private expect(symbol: string): void {
    if (!this.accept(symbol)) {
      this.refuse(`expected '${symbol}' after ${this.text.slice(0, this.at).trim()}`);
    }
  }

  private skipSpace(): void {
    while (this.text[this.at] === ' ') {
      this.at++;
    }
  }

  private refuse(remedy: string): never {
    return fail({ path: 'physicalType', must: 'an Iceberg type', got: this.text, remedy });
  }
}

function suggest(name: string): string {
  const foreign = closest(name, [...TYPE_NAMES, ...Object.keys(FOREIGN)]) ?? '';
  return Object.hasOwn(FOREIGN, foreign) ? `write ${FOREIGN[foreign]}` : didYouMean(name, TYPE_NAMES);
}

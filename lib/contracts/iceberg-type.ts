import { fail } from '../private';
import { parseType } from './type-parser';

/** A field of a nested type. */
export interface IcebergField {
  /** The name: a struct's field name, `element` in a list, `key` or `value` in a map. */
  readonly name: string;

  /** The type of the field's values. */
  readonly type: IcebergType;

  /**
   * Whether the value is never null.
   *
   * @default false
   */
  readonly required?: boolean;

  /**
   * What the field holds, with its unit.
   *
   * @default - no description
   */
  readonly doc?: string;
}

/**
 * The type of an Iceberg column.
 *
 * @see https://iceberg.apache.org/spec/#schemas-and-data-types
 */
export class IcebergType {
  /** True or false. */
  public static readonly BOOLEAN = new IcebergType('boolean', []);
  /** Signed integer of 32 bits. */
  public static readonly INT = new IcebergType('int', []);
  /** Signed integer of 64 bits. */
  public static readonly LONG = new IcebergType('long', []);
  /** IEEE 754 floating point number of 32 bits. */
  public static readonly FLOAT = new IcebergType('float', []);
  /** IEEE 754 floating point number of 64 bits. */
  public static readonly DOUBLE = new IcebergType('double', []);
  /** Calendar date without a time. */
  public static readonly DATE = new IcebergType('date', []);
  /** Time of day in microseconds, without a date or time zone. */
  public static readonly TIME = new IcebergType('time', []);
  /** Date and time in microseconds, without a time zone. */
  public static readonly TIMESTAMP = new IcebergType('timestamp', []);
  /** Instant in microseconds, stored in UTC. */
  public static readonly TIMESTAMPTZ = new IcebergType('timestamptz', []);
  /** Text in UTF-8. */
  public static readonly STRING = new IcebergType('string', []);
  /** Universally unique identifier. */
  public static readonly UUID = new IcebergType('uuid', []);
  /** Bytes of any length. */
  public static readonly BINARY = new IcebergType('binary', []);

  /**
   * An exact decimal number.
   *
   * @param precision digits in all, 1 to 38
   * @param scale digits after the point, 0 to the precision
   */
  public static decimal(precision: number, scale: number): IcebergType {
    if (!Number.isInteger(precision) || precision < 1 || precision > 38) {
      fail({
        path: 'precision',
        must: 'a whole number from 1 to 38',
        got: precision,
        remedy: 'Iceberg allows 38 digits',
      });
    }
    if (!Number.isInteger(scale) || scale < 0 || scale > precision) {
      fail({ path: 'scale', must: `a whole number from 0 to ${precision}`, got: scale, remedy: 'lower it' });
    }
    return new IcebergType(`decimal(${precision}, ${scale})`, []);
  }

  /**
   * Bytes of a fixed length.
   *
   * @param length bytes, at least 1
   */
  public static fixed(length: number): IcebergType {
    if (!Number.isInteger(length) || length < 1) {
      fail({ path: 'length', must: 'a whole number of bytes, at least 1', got: length, remedy: 'raise it' });
    }
    return new IcebergType(`fixed[${length}]`, []);
  }

  /**
   * A list of values of one type.
   *
   * @param element the type of the elements
   * @param elementRequired whether elements are never null; false when omitted
   */
  public static list(element: IcebergType, elementRequired?: boolean): IcebergType {
    return new IcebergType('list', [{ name: 'element', type: element, required: elementRequired ?? false }]);
  }

  /**
   * A map from keys of one type to values of another.
   *
   * @param key the type of the keys, which are never null
   * @param value the type of the values
   * @param valueRequired whether values are never null; false when omitted
   */
  public static map(key: IcebergType, value: IcebergType, valueRequired?: boolean): IcebergType {
    return new IcebergType('map', [
      { name: 'key', type: key, required: true },
      { name: 'value', type: value, required: valueRequired ?? false },
    ]);
  }

  /**
   * A group of named fields.
   *
   * @param fields the fields, at least one, with different names
   */
  public static struct(fields: IcebergField[]): IcebergType {
    if (fields.length === 0) {
      fail({ path: 'fields', must: 'at least one field', got: fields, remedy: 'add a field or drop the struct' });
    }
    const names = fields.map((field) => field.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      fail({ path: 'fields', must: 'fields of different names', got: twice, remedy: 'rename one of the two' });
    }
    return new IcebergType('struct', fields);
  }

  /**
   * Reads a type as contracts write it.
   *
   * Primitive types are written as in Iceberg's specification: `int`, `decimal(10, 2)`, `fixed[16]`. Nested types are
   * written `list<string>`, `map<string, double>` and `struct<code int not null, text string>`.
   *
   * Fails when the text is not a type.
   */
  public static parse(text: string): IcebergType {
    return parseType(text, IcebergType);
  }

  /** The primitive type as Iceberg writes it, or `list`, `map` or `struct`. */
  public readonly kind: string;

  /** The fields of a nested type; empty for a primitive type. */
  public readonly fields: IcebergField[];

  private constructor(kind: string, fields: IcebergField[]) {
    this.kind = kind;
    this.fields = fields;
  }

  /** Whether the type has no fields of its own. */
  public get isPrimitive(): boolean {
    return this.fields.length === 0;
  }

  /** The type as contracts write it. */
  public toString(): string {
    if (this.isPrimitive) {
      return this.kind;
    }
    const inner = this.fields.map((field) => {
      const named = this.kind === 'struct' ? `${field.name} ${field.type.toString()}` : field.type.toString();
      return field.required === true && field.name !== 'key' ? `${named} not null` : named;
    });
    return `${this.kind}<${inner.join(', ')}>`;
  }
}

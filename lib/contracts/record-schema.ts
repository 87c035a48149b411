import type { ColumnRules } from './contract-rules';
import type { DataContract } from './data-contract';
import type { IcebergType } from './iceberg-type';

/** A JSON Schema, or a part of one. */
type Schema = { readonly [keyword: string]: unknown };

const INSTANT = String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}:\d{2})$`;
const LOCAL = String.raw`^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?$`;

/** How the values of primitive types are written in a record; `pattern` binds validators that take `format` for a remark. */
const PRIMITIVES: { readonly [kind: string]: Schema } = {
  boolean: { type: 'boolean' },
  int: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  long: { type: 'integer' },
  float: { type: 'number' },
  double: { type: 'number' },
  date: { type: 'string', format: 'date', pattern: String.raw`^\d{4}-\d{2}-\d{2}$` },
  time: { type: 'string', pattern: String.raw`^\d{2}:\d{2}:\d{2}(\.\d{1,6})?$` },
  timestamp: { type: 'string', pattern: LOCAL },
  timestamptz: { type: 'string', format: 'date-time', pattern: INSTANT },
  string: { type: 'string' },
  uuid: { type: 'string', format: 'uuid', pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$' },
  binary: { type: 'string', contentEncoding: 'base64' },
};

/**
 * The JSON Schema of the records of a dataset's topic, for producers and for a schema registry.
 *
 * It says what JSON Schema can say, in draft 7, the newest that AWS Glue's registry knows. The job also judges the digits of
 * decimals that are numbers, the limits of moments, days that no calendar has and the length of bytes; and it is more lenient
 * with numbers that are written as texts. Keys that no column has are kept in the payload alone.
 *
 * @see https://json-schema.org/draft-07
 * @see https://docs.aws.amazon.com/glue/latest/dg/schema-registry.html
 * @internal
 */
export function recordSchema(contract: DataContract): Schema {
  const { columns } = contract._rules;
  const docs = new Map(contract.columns.map(({ name, doc }) => [name, doc]));
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: `Written from ${contract.file}: change that, not this.`,
    title: contract.title,
    description: contract.purpose,
    type: 'object',
    properties: Object.fromEntries(
      columns.map((column) => [column.name, { description: docs.get(column.name), ...ofColumn(column) }]),
    ),
    required: columns.filter(({ present }) => present).map(({ name }) => name),
  };
}

function ofColumn(column: ColumnRules): Schema {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = column;
  const limits = { minimum, maximum, exclusiveMinimum, exclusiveMaximum };
  // the limits of moments are no numbers, and JSON Schema compares nothing else
  const numbers = Object.fromEntries(Object.entries(limits).filter(([, limit]) => typeof limit === 'number'));
  const { minLength, maxLength, validValues } = column;
  const texts = { minLength, maxLength, ...(column.pattern === undefined ? {} : { pattern: column.pattern }) };
  const schema = { ...ofType(column.type), ...numbers, ...texts };
  const values = validValues === undefined ? schema : { ...schema, enum: validValues };
  return column.present ? values : orNull(values);
}

function ofType(type: IcebergType): Schema {
  const [first, second] = type.fields;
  switch (type.kind) {
    case 'list':
      return { type: 'array', items: ofField(first) };
    case 'map':
      return { type: 'object', additionalProperties: ofField(second) };
    case 'struct':
      return {
        type: 'object',
        properties: Object.fromEntries(type.fields.map((field) => [field.name, ofField(field)])),
        required: type.fields.filter(({ required }) => required === true).map(({ name }) => name),
      };
    default:
      return PRIMITIVES[type.kind] ?? ofParameters(type.kind);
  }
}

/** A decimal may be a text too, which keeps its digits on the way; of bytes of a fixed length only the form is said. */
function ofParameters(kind: string): Schema {
  const [, precision = '', scale = ''] = /^decimal\((\d+), (\d+)\)$/.exec(kind) ?? [];
  if (precision === '') {
    return { type: 'string', contentEncoding: 'base64' };
  }
  const fraction = scale === '0' ? '' : String.raw`(\.\d{1,${scale}})?`;
  const whole = Math.max(1, Number(precision) - Number(scale));
  return { type: ['number', 'string'], pattern: String.raw`^-?\d{1,${whole}}${fraction}$` };
}

function ofField(field: IcebergType['fields'][number] | undefined): Schema {
  if (field === undefined) {
    return {};
  }
  return field.required === true ? ofType(field.type) : orNull(ofType(field.type));
}

function orNull(schema: Schema): Schema {
  const types: unknown[] = [schema.type].flat();
  const values: unknown = schema.enum;
  return {
    ...schema,
    type: [...types, 'null'],
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  };
}

import type { IcebergType } from '../../lib/contracts';

/** What Spark calls the types whose names differ. */
const NAMES: Record<string, string> = {
  long: 'bigint',
  timestamp: 'timestamp_ntz',
  timestamptz: 'timestamp',
  uuid: 'string',
  time: 'string',
};

/** The type of a column as Spark writes it, which is what dbt compares. */
export function sparkType(type: IcebergType): string {
  const inner = type.fields.map((field) => sparkType(field.type));
  switch (type.kind) {
    case 'list':
      return `array<${inner.join()}>`;
    case 'map':
      return `map<${inner.join()}>`;
    case 'struct':
      return `struct<${type.fields.map((field, index) => `${field.name}:${inner[index]}`).join()}>`;
    default:
      return type.kind.startsWith('fixed') ? 'binary' : (NAMES[type.kind] ?? type.kind.replace(', ', ','));
  }
}

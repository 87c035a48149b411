import type { Loss } from './data-loss-rules';
import { type Json, type Members, at, brief, inOrder, isMembers, plain } from './json';

const ICEBERG = ['OpenTableFormatInput', 'IcebergInput'];
const TABLE = [...ICEBERG, 'IcebergTableInput'];

/** A column, or a field in one. */
interface Field {
  /** What tells it from others: its id when it has one. */
  readonly key: string;
  /** The names that lead to it, joined by dots. */
  readonly name: string;
  /** What tells the field it is in from others; none for a column. */
  readonly within?: string;
  /** Its type; what it is made of is fields of their own. */
  readonly type: string;
  readonly required: boolean;
}

/** Losses of an Iceberg table: columns that are dropped or read no longer, another place, another format. */
export function icebergLosses(before: Members, after: Members): Loss[] {
  if (at(before, ...ICEBERG) === undefined) {
    return [];
  }
  const [old, new_] = [before, after].map((properties) => fieldsIn(at(properties, ...TABLE, 'Schema', 'Fields')));
  return [
    ...movedLoss([...TABLE, 'Location'], before, after),
    ...formatLoss(before, after),
    ...fieldLosses([...TABLE, 'Schema', 'Fields'], old ?? [], new_ ?? []),
  ];
}

/** Losses of a table that is no Iceberg table to CloudFormation. */
export function hiveLosses(before: Members, after: Members): Loss[] {
  const columns = ['TableInput', 'StorageDescriptor', 'Columns'];
  const [old, new_] = [before, after].map((properties) => fieldsIn(at(properties, ...columns)));
  return [
    ...movedLoss(['TableInput', 'StorageDescriptor', 'Location'], before, after),
    ...fieldLosses(columns, old ?? [], new_ ?? []),
  ];
}

/** A loss when the place of the data is another: what was written stays behind. */
export function movedLoss(path: string[], before: Members, after: Members): Loss[] {
  const [old, new_] = [at(before, ...path), at(after, ...path)];
  return old === undefined || text(old) === text(new_)
    ? []
    : [
        {
          property: path.join('.'),
          reason: `goes from ${brief(old)} to ${brief(new_)}: what was written stays at the old place`,
          remedy: 'keep the place, or copy the data first and acknowledge it',
        },
      ];
}

function formatLoss(before: Members, after: Members): Loss[] {
  const [old, new_] = [before, after].map((properties) => at(properties, ...ICEBERG, 'Version'));
  return old === undefined || plain(old) === plain(new_)
    ? []
    : [
        {
          property: [...ICEBERG, 'Version'].join('.'),
          reason: `goes from ${brief(old)} to ${brief(new_)}: a format version cannot be taken back, and older readers lose the table`,
          remedy: 'keep the version, or see that every reader knows the new one and acknowledge it',
        },
      ];
}

function fieldLosses(path: string[], old: Field[], new_: Field[]): Loss[] {
  const property = path.join('.');
  const current = new Map(new_.map((field) => [field.key, field]));
  const changed = old.flatMap((field): Loss[] => {
    const next = current.get(field.key);
    if (next === undefined) {
      const remedy = 'keep the column, or acknowledge it when nobody reads it';
      return [
        { property: `${property}.${field.name}`, reason: `is dropped: its values can be read no longer`, remedy },
      ];
    }
    if (next.type !== field.type && !widens(field.type, next.type)) {
      const reason = `goes from ${field.type} to ${next.type}: what was written cannot be read as that`;
      return [{ property: `${property}.${field.name}`, reason, remedy: 'add a column of the new type beside it' }];
    }
    if (next.required && !field.required) {
      const reason = 'becomes required: rows without a value cannot be read';
      return [{ property: `${property}.${field.name}`, reason, remedy: 'leave it optional, and check its values' }];
    }
    return [];
  });
  const added = addedRequired(old, new_).map(({ name }) => ({
    property: `${property}.${name}`,
    reason: 'is new and required: rows that were written have no value, and cannot be read',
    remedy: 'leave it optional, and check its values',
  }));
  return [...changed, ...added];
}

/** New fields that must have a value, in rows that were written too. In a field that is new itself no row has any. */
function addedRequired(old: Field[], new_: Field[]): Field[] {
  const known = new Set(old.map(({ key }) => key));
  return old.length === 0
    ? []
    : new_.filter(
        ({ key, within, required }) => required && !known.has(key) && (within === undefined || known.has(within)),
      );
}

/** The columns of a schema and the fields in them, by id where they have one. */
function fieldsIn(columns: Json | undefined, outer?: Pick<Field, 'key' | 'name'>): Field[] {
  return (Array.isArray(columns) ? columns : []).flatMap((column) => {
    const member = (name: string): Json | undefined => at(column, name) ?? at(column, name.toLowerCase());
    const name = [...(outer === undefined ? [] : [outer.name]), plain(member('Name'))].join('.');
    return fieldsOf(member('Type'), {
      name,
      key: keyOf(member('Id'), name),
      within: outer?.key,
      required: plain(member('Required')) === 'true',
    });
  });
}

function fieldsOf(given: Json | undefined, field: Omit<Field, 'type'>): Field[] {
  const type = nestedType(given);
  if (!isMembers(type)) {
    return [
      {
        ...field,
        type: plain(type).replaceAll(/\s/g, '').toLowerCase(),
      },
    ];
  }
  const part = (name: string): Field[] =>
    fieldsOf(type[name], {
      name: `${field.name}.${name}`,
      key: keyOf(type[`${name}-id`], `${field.name}.${name}`),
      within: field.key,
      required: plain(type[`${name}-required`]) === 'true',
    });
  return [
    { ...field, type: plain(type.type) },
    ...(type.type === 'struct' ? fieldsIn(type.fields, field) : []),
    ...(type.type === 'list' ? part('element') : []),
    ...(type.type === 'map' ? [...part('key'), ...part('value')] : []),
  ];
}

/** Glue takes nested types as JSON in a text. */
function nestedType(type: Json | undefined): Json | undefined {
  if (typeof type !== 'string' || !type.trim().startsWith('{')) {
    return type;
  }
  try {
    const parsed: Json = JSON.parse(type);
    return parsed;
  } catch {
    return type;
  }
}

function keyOf(id: Json | undefined, name: string): string {
  return id === undefined ? name : `#${plain(id)}`;
}

function text(value: Json | undefined): string {
  return JSON.stringify(value === undefined ? null : inOrder(value));
}

/** Whether values of a type can be read as another. @see https://iceberg.apache.org/spec/#schema-evolution */
function widens(from: string, to: string): boolean {
  const [, precision, scale] = /^decimal\((\d+),(\d+)\)$/.exec(from) ?? [];
  const [, wider, sameScale] = /^decimal\((\d+),(\d+)\)$/.exec(to) ?? [];
  return (
    ['int long', 'int bigint', 'float double', 'date timestamp'].includes(`${from} ${to}`) ||
    (scale !== undefined && scale === sameScale && Number(wider) >= Number(precision))
  );
}

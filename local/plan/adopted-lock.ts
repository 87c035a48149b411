import type { AdoptedTable } from '../../lib/contracts/adopt-table';
import type { LockedColumn } from '../../lib/contracts/lock-file';
import type { Field } from './definition';
import type { TableMetadata } from './iceberg-json';

/** What the lock has to know of a table: every field and partition field that it has or had, by the ids in its metadata. */
export function lockEntryOf({ definition, history }: TableMetadata): AdoptedTable {
  const { fields, identifiers, partition, formatVersion } = definition;
  const live = new Set(fields.map(({ id }) => id));
  const columns = fields.map((field) => columnOf(field, history.fields, identifiers));
  const past = new Map(history.fields.filter(({ id }) => !live.has(id)).map((field) => [field.id, field]));
  const retired = [...past.values()].map(({ id, path, type }): LockedColumn => ({
    id,
    name: path,
    type,
    retired: true,
  }));
  const used = new Set(partition.map(({ id }) => id));
  const before = new Map(history.partition.filter(({ id }) => !used.has(id)).map((field) => [field.id, field]));
  return {
    formatVersion,
    columns: [...columns, ...retired, ...forgotten([...columns, ...retired], history.lastId)],
    partitionFields: [
      ...partition.map(({ id, name, source, transform }) => ({ id, name, column: source, transform })),
      ...[...before.values()].map(({ id, name, source, transform }) => ({
        id,
        name,
        column: source,
        transform,
        retired: true as const,
      })),
    ],
  };
}

function columnOf(
  { id, path, type, required }: Field,
  history: readonly Field[],
  keys: readonly number[],
): LockedColumn {
  const names = history.filter((past) => past.id === id && past.path !== path).map((past) => past.path);
  return {
    id,
    name: path,
    type,
    required: required ? true : undefined,
    key: keys.includes(id) ? true : undefined,
    formerly: names.length === 0 ? undefined : [...new Set(names)],
  };
}

/** The highest id may be of a column that no schema in the file has any more; it must not be given again. */
function forgotten(known: readonly LockedColumn[], lastId: number): LockedColumn[] {
  return known.some(({ id }) => id >= lastId)
    ? []
    : [{ id: lastId, name: `forgotten_${lastId}`, type: 'string', retired: true }];
}

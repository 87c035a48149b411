import type { WantedField } from './lock-fields';
import type { LockedColumn, LockedPartitionField } from './lock-file';

/** The row of a column or nested field in use. */
export function lockedColumn(field: WantedField, id: number, formerly: string[] | undefined): LockedColumn {
  return {
    id,
    name: field.path,
    type: field.type,
    required: field.required ? true : undefined,
    key: field.key ? true : undefined,
    formerly,
  };
}

/** A name that a retired field of another source has already, with its id to tell them apart. */
export function freeName(name: string, id: number, known: LockedPartitionField[]): string {
  return known.some((field) => field.name === name) ? `${name}_${id}` : name;
}

/** The row of a partition field that the table has no more. */
export function retiredField({ id, name, column, transform }: LockedPartitionField): LockedPartitionField {
  return { id, name, column, transform, retired: true };
}

import type { IcebergType } from './iceberg-type';
import type { Column, TableSpec } from './table-spec';

/** A column or nested field of a table as its contract wants it. */
export interface WantedField {
  /** The name; a nested field's names from the column on, joined by dots. */
  readonly path: string;
  /** The primitive type, or `list`, `map` or `struct`. */
  readonly type: string;
  readonly required: boolean;
  readonly key: boolean;
  /** The nested level: 0 for a column. */
  readonly depth: number;
  /** The field's path before its column was renamed. */
  readonly renamedFrom: string | undefined;
  /** The column it belongs to. */
  readonly column: Column;
}

/** The columns of a table and, after each, the fields nested in it. */
export function wantedFields(table: Pick<TableSpec, 'columns' | 'identifierColumns'>): WantedField[] {
  const key = new Set(table.identifierColumns);
  return table.columns.flatMap((column) => [
    {
      path: column.name,
      type: column.type.kind,
      required: column.required,
      key: key.has(column.name),
      depth: 0,
      renamedFrom: column.renamedFrom,
      column,
    },
    ...nestedFields(column, column.type, { path: column.name, depth: 1 }),
  ]);
}

function nestedFields(column: Column, type: IcebergType, parent: { path: string; depth: number }): WantedField[] {
  return type.fields.flatMap((field) => {
    const path = `${parent.path}.${field.name}`;
    const former = column.renamedFrom;
    return [
      {
        path,
        type: field.type.kind,
        required: field.required ?? false,
        key: false,
        depth: parent.depth,
        renamedFrom: former === undefined ? undefined : former + path.slice(column.name.length),
        column,
      },
      ...nestedFields(column, field.type, { path, depth: parent.depth + 1 }),
    ];
  });
}

/**
 * Whether values of one primitive type may be read as another without loss.
 *
 * @see https://iceberg.apache.org/spec/#schema-evolution
 */
export function widens(from: string, to: string): boolean {
  if ((from === 'int' && to === 'long') || (from === 'float' && to === 'double')) {
    return true;
  }
  const decimal = /^decimal\((\d+), (\d+)\)$/;
  const [, precision, scale] = decimal.exec(from) ?? [];
  const [, wider, sameScale] = decimal.exec(to) ?? [];
  return scale !== undefined && scale === sameScale && Number(wider) > Number(precision);
}

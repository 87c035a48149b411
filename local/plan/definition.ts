/** An Iceberg table as it is compared: what a template declares and what a metadata file says have one form. */

/** A column, or a field nested in one. */
export interface Field {
  readonly id: number;
  readonly name: string;
  /** The names from the column on, joined by dots. */
  readonly path: string;
  /** The primitive type, or `list`, `map` or `struct`. */
  readonly type: string;
  readonly required: boolean;
  readonly doc: string | undefined;
  /** The id of the field it is in; undefined for a column. */
  readonly parent: number | undefined;
}

/** A partition field. */
export interface PartitionField {
  readonly id: number;
  readonly name: string;
  /** The id of the column it is made from. */
  readonly source: number;
  readonly transform: string;
}

/** A field of the sort order. */
export interface SortField {
  readonly source: number;
  readonly transform: string;
  /** `asc` or `desc`. */
  readonly direction: string;
  /** `nulls-first` or `nulls-last`. */
  readonly nulls: string;
}

/** Everything about a table that a deployment decides. */
export interface TableDefinition {
  readonly formatVersion: number;
  /** Without a slash at its end. What only a deployment knows stands as `${…}` in it. */
  readonly location: string;
  /** The columns in order, each before the fields nested in it. */
  readonly fields: Field[];
  /** The ids of the columns that identify a row. */
  readonly identifiers: number[];
  readonly partition: PartitionField[];
  readonly sort: SortField[];
  readonly properties: { readonly [name: string]: string };
  /** What Glue does for the table by itself, and how: `compaction`, `compaction strategy`. */
  readonly optimizers: { readonly [setting: string]: string };
}

/** What a table had before, which is in its metadata file for ever. */
export interface TableHistory {
  /** The highest id that a field has or had. */
  readonly lastId: number;
  /** The fields of every schema, the present one's last. */
  readonly fields: Field[];
  /** The fields of every partition spec, the present one's last. */
  readonly partition: PartitionField[];
}

/** Where Glue and Iceberg keep what people call the table's comment. */
export const COMMENT = 'comment';

/** The field of an id. */
export function fieldOf({ fields }: Pick<TableDefinition, 'fields'>, id: number | undefined): Field | undefined {
  return fields.find((field) => field.id === id);
}

/** The names of columns by their ids; an id that no column has stands for itself. */
export function namesOf(table: Pick<TableDefinition, 'fields'>, ids: readonly number[]): string {
  return ids.map((id) => fieldOf(table, id)?.path ?? `id ${id}`).join(', ');
}

/** The type of a field as contracts write it, `list<struct<code int not null>>`. */
export function typeText(field: Field, fields: readonly Field[]): string {
  const inner = fields.filter(({ parent }) => parent === field.id);
  if (inner.length === 0) {
    return field.type;
  }
  const parts = inner.map((part) => {
    const named = field.type === 'struct' ? `${part.name} ${typeText(part, fields)}` : typeText(part, fields);
    return part.required && !(field.type === 'map' && part.name === 'key') ? `${named} not null` : named;
  });
  return `${field.type}<${parts.join(', ')}>`;
}

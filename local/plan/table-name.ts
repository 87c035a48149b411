/** What a table is called in the Glue catalog. */
export interface TableName {
  readonly database: string;
  readonly name: string;
}

/** One text for a table, by which it is looked up. */
export function keyOf({ database, name }: TableName): string {
  return `${database}.${name}`;
}

import type { Column, PartitionField, TableSpec } from '../contracts';
import { type Problem } from '../private';

/** A query that is saved in a workgroup for everybody who uses it. */
export interface SavedQuery {
  /** The name people find it by, 1 to 128 characters. */
  readonly name: string;

  /** The Glue database it runs in. */
  readonly database: string;

  /** The statement, up to 262,144 bytes; `?` stands for a parameter that is asked for when it runs. */
  readonly sql: string;

  /**
   * What the query answers, up to 1,024 characters.
   *
   * @default - no description
   */
  readonly description?: string;
}

/**
 * What is wrong with a query, as problems to collect.
 *
 * @see https://docs.aws.amazon.com/athena/latest/APIReference/API_NamedQuery.html
 * @internal
 */
export function queryProblems({ name, database, sql, description = '' }: SavedQuery): Problem[] {
  const limits = [
    { path: 'name', text: name, least: 1, most: 128 },
    { path: 'database', text: database, least: 1, most: 255 },
    { path: 'sql', text: sql, least: 1, most: 262_144 },
    { path: 'description', text: description, least: 0, most: 1024 },
  ];
  return limits
    .filter(({ text, least, most }) => text.trim().length < least || text.length > most)
    .map(({ path, text, least, most }) => ({
      path,
      must: `${least} to ${most} characters`,
      got: text,
      remedy: least > text.trim().length ? 'say what it is' : 'shorten it',
    }));
}

/**
 * Two queries for a partitioned table: what its partitions hold, from metadata alone, and its rows through a filter on
 * every partition field, so that the scan leaves all other partitions out. None for a table without partitions.
 *
 * @internal
 */
export function partitionQueries(spec: TableSpec, database: string): SavedQuery[] {
  const filters = spec.partitionFields.map((field) => filterOf(field, spec.columns));
  if (filters.length === 0) {
    return [];
  }
  const asked = filters.flatMap(({ parameters }) => parameters).join(', ');
  return [
    {
      name: `${spec.key}: partitions`,
      database,
      description: `Rows, files and bytes of each partition of ${spec.key}; reads metadata only.`,
      sql: `SELECT * FROM "${database}"."${spec.name}$partitions"\n`,
    },
    {
      name: `${spec.key}: rows of a partition`,
      database,
      description: `Rows of ${spec.key} from the partitions asked for, and from no other. Parameters: ${asked}.`,
      sql: [
        `-- parameters, each in single quotes: ${asked}`,
        'SELECT *',
        `FROM "${database}"."${spec.name}"`,
        `WHERE ${filters.map(({ condition }) => condition).join('\n  AND ')}`,
        'LIMIT 1000',
        '',
      ].join('\n'),
    },
  ];
}

interface Filter {
  readonly condition: string;
  /** What is asked for, in the order of the question marks. */
  readonly parameters: string[];
}

/** The filter on a column that Iceberg turns into one on its partition field. */
function filterOf({ column, transform }: PartitionField, columns: Column[]): Filter {
  const kind = columns.find(({ name }) => name === column)?.type.kind ?? 'string';
  const parameter = parameterOf(kind);
  const quoted = `"${column}"`;
  return transform.isTemporal
    ? {
        condition: `${quoted} >= ${parameter} AND ${quoted} < ${parameter}`,
        parameters: [`${column} from`, `${column} before`],
      }
    : { condition: `${quoted} = ${parameter}`, parameters: [column] };
}

/** A parameter, which travels as text, as a constant of the column's type: a cast column would not prune. */
function parameterOf(kind: string): string {
  switch (kind) {
    case 'timestamptz':
      return 'from_iso8601_timestamp(?)';
    case 'timestamp':
      return 'CAST(? AS timestamp(6))';
    case 'date':
      return 'CAST(? AS date)';
    case 'string':
      return '?';
    case 'int':
      return 'CAST(? AS integer)';
    case 'long':
      return 'CAST(? AS bigint)';
    default:
      return `CAST(? AS ${kind})`;
  }
}

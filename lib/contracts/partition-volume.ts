import type { DataContract } from './data-contract';
import type { PartitionField, TableSpec } from './table-spec';

const GB = 1e9;
const DAYS_PER_YEAR = 365;

/** What a partition should come to hold: two files of the usual 512 MB. */
const WANTED = GB;

/** Who reads all of such a table in a year's time reads for 5 cents with Athena, so its partitions may be what they like… */
const SMALL_TABLE = 10 * GB;

/** …as long as a year does not make more of them than days. */
const FEW_PARTITIONS = 366;

/** How many days of rows a partition of each transform of time takes. */
const DAYS: { readonly [transform: string]: number } = {
  hour: 1 / 24,
  day: 1,
  month: DAYS_PER_YEAR / 12,
  year: DAYS_PER_YEAR,
};

/** What the partitions of a dataset come to. */
interface PartitionVolume {
  /** At most, as columns whose values nobody knows divide it further. */
  readonly bytes: number;
  readonly perYear: number;
}

/**
 * Why the partitions of a dataset are too small, and what to do about it; undefined where they are not, or where its contract
 * does not say how many bytes a day adds. Small partitions are small files: each costs a request, and a place in the metadata
 * that every query reads.
 *
 * @internal
 */
export function smallPartitions({ key, file, tables, expectedBytesPerDay: perDay }: DataContract): string | undefined {
  const own = tables.find((table) => table.key === key);
  if (perDay === undefined || own === undefined || own.partitionFields.length === 0) {
    return undefined;
  }
  const { bytes, perYear } = volumeOf(own, perDay);
  const isSmall = perDay * DAYS_PER_YEAR < SMALL_TABLE && perYear <= FEW_PARTITIONS;
  return bytes >= WANTED || isSmall
    ? undefined
    : `partitions of ${key} would hold ${megabytes(bytes)} MB at most where 1 GB or more serves queries; ${remedyFor(perDay)} in ${file}`;
}

function volumeOf(table: TableSpec, perDay: number): PartitionVolume {
  const days = Math.min(...table.partitionFields.map((field) => daysOf(field, table)));
  const buckets = table.partitionFields
    .filter(({ transform }) => transform.name === 'bucket')
    .reduce((product, { transform }) => product * (transform.size ?? 1), 1);
  return { bytes: (perDay * days) / buckets, perYear: (DAYS_PER_YEAR / days) * buckets };
}

/** Of what is no time, a partition takes the rows of a year and more. */
function daysOf({ column, transform }: PartitionField, { columns }: TableSpec): number {
  const isDate = columns.find(({ name }) => name === column)?.type.kind === 'date';
  return DAYS[transform.name === 'identity' && isDate ? 'day' : transform.name] ?? DAYS_PER_YEAR;
}

/** The finest transform of time with which they are large enough. */
function remedyFor(perDay: number): string {
  const [fits] = Object.entries(DAYS).find(([, days]) => perDay * days >= WANTED) ?? [];
  return fits === undefined ? 'partition by year, or not at all,' : `partition by ${fits}, with fewer buckets or none,`;
}

function megabytes(bytes: number): number {
  return Number((bytes / 1e6).toPrecision(2));
}

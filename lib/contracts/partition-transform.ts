import { didYouMean, fail } from '../private';
import type { IcebergType } from './iceberg-type';

const TEMPORAL = ['date', 'timestamp', 'timestamptz'];

/** Which column types each transform accepts, by the first word of the type. */
const ACCEPTED: Record<string, string[]> = {
  year: TEMPORAL,
  month: TEMPORAL,
  day: TEMPORAL,
  hour: ['timestamp', 'timestamptz'],
  bucket: ['int', 'long', 'decimal', 'date', 'time', 'timestamp', 'timestamptz', 'string', 'uuid', 'fixed', 'binary'],
  truncate: ['int', 'long', 'decimal', 'string', 'binary'],
};

const NAMES = ['identity', ...Object.keys(ACCEPTED)];

/**
 * How a partition or sort value is made from a column's value.
 *
 * @see https://iceberg.apache.org/spec/#partition-transforms
 */
export class PartitionTransform {
  /** The value itself. */
  public static readonly IDENTITY = new PartitionTransform('identity', undefined);
  /** The year of a date or timestamp. */
  public static readonly YEAR = new PartitionTransform('year', undefined);
  /** The year and month of a date or timestamp. */
  public static readonly MONTH = new PartitionTransform('month', undefined);
  /** The day of a date or timestamp. */
  public static readonly DAY = new PartitionTransform('day', undefined);
  /** The hour of a timestamp. */
  public static readonly HOUR = new PartitionTransform('hour', undefined);

  /**
   * The value's hash modulo a number of buckets.
   *
   * @param buckets at least 1
   */
  public static bucket(buckets: number): PartitionTransform {
    return PartitionTransform.sized('bucket', buckets);
  }

  /**
   * The value cut to a width: leading characters of a string, or a number rounded down to a multiple.
   *
   * @param width at least 1
   */
  public static truncate(width: number): PartitionTransform {
    return PartitionTransform.sized('truncate', width);
  }

  /**
   * Reads a transform as contracts write it: `day`, `bucket[16]`, `truncate[4]`.
   *
   * Fails when the text is not a transform.
   */
  public static parse(text: string): PartitionTransform {
    const parts = /^([a-z]+)(?:\[(\d+)\])?$/.exec(text);
    const name = parts?.[1] ?? text;
    const size = parts?.[2];
    const wantsSize = name === 'bucket' || name === 'truncate';
    if (!NAMES.includes(name) || wantsSize !== (size !== undefined)) {
      const remedy = NAMES.includes(name) ? `write ${wantsSize ? `${name}[16]` : name}` : didYouMean(name, NAMES);
      fail({ path: 'partitionTransform', must: 'a partition transform', got: text, remedy });
    }
    return size === undefined ? new PartitionTransform(name, undefined) : PartitionTransform.sized(name, Number(size));
  }

  private static sized(name: string, size: number): PartitionTransform {
    if (!Number.isSafeInteger(size) || size < 1 || size > 2_147_483_647) {
      fail({
        path: name,
        must: 'a whole number from 1 to 2147483647',
        got: size,
        remedy: 'choose a usual size, for example 16',
      });
    }
    return new PartitionTransform(name, size);
  }

  private constructor(
    /** The transform's name without its size. */
    public readonly name: string,
    /** Buckets of a bucket transform, width of a truncate transform. */
    public readonly size: number | undefined,
  ) {}

  /** Whether the transform cuts time, of which a table can have one for each column. */
  public get isTemporal(): boolean {
    return ['year', 'month', 'day', 'hour'].includes(this.name);
  }

  /** Whether values of that type can be transformed. */
  public accepts(type: IcebergType): boolean {
    const kind = /^[a-z]+/.exec(type.kind)?.[0] ?? type.kind;
    return type.isPrimitive && (ACCEPTED[this.name]?.includes(kind) ?? true);
  }

  /** The types the transform accepts, in words. */
  public get acceptedTypes(): string {
    return ACCEPTED[this.name]?.join(', ') ?? 'any primitive type';
  }

  /** The usual name of a partition field made by this transform, for example `time_hour_month` or `id_bucket_16`. */
  public fieldName(column: string): string {
    if (this.name === 'identity') {
      return column;
    }
    return this.size === undefined ? `${column}_${this.name}` : `${column}_${this.name}_${this.size}`;
  }

  /** The transform as Iceberg writes it. */
  public toString(): string {
    return this.size === undefined ? this.name : `${this.name}[${this.size}]`;
  }
}

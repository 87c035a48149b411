import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { RemovalPolicy, Size } from 'aws-cdk-lib/core';
import type { IcebergType, PartitionTransform, SortField } from '../contracts';

/** The version of the Iceberg table format. It cannot change after the table is created. */
export enum IcebergFormatVersion {
  /** Row-level deletes; read by every engine on AWS. */
  V2 = 2,
  /** Deletion vectors, default values and more types; not yet read by every engine. */
  V3 = 3,
}

/** A column of an Iceberg table. */
export interface IcebergColumn {
  /** The id, at least 1, which no other column or nested field of the table has or had. */
  readonly id: number;

  /** The name, lower case. */
  readonly name: string;

  /** The type. */
  readonly type: IcebergType;

  /**
   * Whether the value is never null.
   *
   * @default false
   */
  readonly required?: boolean;

  /**
   * What the column holds, with its unit.
   *
   * @default - no description
   */
  readonly doc?: string;

  /**
   * Ids of the fields nested in the type, by their names from the column on joined by dots: `element`, `element.rule`.
   *
   * @default - the type is primitive
   */
  readonly nestedIds?: { [path: string]: number };
}

/** A partition field of an Iceberg table. */
export interface IcebergPartitionField {
  /** The id, at least 1000, which no other partition field of the table has or had. */
  readonly id: number;

  /** The name of the source column. */
  readonly column: string;

  /** How the partition value is made. */
  readonly transform: PartitionTransform;

  /**
   * The name of the field.
   *
   * @default - the column's name with the transform's, for example `time_hour_month`
   */
  readonly name?: string;
}

/** Properties of an IcebergTable. */
export interface IcebergTableProps {
  /**
   * The name of the Glue database: a-z, 0-9 and _.
   *
   * A name and not a construct, so that the table can be in another stack; when the database is made in the same app, let
   * the table depend on it.
   */
  readonly databaseName: string;

  /** The name of the table: a-z, 0-9 and _. */
  readonly tableName: string;

  /** The bucket that holds the table's files. */
  readonly bucket: s3.IBucket;

  /** The columns, in order. */
  readonly columns: IcebergColumn[];

  /**
   * The folder of the table's files in the bucket, without slashes at its ends. No other table may be in it.
   *
   * @default - database name and table name, joined by a slash
   */
  readonly prefix?: string;

  /**
   * The partition fields, in order.
   *
   * @default - not partitioned
   */
  readonly partitionFields?: IcebergPartitionField[];

  /**
   * The columns rows are sorted by when they are written, in order.
   *
   * @default - not sorted
   */
  readonly sortFields?: SortField[];

  /**
   * The names of the columns that identify a row. Each must be required, and neither nested nor a floating point number.
   *
   * @default - none
   */
  readonly identifierColumns?: string[];

  /**
   * Iceberg table properties, which override the defaults.
   *
   * @default - Parquet with zstd, 10 commit retries
   * @see https://iceberg.apache.org/docs/latest/configuration/
   */
  readonly properties?: { [name: string]: string };

  /**
   * The size that writers and compaction aim at for a data file.
   *
   * @default Size.mebibytes(512)
   */
  readonly targetFileSize?: Size;

  /**
   * The version of the table format.
   *
   * @default IcebergFormatVersion.V2
   */
  readonly formatVersion?: IcebergFormatVersion;

  /**
   * What the table holds.
   *
   * @default - no comment
   */
  readonly comment?: string;

  /**
   * What happens to the table's entry in the catalog when it leaves the stack. Its files stay in any case.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

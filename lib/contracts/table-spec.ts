import type { IcebergType } from './iceberg-type';
import type { PartitionTransform } from './partition-transform';
import type { TableMaintenance } from './table-maintenance';
import type { Zone } from './zone';

/** The direction of a sort field. */
export enum SortDirection {
  /** Smallest first. */
  ASC = 'asc',
  /** Largest first. */
  DESC = 'desc',
}

/** Where a sort field puts nulls. */
export enum NullOrder {
  /** Before all values. */
  FIRST = 'nulls-first',
  /** After all values. */
  LAST = 'nulls-last',
}

/** A column as a contract declares it, still without an id. */
export interface Column {
  /** The name, lower case. */
  readonly name: string;

  /** The Iceberg type. */
  readonly type: IcebergType;

  /** Whether the value is never null. */
  readonly required: boolean;

  /**
   * What the column holds, with its unit.
   *
   * @default - no description
   */
  readonly doc?: string;

  /**
   * Who may see the values, for example `public` or `confidential`.
   *
   * @default - not classified
   */
  readonly classification?: string;

  /**
   * The name the column had before; its id, and so its data, are kept.
   *
   * @default - not renamed
   */
  readonly renamedFrom?: string;

  /**
   * Why it was renamed, for those who read the column.
   *
   * @default - not renamed, or no reason given
   */
  readonly renameReason?: string;

  /**
   * Where the column is declared, as `file:line:column`.
   *
   * @default - not declared in a file
   */
  readonly declaredAt?: string;
}

/** A column that a contract declares to be gone. */
export interface DroppedColumn {
  /** The name; a nested field's names from the column on, joined by dots. */
  readonly column: string;

  /** Why, for those who read the column. */
  readonly reason: string;
}

/** A column and the transform that makes its partition value. */
export interface PartitionField {
  /** The name of the source column. */
  readonly column: string;

  /** How the partition value is made. */
  readonly transform: PartitionTransform;
}

/** A column that rows are sorted by when they are written. */
export interface SortField {
  /** The name of the column. */
  readonly column: string;

  /** Which way. */
  readonly direction: SortDirection;

  /** Where nulls go. */
  readonly nulls: NullOrder;
}

/** An Iceberg table that a contract asks for: everything but the ids, which the schema lock gives. */
export interface TableSpec {
  /** Zone and name, for example `silver.flights`. */
  readonly key: string;

  /** The zone, which decides bucket and database. */
  readonly zone: Zone;

  /** The data domain, which decides the nested stack. */
  readonly domain: string;

  /** The table's name. */
  readonly name: string;

  /** The dataset whose contract asks for it, for example `silver.flights`. */
  readonly dataset: string;

  /** The columns, in order. */
  readonly columns: Column[];

  /**
   * The columns that are declared to be gone.
   *
   * @default - none is
   */
  readonly droppedColumns?: DroppedColumn[];

  /** The partition fields, in order; empty when not partitioned. */
  readonly partitionFields: PartitionField[];

  /** The sort fields, in order; empty when not sorted. */
  readonly sortFields: SortField[];

  /** The columns that identify a row, in order; empty when none do. */
  readonly identifierColumns: string[];

  /** Iceberg table properties beyond the defaults. */
  readonly properties: { [name: string]: string };

  /** What the table holds. */
  readonly comment: string;

  /** The Iceberg format version. */
  readonly formatVersion: number;

  /**
   * The column that orders the versions of a row.
   *
   * @default - the rows have one version
   */
  readonly orderingColumn?: string;

  /** How the table is looked after. */
  readonly maintenance: TableMaintenance;

  /** The version of the contract. */
  readonly contractVersion: string;

  /**
   * Where the contract's dataset is declared, as `file:line:column`.
   *
   * @default - not declared in a file
   */
  readonly declaredAt?: string;
}

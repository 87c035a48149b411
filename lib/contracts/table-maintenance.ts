/** Who compacts a table's files and gives up its old snapshots. */
export enum Maintainer {
  /** Glue's table optimizers, on by themselves. */
  MANAGED = 'managed',
  /** The job `maintain`, which knows what a stream still looks for. */
  JOB = 'job',
}

/** How compaction orders the rows of the files it writes. */
export enum CompactionStrategy {
  /** Small files are joined, rows stay in their order. */
  BINPACK = 'binpack',
  /** By the table's sort order. */
  SORT = 'sort',
  /** Along a curve through the columns of the sort order, for queries that filter by any of them. */
  Z_ORDER = 'z-order',
}

/** How the tables of a dataset are looked after. */
export interface TableMaintenance {
  /** Who does it. */
  readonly by: Maintainer;

  /** How compaction orders rows. */
  readonly compaction: CompactionStrategy;

  /** How many days old versions of a table can be read at least. */
  readonly snapshotRetentionDays: number;
}

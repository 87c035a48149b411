import type { ContractFile } from './contract-file';
import type { DocumentProperties } from './contract-schema';
import { customPath } from './schema-check';
import { CompactionStrategy, Maintainer, type TableMaintenance } from './table-maintenance';

/** How long versions are kept unless a contract says so. */
const RETENTION_DAYS = 7;

/**
 * How the tables of a contract are looked after: by Glue, unless a stream writes them. Where a stream has come to stands in
 * snapshots, which Glue does not know.
 */
export function maintenanceOf(custom: DocumentProperties): TableMaintenance {
  const { maintenance, compaction, snapshotRetentionDays } = custom;
  return {
    by:
      maintenance === 'managed' || (maintenance === undefined && !isStreamed(custom))
        ? Maintainer.MANAGED
        : Maintainer.JOB,
    compaction: strategyOf(compaction),
    snapshotRetentionDays: snapshotRetentionDays ?? Math.max(RETENTION_DAYS, custom.stream?.retentionDays ?? 0),
  };
}

/** Checks that what a pipeline goes by stays long enough, and that there is an order to compact by. */
export function checkMaintenance(file: ContractFile, custom: DocumentProperties): void {
  if (custom.maintenance === 'managed' && isStreamed(custom)) {
    const remedy = "write 'job': where the stream has come to stands in snapshots, which Glue would give up";
    file.report(customPath(file, 'maintenance'), 'job where a stream writes', remedy);
  }
  const [days, window] = [custom.snapshotRetentionDays, custom.stream?.retentionDays];
  if (days !== undefined && window !== undefined && days < window) {
    const must = `at least ${window}, the days that the topic can be replayed`;
    file.report(customPath(file, 'snapshotRetentionDays'), must, 'keep snapshots longer, or records shorter');
  }
  const isSorted = (custom.sortOrder ?? []).length > 0;
  if (strategyOf(custom.compaction) !== CompactionStrategy.BINPACK && !isSorted) {
    file.report(
      customPath(file, 'compaction'),
      'binpack where there is no sortOrder',
      'add sortOrder, or leave it out',
    );
  }
}

function isStreamed({ stream, derivedFrom }: DocumentProperties): boolean {
  return stream !== undefined || derivedFrom !== undefined;
}

function strategyOf(name: DocumentProperties['compaction']): CompactionStrategy {
  return Object.values(CompactionStrategy).find((strategy) => strategy === name) ?? CompactionStrategy.BINPACK;
}

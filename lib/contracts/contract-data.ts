import type { ContractDerivation } from './contract-derivation';
import type { ContractRules } from './contract-rules';
import type { ContractSource } from './contract-source';
import type { ContractStream } from './contract-stream';
import type { TableMaintenance } from './table-maintenance';
import type { Column, DroppedColumn, PartitionField, SortField } from './table-spec';
import type { Zone } from './zone';

/** Everything a contract says that something here uses. */
export interface ContractData {
  readonly zone: Zone;
  readonly dataset: string;
  readonly domain: string;
  readonly title: string;
  readonly version: string;
  readonly status: string;
  readonly purpose: string;
  readonly grain?: string;
  readonly rules: ContractRules;
  readonly columns: Column[];
  readonly droppedColumns: DroppedColumn[];
  readonly keyColumns: string[];
  readonly partitionFields: PartitionField[];
  readonly sortFields: SortField[];
  readonly formatVersion: number;
  readonly tableProperties: { [name: string]: string };
  readonly orderingColumn?: string;
  readonly source?: ContractSource;
  readonly stream?: ContractStream;
  readonly derivedFrom?: ContractDerivation;
  readonly maintenance: TableMaintenance;
  readonly freshnessSeconds?: number;
  readonly latencySeconds?: number;
  readonly rowsPerSecond?: number;
  readonly retentionDays?: number;
  readonly qualityPercent: number;
  readonly expectedBytesPerDay?: number;
  readonly file: string;
  readonly declaredAt: string;
}

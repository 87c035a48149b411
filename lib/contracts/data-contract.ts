import type { ContractData } from './contract-data';
import type { ContractDerivation } from './contract-derivation';
import type { ContractRules } from './contract-rules';
import type { ContractSource } from './contract-source';
import type { ContractStream } from './contract-stream';
import { tablesOf } from './contract-tables';
import type { TableMaintenance } from './table-maintenance';
import type { Column, TableSpec } from './table-spec';
import type { Zone } from './zone';

/**
 * What a dataset promises: its columns, keys, rules and freshness, read from an Open Data Contract Standard document.
 *
 * @see https://bitol-io.github.io/open-data-contract-standard/
 */
export class DataContract {
  /** @internal */
  public static _of(data: ContractData): DataContract {
    return new DataContract(data);
  }

  /** Zone and dataset, for example `silver.flights`. */
  public readonly key: string;
  /** The zone of the dataset. */
  public readonly zone: Zone;
  /** The dataset's name. */
  public readonly dataset: string;
  /** The data domain, for example `operations`. */
  public readonly domain: string;
  /** The dataset's name for people. */
  public readonly title: string;
  /** The contract's semantic version. */
  public readonly version: string;
  /** Where the contract is in its life, for example `active`. */
  public readonly status: string;
  /** What the dataset is for. */
  public readonly purpose: string;
  /** What one row stands for, when the contract says so. */
  public readonly grain: string | undefined;
  /** The columns in order. */
  public readonly columns: Column[];
  /** The columns of the primary key, in order; empty when there is none. */
  public readonly keyColumns: string[];
  /** The column that orders the versions of a row, when rows have versions. */
  public readonly orderingColumn: string | undefined;
  /** Where the dataset comes from, when a pipeline of this lake extracts it. */
  public readonly source: ContractSource | undefined;
  /** The topic the dataset comes from, when it comes from one; never beside a source. */
  public readonly stream: ContractStream | undefined;
  /** The streamed dataset it follows from, when it is one of windows; never beside a source or a stream. */
  public readonly derivedFrom: ContractDerivation | undefined;
  /** How its tables are looked after. */
  public readonly maintenance: TableMaintenance;
  /** How old the newest row may be, in seconds, when the contract promises it. */
  public readonly freshnessSeconds: number | undefined;
  /** How long a run of a batch pipeline may take for it, in seconds, when the contract promises it. */
  public readonly latencySeconds: number | undefined;
  /** How many rows a second such a run loads at least, when it is not a small one and the contract promises it. */
  public readonly rowsPerSecond: number | undefined;
  /** How long rows are kept at least, in days of which a year has 365, when the contract promises it. */
  public readonly retentionDays: number | undefined;
  /** How many percent of what the contract expects the dataset must meet to be served: 99 unless the contract says otherwise. */
  public readonly qualityPercent: number;
  /** Bytes of compressed data that a usual day adds, when the contract says so. */
  public readonly expectedBytesPerDay: number | undefined;
  /**
   * The tables the contract asks for: the dataset's own, and for one with a source or a stream its history and rejected rows,
   * for one of windows its late records.
   */
  public readonly tables: TableSpec[];
  /** The contract's file, relative to the contract directory's parent. */
  public readonly file: string;

  /**
   * What its rows must be.
   *
   * @internal
   */
  public readonly _rules: ContractRules;

  private constructor(data: ContractData) {
    this.key = `${data.zone.name}.${data.dataset}`;
    this.zone = data.zone;
    this.dataset = data.dataset;
    this.domain = data.domain;
    this.title = data.title;
    this.version = data.version;
    this.status = data.status;
    this.purpose = data.purpose;
    this.grain = data.grain;
    this.columns = data.columns;
    this.keyColumns = data.keyColumns;
    this.orderingColumn = data.orderingColumn;
    this.source = data.source;
    this.stream = data.stream;
    this.derivedFrom = data.derivedFrom;
    this.maintenance = data.maintenance;
    this.freshnessSeconds = data.freshnessSeconds;
    this.latencySeconds = data.latencySeconds;
    this.rowsPerSecond = data.rowsPerSecond;
    this.retentionDays = data.retentionDays;
    this.qualityPercent = data.qualityPercent;
    this.expectedBytesPerDay = data.expectedBytesPerDay;
    this.tables = tablesOf(data);
    this.file = data.file;
    this._rules = data.rules;
  }
}

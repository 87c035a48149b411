import type { ContractData } from './contract-data';
import { IcebergType } from './iceberg-type';
import { PartitionTransform } from './partition-transform';
import { CompactionStrategy } from './table-maintenance';
import { type Column, NullOrder, SortDirection, type TableSpec } from './table-spec';
import { Zone } from './zone';

/** What every row carries about the run that wrote it. */
const RUN_COLUMNS: Column[] = [
  optional('_extracted_at', IcebergType.TIMESTAMPTZ, 'When the row was read from the source, UTC'),
  optional('_source', IcebergType.STRING, 'Name of the source the row came from'),
  optional('_run_id', IcebergType.STRING, 'Identifier of the run that read the row'),
  optional('_batch_token', IcebergType.STRING, 'Identifier of the batch that wrote the row, once and for all'),
];

const REASONS = IcebergType.list(
  IcebergType.struct([
    { name: 'rule', type: IcebergType.STRING, doc: 'The rule that was broken, for example maximum' },
    { name: 'column', type: IcebergType.STRING, doc: 'The column that broke it' },
    { name: 'message', type: IcebergType.STRING, doc: 'The rule and the value in words' },
  ]),
);

/** A rejected row with its payload and reasons; the same for every dataset. */
const DLQ_COLUMNS: Column[] = [
  { ...optional('_dlq_id', IcebergType.STRING, 'Identifier of the rejected row'), required: true },
  optional('_source', IcebergType.STRING, 'Name of the source the row came from'),
  optional('_payload', IcebergType.STRING, 'The row as it was read'),
  optional('_payload_format', IcebergType.STRING, 'How the payload is written, for example json'),
  optional('_reasons', REASONS, 'Every rule the row broke'),
  optional('_contract_version', IcebergType.STRING, 'Version of the contract the row was checked against'),
  optional('_batch_token', IcebergType.STRING, 'Identifier of the batch that wrote the row, once and for all'),
  optional('_run_id', IcebergType.STRING, 'Identifier of the run that read the row'),
  optional('_extracted_at', IcebergType.TIMESTAMPTZ, 'When the row was read from the source, UTC'),
  optional('_rejected_at', IcebergType.TIMESTAMPTZ, 'When the row was rejected, UTC'),
  optional('_status', IcebergType.STRING, 'What became of the row: rejected, redriven or discarded'),
];

/**
 * Where a record stands in Kafka, which identifies it for ever, and what it is found by there. A plain `_partition` is
 * Iceberg's own name.
 */
const RECORD_COLUMNS: Column[] = [
  optional('_kafka_topic', IcebergType.STRING, 'The topic the record came from'),
  optional('_kafka_partition', IcebergType.INT, 'The partition of the topic'),
  optional('_kafka_offset', IcebergType.LONG, 'The place of the record in its partition'),
  optional(
    '_kafka_timestamp',
    IcebergType.TIMESTAMPTZ,
    'The time of the record, set by its producer or by the broker, UTC',
  ),
  optional('_kafka_key', IcebergType.BINARY, 'The key of the record, as it was received'),
];

const HEADERS = IcebergType.list(
  IcebergType.struct([
    { name: 'key', type: IcebergType.STRING, doc: 'The name of the header' },
    { name: 'value', type: IcebergType.BINARY, doc: 'The value of the header, as it was received' },
  ]),
);

/** A record as Kafka gave it; the same for every dataset. */
const HISTORY_COLUMNS: Column[] = [
  optional('_payload', IcebergType.STRING, 'The record as it was received'),
  ...RECORD_COLUMNS,
  optional('_kafka_headers', HEADERS, 'The headers of the record, in order'),
];

/** A record that came for a window that was closed; the same for every dataset. */
const LATE_COLUMNS: Column[] = [
  optional('_payload', IcebergType.STRING, 'The record as it was received'),
  optional('_event_time', IcebergType.TIMESTAMPTZ, 'When it happened, as the record says, UTC'),
  optional('_closed_before', IcebergType.TIMESTAMPTZ, 'The windows before this moment were closed when it came, UTC'),
  ...RECORD_COLUMNS,
];

/**
 * The tables a contract asks for.
 *
 * A contract with a source or a stream asks for three: the dataset itself, its raw history in bronze, and its rejected
 * rows. One of windows asks for two: the dataset and the records that came too late for it. Another asks for the
 * dataset's own table, or for none when its zone holds no tables.
 */
export function tablesOf(contract: ContractData): TableSpec[] {
  if (!contract.zone.holdsTables) {
    return [];
  }
  const own = datasetTable(contract);
  if (contract.stream !== undefined) {
    return [own, recordsTable(contract), rejectedTable(contract, RECORD_COLUMNS)];
  }
  if (contract.derivedFrom !== undefined) {
    return [own, lateTable(contract)];
  }
  return contract.source === undefined ? [own] : [own, historyTable(contract), rejectedTable(contract)];
}

function datasetTable(contract: ContractData): TableSpec {
  const isLoaded = (contract.source ?? contract.stream ?? contract.derivedFrom) !== undefined;
  return {
    ...common(contract, contract.zone, contract.dataset),
    droppedColumns: contract.droppedColumns,
    columns: isLoaded ? [...contract.columns, ...RUN_COLUMNS] : contract.columns,
    partitionFields: contract.partitionFields,
    sortFields: contract.sortFields,
    identifierColumns: contract.keyColumns,
    properties: contract.tableProperties,
    maintenance: contract.maintenance,
    comment: contract.purpose,
    orderingColumn: contract.orderingColumn,
  };
}

/** Columns are optional, because history keeps what the source sent even before a contract required more. */
function historyTable(contract: ContractData): TableSpec {
  return {
    ...common(contract, Zone.BRONZE, contract.dataset),
    droppedColumns: contract.droppedColumns,
    columns: [...contract.columns.map((column) => ({ ...column, required: false })), ...RUN_COLUMNS],
    partitionFields: [{ column: '_extracted_at', transform: PartitionTransform.DAY }],
    comment: `Raw history of ${contract.dataset}: every version of every row as it was read, append only`,
    orderingColumn: contract.orderingColumn,
  };
}

/** By the day it was read and not by its own time, which a producer can set to anything. */
function recordsTable(contract: ContractData): TableSpec {
  return {
    ...common(contract, Zone.BRONZE, contract.dataset),
    columns: [...HISTORY_COLUMNS, ...RUN_COLUMNS],
    partitionFields: [{ column: '_extracted_at', transform: PartitionTransform.DAY }],
    comment: `Raw history of ${contract.dataset}: every record that kept the contract, as it was received, append only`,
  };
}

function rejectedTable(contract: ContractData, coordinates: Column[] = []): TableSpec {
  return {
    ...common(contract, Zone.BRONZE, `${contract.dataset}__dlq`),
    columns: [...DLQ_COLUMNS, ...coordinates],
    partitionFields: [{ column: '_rejected_at', transform: PartitionTransform.DAY }],
    sortFields: [{ column: '_rejected_at', direction: SortDirection.ASC, nulls: NullOrder.FIRST }],
    comment: `Rows of ${contract.dataset} that broke its contract, with payload and reasons`,
  };
}

function lateTable(contract: ContractData): TableSpec {
  return {
    ...common(contract, contract.zone, `${contract.dataset}__late`),
    columns: [...LATE_COLUMNS, ...RUN_COLUMNS],
    partitionFields: [{ column: '_extracted_at', transform: PartitionTransform.DAY }],
    comment: `Records that came when their window of ${contract.dataset} was closed, which they have not changed`,
  };
}

function common(contract: ContractData, zone: Zone, name: string) {
  return {
    key: `${zone.name}.${name}`,
    zone,
    domain: contract.domain,
    name,
    dataset: `${contract.zone.name}.${contract.dataset}`,
    sortFields: [],
    identifierColumns: [],
    properties: {},
    formatVersion: contract.formatVersion,
    // what is sorted or curved is the dataset's own table; only that one has the contract's sort order
    maintenance: { ...contract.maintenance, compaction: CompactionStrategy.BINPACK },
    contractVersion: contract.version,
    declaredAt: contract.declaredAt,
  };
}

function optional(name: string, type: IcebergType, doc: string): Column {
  return { name, type, required: false, doc };
}

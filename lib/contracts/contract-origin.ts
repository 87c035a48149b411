import { didYouMean, topicNameProblem } from '../private';
import type { ContractColumns } from './contract-columns';
import type { ContractFile } from './contract-file';
import { DERIVATION_KEYS, type DocumentProperties, STREAM_KEYS } from './contract-schema';
import type { ContractStream } from './contract-stream';
import { customPath, refuseUnknownKeys } from './schema-check';
import { Zone } from './zone';

/** What the origin of a dataset is checked against. */
interface Surroundings {
  /** The zone; undefined when it could not be read. */
  readonly zone: Zone | undefined;
  readonly columns: ContractColumns;
}

/** Checks where a dataset comes from: a table, a topic or another dataset, with all that a merge into silver needs. */
export function checkOrigin(file: ContractFile, custom: DocumentProperties, surroundings: Surroundings): void {
  if (file.valueAt(customPath(file, 'derivedFrom')) !== undefined) {
    checkDerivation(file, surroundings);
  }
  const stream = file.valueAt(customPath(file, 'stream')) !== undefined;
  const source = file.valueAt(customPath(file, 'source')) !== undefined;
  if (source && stream) {
    const remedy = 'drop one of the two: a dataset comes from a table or from a topic';
    file.report(customPath(file, 'stream'), 'absent beside source', remedy);
  }
  if (stream) {
    checkStream(file, custom.stream, surroundings.columns);
  }
  if (source || stream) {
    checkMergeable(file, { ...surroundings, property: source ? 'source' : 'stream' });
  }
}

/** The topic as a contract gives it: its records have the key of the rows unless it says otherwise. */
export function streamOf({ stream }: DocumentProperties, keyColumns: string[]): ContractStream | undefined {
  return stream === undefined
    ? undefined
    : {
        topicName: stream.topic,
        partitions: stream.partitions,
        cleanup: stream.cleanup ?? 'delete',
        keyColumns: stream.key ?? keyColumns,
        retentionDays: stream.retentionDays,
        localRetentionDays: stream.localRetentionDays,
      };
}

/** Windows are computed from one dataset, so a contract of theirs has no other origin; and they are merged by key. */
function checkDerivation(file: ContractFile, { zone, columns }: Surroundings): void {
  const path = customPath(file, 'derivedFrom');
  refuseUnknownKeys(file, path, DERIVATION_KEYS);
  for (const other of ['source', 'stream']) {
    if (file.valueAt(customPath(file, other)) !== undefined) {
      file.report(path, `absent beside ${other}`, 'drop one of the two: a dataset has one origin');
    }
  }
  if (zone !== undefined && zone !== Zone.SILVER) {
    file.report(path, 'in a contract of zone silver', 'the dataset it follows from is there');
  }
  checkKey(file, columns);
}

/** Rows of silver are merged, so they have a key, and a column that says which of two is newer. */
function checkMergeable(
  file: ContractFile,
  { zone, columns, property }: Surroundings & { readonly property: 'source' | 'stream' },
): void {
  if (zone !== undefined && zone !== Zone.SILVER) {
    file.report(customPath(file, property), 'in a contract of zone silver', 'bronze is derived from it');
  }
  checkKey(file, columns);
  if (file.valueAt(customPath(file, 'orderingColumn')) === undefined) {
    const path = ['customProperties', 'orderingColumn'];
    file.report(path, `set beside ${property}`, 'name the column that tells which row is newer');
  }
}

function checkKey(file: ContractFile, { columns, keyColumns, names }: ContractColumns): void {
  const allRead = columns.length === names.length;
  if (keyColumns.length === 0 && allRead) {
    const path = ['schema', 0, 'properties'];
    file.report(path, 'columns of which some are the primary key', 'set primaryKey: true on them');
  }
}

function checkStream(file: ContractFile, stream: DocumentProperties['stream'], { names }: ContractColumns): void {
  const path = customPath(file, 'stream');
  refuseUnknownKeys(file, path, STREAM_KEYS);
  if (stream === undefined) {
    return;
  }
  const illegal = topicNameProblem('topic', stream.topic);
  if (illegal !== undefined) {
    file.report([...path, 'topic'], illegal.must, illegal.remedy);
  }
  for (const [index, name] of (stream.key ?? []).entries()) {
    if (!names.includes(name)) {
      file.report([...path, 'key', index], 'a column of the contract', didYouMean(name, names));
    } else if (stream.key?.indexOf(name) !== index) {
      file.report([...path, 'key', index], 'a column listed once', 'drop one of the two');
    }
  }
  if (stream.cleanup === 'compact' && stream.retentionDays !== undefined) {
    const must = 'absent where the newest record of each key is kept for ever';
    file.report([...path, 'retentionDays'], must, "drop it, or write cleanup: 'compact,delete'");
  }
  checkTier(file, stream);
}

/** The least days that MSK keeps the records of a topic with tiered storage. */
const LEAST_TIERED_DAYS = 3;

/** Older records go to the cheaper tier only in topics that delete, and some time before they are deleted. */
function checkTier(file: ContractFile, stream: NonNullable<DocumentProperties['stream']>): void {
  const { localRetentionDays: local, retentionDays: days = 0, cleanup = 'delete' } = stream;
  const path = [...customPath(file, 'stream'), 'localRetentionDays'];
  if (local === undefined) {
    return;
  }
  if (cleanup !== 'delete') {
    file.report(path, 'absent in a topic that compacts, which the cheaper tier does not hold', 'drop it');
  } else if (days < LEAST_TIERED_DAYS) {
    file.report(path, `beside retentionDays of ${LEAST_TIERED_DAYS} or more`, 'raise retentionDays, or drop it');
  } else if (local >= days) {
    file.report(path, `less than the ${days} of retentionDays`, 'lower it, or drop it');
  }
}

import { Token, type Size } from 'aws-cdk-lib/core';
import { didYouMean, problem } from '../private';
import type { IcebergTableProps } from './iceberg-table-props';

const TARGET_FILE_SIZE = 'write.target-file-size-bytes';
const DELETE_METADATA = 'write.metadata.delete-after-commit.enabled';
const DEFAULT_FILE_SIZE_BYTES = 512 * 1024 * 1024;

/** Glue keeps a table's comment here; the resource has no other place for one. */
const COMMENT = 'comment';

const DEFAULTS: { [name: string]: string } = {
  'write.format.default': 'parquet',
  'write.parquet.compression-codec': 'zstd',
  // Compaction and jobs commit at the same time; Iceberg's own default of 4 is used up too soon.
  'commit.retry.num-retries': '10',
  // Each commit writes the metadata of all snapshots anew, and a stream commits twice a minute. The newest 100 older files
  // stay, as Iceberg has it: those of the last 50 minutes there. Time travel reads the newest file alone.
  [DELETE_METADATA]: 'true',
};

const MODES = ['copy-on-write', 'merge-on-read'];

/** Properties with a closed set of values. */
const CHOICES: { [name: string]: string[] } = {
  'write.format.default': ['parquet', 'orc', 'avro'],
  'write.parquet.compression-codec': ['zstd', 'snappy', 'gzip', 'lz4', 'brotli', 'uncompressed'],
  'write.orc.compression-codec': ['zstd', 'lz4', 'lzo', 'zlib', 'snappy', 'none'],
  'write.avro.compression-codec': ['gzip', 'zstd', 'snappy', 'uncompressed'],
  'write.distribution-mode': ['none', 'hash', 'range'],
  'write.delete.mode': MODES,
  'write.update.mode': MODES,
  'write.merge.mode': MODES,
  [DELETE_METADATA]: ['true', 'false'],
};

/** Properties that are whole numbers, with the least value allowed. */
const NUMBERS: { [name: string]: number } = {
  [TARGET_FILE_SIZE]: 1,
  'write.parquet.row-group-size-bytes': 1,
  'write.parquet.page-size-bytes': 1,
  'write.parquet.dict-size-bytes': 1,
  'write.metadata.previous-versions-max': 1,
  'read.split.target-size': 1,
  'commit.retry.num-retries': 0,
  'commit.retry.min-wait-ms': 0,
  'commit.retry.max-wait-ms': 1,
  'history.expire.max-snapshot-age-ms': 1,
  'history.expire.min-snapshots-to-keep': 1,
};

/** Properties that another prop of the construct sets. */
const RESERVED: { [name: string]: string } = {
  'format-version': 'formatVersion',
  [COMMENT]: COMMENT,
};

/** The table's Iceberg properties: the defaults, what the props say, and what the user overrides. */
export function renderProperties(props: IcebergTableProps): { [name: string]: string } {
  return {
    ...DEFAULTS,
    [TARGET_FILE_SIZE]: String(bytesOf(props.targetFileSize)),
    ...props.properties,
    ...(props.comment === undefined ? {} : { [COMMENT]: props.comment }),
  };
}

/** What is wrong with a table's Iceberg properties. */
export function propertyProblems(props: IcebergTableProps): string[] {
  const given = Object.entries(props.properties ?? {});
  const problems = given
    .filter(([, value]) => !Token.isUnresolved(value))
    .flatMap(([name, value]) => check(name, value));
  const size = bytesOf(props.targetFileSize);
  if (size < 1) {
    const remedy = 'give a size of usual files, for example Size.mebibytes(512)';
    problems.push(problem({ path: 'targetFileSize', must: 'at least 1 byte', got: size, remedy }));
  }
  if (props.targetFileSize !== undefined && props.properties?.[TARGET_FILE_SIZE] !== undefined) {
    const got = props.properties[TARGET_FILE_SIZE];
    problems.push(
      problem({
        path: `properties.${TARGET_FILE_SIZE}`,
        must: 'absent beside targetFileSize',
        got,
        remedy: 'drop one',
      }),
    );
  }
  return problems;
}

function check(name: string, got: string): string[] {
  const path = `properties.${name}`;
  const prop = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
  if (prop !== undefined) {
    return [problem({ path, must: 'absent', got, remedy: `set the prop '${prop}' instead` })];
  }
  const choices = Object.hasOwn(CHOICES, name) ? (CHOICES[name] ?? []) : [got];
  if (!choices.includes(got)) {
    return [problem({ path, must: `one of ${choices.join(', ')}`, got, remedy: didYouMean(got, choices) })];
  }
  const least = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
  if (least !== undefined && !(/^\d+$/.test(got) && Number(got) >= least)) {
    return [problem({ path, must: `a whole number of at least ${least}`, got, remedy: 'write digits only' })];
  }
  return [];
}

function bytesOf(size: Size | undefined): number {
  return size?.toBytes() ?? DEFAULT_FILE_SIZE_BYTES;
}

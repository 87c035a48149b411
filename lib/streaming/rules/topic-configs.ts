import { BOOLEAN, RATIO, type ValueRules, oneOf, whole } from './config-values';

/**
 * What a topic can set for itself, with the values Kafka takes.
 *
 * @see https://kafka.apache.org/39/documentation.html#topicconfigs
 */
export const TOPIC_CONFIGS: ValueRules = {
  'cleanup.policy': oneOf('delete', 'compact', 'compact,delete', 'delete,compact'),
  'compression.gzip.level': whole(-1, 9),
  'compression.lz4.level': whole(1, 17),
  'compression.type': oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
  'compression.zstd.level': whole(-131_072, 22),
  'delete.retention.ms': whole(0),
  'file.delete.delay.ms': whole(0),
  'flush.messages': whole(1),
  'flush.ms': whole(0),
  'index.interval.bytes': whole(0),
  'local.retention.bytes': whole(-2),
  'max.compaction.lag.ms': whole(1),
  'max.message.bytes': whole(0, 2_147_483_647),
  'message.timestamp.after.max.ms': whole(0),
  'message.timestamp.before.max.ms': whole(0),
  'message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
  'min.cleanable.dirty.ratio': RATIO,
  'min.compaction.lag.ms': whole(0),
  'min.insync.replicas': whole(1),
  preallocate: BOOLEAN,
  'retention.bytes': whole(-1),
  'retention.ms': whole(-1),
  'segment.bytes': whole(14),
  'segment.index.bytes': whole(4),
  'segment.jitter.ms': whole(0),
  'segment.ms': whole(1),
  'unclean.leader.election.enable': BOOLEAN,
};

/** What a topic on Express brokers can set for itself; the rest MSK sets and guards. */
const EXPRESS = new Set([
  'cleanup.policy',
  'compression.type',
  'delete.retention.ms',
  'max.compaction.lag.ms',
  'max.message.bytes',
  'message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms',
  'message.timestamp.type',
  'min.compaction.lag.ms',
  'retention.bytes',
  'retention.ms',
]);

/** A week, the least that Express brokers take before a record must be compacted. */
const WEEK_IN_MS = 604_800_000;

/**
 * What a topic on Express brokers can set for itself, with the values MSK takes.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-express-read-write.html
 */
export const EXPRESS_TOPIC_CONFIGS: ValueRules = {
  ...Object.fromEntries(Object.entries(TOPIC_CONFIGS).filter(([name]) => EXPRESS.has(name))),
  'max.compaction.lag.ms': whole(WEEK_IN_MS),
};

/**
 * The least that MSK takes for the segments of a topic with tiered storage: 48 MiB, or ten minutes.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-guidelines-tiered-storage-topic-level-config.html
 */
export const LEAST_TIERED_SEGMENT: { readonly [name: string]: number } = {
  'segment.bytes': 50_331_648,
  'segment.ms': 600_000,
};

/** The configs that a prop of the topic always sets. */
export const TYPED_TOPIC_CONFIGS: { readonly [name: string]: string } = {
  'cleanup.policy': 'cleanup',
  'local.retention.ms': 'localRetention',
  'min.insync.replicas': 'minInsyncReplicas',
  'remote.storage.enable': 'localRetention',
};

/** Configs that mean something only where records are compacted. */
export const COMPACTION_CONFIGS: readonly string[] = [
  'delete.retention.ms',
  'max.compaction.lag.ms',
  'min.cleanable.dirty.ratio',
  'min.compaction.lag.ms',
];

import { BOOLEAN, RATIO, type ValueRules, oneOf, whole } from './config-values';

const POSITIVE = whole(1);

/**
 * What a configuration of MSK can set on a cluster with KRaft, with the values Kafka takes. ZooKeeper's properties are
 * left out, so they are refused like unknown ones.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html
 */
export const SERVER_PROPERTIES: ValueRules = {
  'allow.everyone.if.no.acl.found': BOOLEAN,
  'auto.create.topics.enable': BOOLEAN,
  'compression.type': oneOf('producer', 'uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'),
  'connections.max.idle.ms': whole(-1),
  'default.replication.factor': POSITIVE,
  'delete.topic.enable': BOOLEAN,
  'group.initial.rebalance.delay.ms': whole(0),
  'group.max.session.timeout.ms': POSITIVE,
  'group.min.session.timeout.ms': POSITIVE,
  'leader.imbalance.per.broker.percentage': whole(0, 100),
  'log.cleaner.delete.retention.ms': whole(0),
  'log.cleaner.min.cleanable.ratio': RATIO,
  'log.cleanup.policy': oneOf('delete', 'compact', 'compact,delete', 'delete,compact'),
  'log.flush.interval.messages': POSITIVE,
  'log.flush.interval.ms': whole(0),
  'log.message.timestamp.after.max.ms': whole(0),
  'log.message.timestamp.before.max.ms': whole(0),
  'log.message.timestamp.type': oneOf('CreateTime', 'LogAppendTime'),
  'log.retention.bytes': whole(-1),
  'log.retention.hours': whole(-1),
  'log.retention.minutes': whole(-1),
  'log.retention.ms': whole(-1),
  'log.roll.ms': POSITIVE,
  'log.segment.bytes': whole(14),
  'max.incremental.fetch.session.cache.slots': whole(0),
  'message.max.bytes': whole(0, 2_147_483_647),
  'min.insync.replicas': POSITIVE,
  'num.io.threads': POSITIVE,
  'num.network.threads': POSITIVE,
  'num.partitions': POSITIVE,
  'num.recovery.threads.per.data.dir': POSITIVE,
  'num.replica.fetchers': POSITIVE,
  'offsets.retention.minutes': POSITIVE,
  'offsets.topic.replication.factor': POSITIVE,
  'replica.fetch.max.bytes': whole(0, 2_147_483_647),
  'replica.fetch.response.max.bytes': whole(0, 2_147_483_647),
  'replica.lag.time.max.ms': POSITIVE,
  'replica.selector.class': oneOf(
    'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    'org.apache.kafka.common.replica.LeaderSelector',
  ),
  'replica.socket.receive.buffer.bytes': whole(-1),
  'socket.receive.buffer.bytes': whole(-1),
  'socket.request.max.bytes': POSITIVE,
  'socket.send.buffer.bytes': whole(-1),
  'transaction.max.timeout.ms': POSITIVE,
  'transaction.state.log.min.isr': POSITIVE,
  'transaction.state.log.replication.factor': POSITIVE,
  'transactional.id.expiration.ms': POSITIVE,
  'unclean.leader.election.enable': BOOLEAN,
};

/** What a configuration of MSK can set on Express brokers; the rest MSK sets and guards. */
const EXPRESS = new Set([
  'allow.everyone.if.no.acl.found',
  'auto.create.topics.enable',
  'compression.type',
  'connections.max.idle.ms',
  'delete.topic.enable',
  'group.initial.rebalance.delay.ms',
  'group.max.session.timeout.ms',
  'leader.imbalance.per.broker.percentage',
  'log.cleanup.policy',
  'log.message.timestamp.after.max.ms',
  'log.message.timestamp.before.max.ms',
  'log.message.timestamp.type',
  'log.retention.bytes',
  'log.retention.ms',
  'max.incremental.fetch.session.cache.slots',
  'message.max.bytes',
  'num.partitions',
  'offsets.retention.minutes',
  'replica.fetch.max.bytes',
  'replica.selector.class',
  'socket.receive.buffer.bytes',
  'socket.request.max.bytes',
  'socket.send.buffer.bytes',
  'transaction.max.timeout.ms',
  'transactional.id.expiration.ms',
]);

/**
 * What a configuration of MSK can set on Express brokers, with the values Kafka takes.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-express-read-write.html
 */
export const EXPRESS_SERVER_PROPERTIES: ValueRules = {
  ...Object.fromEntries(Object.entries(SERVER_PROPERTIES).filter(([name]) => EXPRESS.has(name))),
  'max.connections.per.ip': whole(0),
};

/** The server properties that a prop of the configuration always sets, or says in another unit. */
export const TYPED_SERVER_PROPERTIES: { readonly [name: string]: string } = {
  'auto.create.topics.enable': 'autoCreateTopics',
  'default.replication.factor': 'defaultReplicationFactor',
  'log.retention.hours': 'retention',
  'log.retention.minutes': 'retention',
  'min.insync.replicas': 'minInsyncReplicas',
  'unclean.leader.election.enable': 'uncleanLeaderElection',
};

/** Properties of which the first must not be greater than the second. */
export const ORDERED_SERVER_PROPERTIES: readonly (readonly [string, string])[] = [
  ['group.min.session.timeout.ms', 'group.max.session.timeout.ms'],
  ['transaction.state.log.min.isr', 'transaction.state.log.replication.factor'],
];

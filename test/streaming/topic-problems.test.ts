import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import {
  KafkaBrokers,
  KafkaCleanup,
  KafkaCluster,
  KafkaStorageMode,
  type KafkaTopicOptions,
} from '../../lib/streaming';
import { testStack, theOnly } from '../support/stacks';
import { EXISTING, brokersOf, build } from './clusters';

/** The configs of the only topic of a stack, in clear. */
function configsOf(stack: Stack): unknown {
  const { Configs } = theOnly<{ Configs: string }>(stack, 'AWS::MSK::Topic');
  return JSON.parse(Buffer.from(Configs, 'base64').toString());
}

describe('KafkaTopic with tiered storage', () => {
  const brokers = brokersOf({ storageMode: KafkaStorageMode.TIERED });
  const LEAST = { topicName: 'flights', partitions: 6, retention: Duration.days(30), localRetention: Duration.days(1) };

  /** The message of what is wrong with a topic. */
  const wrong =
    (options: Partial<KafkaTopicOptions>, on = brokers) =>
    () =>
      build({ brokers: on }).cluster.addTopic('Topic', { ...LEAST, ...options });

  test('has its older records in the cheaper tier alone', () => {
    const { stack, cluster } = build({ brokers });
    cluster.addTopic('Topic', LEAST);
    expect(configsOf(stack)).toMatchObject({
      'local.retention.ms': '86400000',
      'remote.storage.enable': 'true',
      'retention.ms': '2592000000',
    });
  });

  test('may be on a cluster of which nothing is known', () => {
    const stack = testStack();
    KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', { clusterArn: EXISTING }).addTopic('Topic', LEAST);
    expect(configsOf(stack)).toMatchObject({ 'remote.storage.enable': 'true' });
  });

  test.each<[string, Partial<KafkaTopicOptions>, string]>([
    ['it compacts', { cleanup: KafkaCleanup.COMPACT_AND_DELETE }, "'cleanup' must be delete where older records go"],
    [
      'it has no retention of its own',
      { retention: undefined },
      "'retention' must be given, and not left to the cluster",
    ],
    [
      'it is kept too briefly',
      { retention: Duration.days(2) },
      "'retention' must be 3 days or more where older records",
    ],
    [
      'all records stay on the volumes',
      { localRetention: Duration.days(30) },
      "'localRetention' must be longer than nothing and shorter than the retention",
    ],
    [
      'segments are small',
      { configs: { 'segment.bytes': '1000' } },
      "'configs.segment.bytes' must be at least 50331648",
    ],
    ['segments are brief', { configs: { 'segment.ms': '1000' } }, "'configs.segment.ms' must be at least 600000"],
    [
      'a config says the same',
      { configs: { 'remote.storage.enable': 'false' } },
      "'configs.remote.storage.enable' must be left to the prop 'localRetention'",
    ],
    [
      'only a config speaks of the volumes',
      { localRetention: undefined, configs: { 'local.retention.bytes': '1000' } },
      "'configs.local.retention.bytes' must be left out where all records stay on the volumes",
    ],
  ])('fails when %s', (_, options, message) => {
    expect(wrong(options)).toThrow(message);
  });

  test('fails when the cluster has no cheaper tier', () => {
    expect(wrong({}, brokersOf())).toThrow(
      '\'localRetention\' must be left out on a cluster without tiered storage, got "Duration.days(1)"; give standard brokers storageMode: KafkaStorageMode.TIERED, or leave it out',
    );
  });
});

describe('KafkaTopic on Express brokers', () => {
  const brokers = KafkaBrokers.express({ instanceType: new ec2.InstanceType('m7g.large') });
  const LEAST = { topicName: 'flights', partitions: 6 };

  test('leaves replication to MSK', () => {
    const { stack, cluster } = build({ brokers });
    cluster.addTopic('Topic', LEAST);
    expect(theOnly(stack, 'AWS::MSK::Topic')).toMatchObject({ ReplicationFactor: 3 });
    expect(configsOf(stack)).toEqual({ 'cleanup.policy': 'delete' });
  });

  test('fails when several things are wrong, and names them all', () => {
    const options = { ...LEAST, replicationFactor: 2, minInsyncReplicas: 1, configs: { 'segment.ms': '600000' } };
    expect(() => build({ brokers }).cluster.addTopic('Topic', options)).toThrow(
      [
        "3 problems in Kafka topic 'Test/Kafka/Topic':",
        "  - 'replicationFactor' must be 3 on Express brokers, which make it so whatever is asked for, got 2; leave it out",
        "  - 'minInsyncReplicas' must be left out on Express brokers, where 2 replicas must have a record, got 1; leave it out",
        '  - \'configs.segment.ms\' must be a property that MSK lets you set, got "600000"; known are cleanup.policy, compression.type',
      ].join('\n'),
    );
  });

  test('fails when records are to be compacted sooner than within a week', () => {
    const options = { ...LEAST, cleanup: KafkaCleanup.COMPACT, configs: { 'max.compaction.lag.ms': '1000' } };
    expect(() => build({ brokers }).cluster.addTopic('Topic', options)).toThrow(
      "'configs.max.compaction.lag.ms' must be a whole number of at least 604800000",
    );
  });
});

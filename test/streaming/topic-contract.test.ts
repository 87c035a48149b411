import { Duration } from 'aws-cdk-lib/core';
import { KafkaCleanup, KafkaStorageMode, type KafkaTopicOptions } from '../../lib/streaming';
import { KEY, contractsOf } from '../contracts/lake';
import { theOnly } from '../support/stacks';
import { brokersOf, build } from './clusters';

interface Topic {
  readonly Configs: string;
  readonly [property: string]: unknown;
}

const LEAST = { topic: 'trips.events', partitions: 6 };

function contractOf(stream: object | undefined) {
  const custom = { orderingColumn: 'id', ...(stream === undefined ? {} : { stream }) };
  return contractsOf({ columns: [KEY], custom }).get('silver.trips');
}

/** The topic of a contract, with its configs in clear. */
function topicOf(stream: object, options?: KafkaTopicOptions): Record<string, unknown> {
  const { stack, cluster } = build();
  cluster.addTopic('Topic', { contract: contractOf(stream), ...options });
  const { Configs, ...topic } = theOnly<Topic>(stack, 'AWS::MSK::Topic');
  return { ...topic, configs: JSON.parse(Buffer.from(Configs, 'base64').toString()) };
}

describe('KafkaTopic of a contract', () => {
  test('has the name, partitions, cleanup and retention of its stream', () => {
    const stream = { ...LEAST, retentionDays: 7, cleanup: 'compact,delete' };
    expect(topicOf(stream)).toMatchObject({
      TopicName: 'trips.events',
      PartitionCount: 6,
      configs: { 'cleanup.policy': 'compact,delete', 'retention.ms': '604800000' },
    });
  });

  test('leaves retention to the cluster where the stream says nothing of it', () => {
    expect(topicOf(LEAST).configs).toEqual({ 'cleanup.policy': 'delete', 'min.insync.replicas': '2' });
  });

  test.each<[string, KafkaTopicOptions, object]>([
    ['name', { topicName: 'other' }, { TopicName: 'other', PartitionCount: 6 }],
    ['partitions', { partitions: 12 }, { TopicName: 'trips.events', PartitionCount: 12 }],
    ['retention', { retention: Duration.days(1) }, { configs: { 'retention.ms': '86400000' } }],
    ['retention by its own name', { configs: { 'retention.ms': '-1' } }, { configs: { 'retention.ms': '-1' } }],
  ])('takes its %s from a prop before the contract', (_, options, topic) => {
    expect(topicOf({ ...LEAST, retentionDays: 7 }, options)).toMatchObject(topic);
  });

  test('takes its cleanup from a prop before the contract, and forgets by age only where that can be', () => {
    const { configs } = topicOf({ ...LEAST, retentionDays: 7 }, { cleanup: KafkaCleanup.COMPACT });
    expect(configs).toEqual({ 'cleanup.policy': 'compact', 'min.insync.replicas': '2' });
  });

  test('keeps days on the volumes as its stream says, where there is a cheaper tier for the rest', () => {
    const stream = { ...LEAST, retentionDays: 30, localRetentionDays: 2 };
    expect(topicOf(stream).configs).not.toHaveProperty('local.retention.ms');
    const brokers = brokersOf({ storageMode: KafkaStorageMode.TIERED });
    const { stack, cluster } = build({ brokers });
    cluster.addTopic('Topic', { contract: contractOf(stream) });
    const { Configs } = theOnly<Topic>(stack, 'AWS::MSK::Topic');
    expect(JSON.parse(Buffer.from(Configs, 'base64').toString())).toMatchObject({
      'local.retention.ms': '172800000',
      'remote.storage.enable': 'true',
    });
  });

  test('fails when neither props nor a contract say what it is, and names all that is missing', () => {
    expect(() => build().cluster.addTopic('Topic', { replicationFactor: 4 })).toThrow(
      [
        "3 problems in Kafka topic 'Test/Kafka/Topic':",
        "  - 'topicName' must be given here or by a contract, got nothing; add it, or a contract with a stream",
        "  - 'partitions' must be given here or by a contract, got nothing; add it, or a contract with a stream",
        "  - 'replicationFactor' must be at most 3, the number of brokers, got 4; replicate less, or use more brokers",
      ].join('\n'),
    );
  });

  test('fails when the contract is not of a stream', () => {
    expect(() => build().cluster.addTopic('Topic', { contract: contractOf(undefined) })).toThrow(
      '\'contract\' must be one with a stream, got "silver.trips"; name the contract of a stream, or add one to contracts/silver/trips.yaml',
    );
  });
});

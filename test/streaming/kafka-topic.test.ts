import { CfnParameter, Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core';
import { KafkaCleanup, KafkaCluster, KafkaTopic, type KafkaTopicOptions } from '../../lib/streaming';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { EXISTING, ZONES, build } from './clusters';

interface Topic {
  readonly Configs: string;
  readonly [property: string]: unknown;
}

const LEAST: KafkaTopicOptions = { topicName: 'flights', partitions: 6 };

function topicOf(options?: Partial<KafkaTopicOptions>, zones: string[] = ZONES): Topic {
  const { stack, cluster } = build({}, zones);
  cluster.addTopic('Topic', { ...LEAST, ...options });
  return theOnly<Topic>(stack, 'AWS::MSK::Topic');
}

function configsOf(options?: Partial<KafkaTopicOptions>, zones?: string[]): unknown {
  return JSON.parse(Buffer.from(topicOf(options, zones).Configs, 'base64').toString());
}

describe('KafkaTopic', () => {
  test('is a topic of its cluster with three replicas, of which two must have a record', () => {
    const { stack, cluster } = build();
    cluster.addTopic('Topic', LEAST);
    expect(theOnly(stack, 'AWS::MSK::Topic')).toEqual({
      ClusterArn: stack.resolve(cluster.clusterArn),
      TopicName: 'flights',
      PartitionCount: 6,
      ReplicationFactor: 3,
      Configs: Buffer.from('{"cleanup.policy":"delete","min.insync.replicas":"2"}').toString('base64'),
    });
  });

  test('has as many replicas as there are brokers, where there are fewer than three', () => {
    expect(topicOf({}, ZONES.slice(0, 2)).ReplicationFactor).toBe(2);
    expect(configsOf({}, ZONES.slice(0, 2))).toMatchObject({ 'min.insync.replicas': '1' });
  });

  test('says what its props say', () => {
    const options = {
      replicationFactor: 2,
      minInsyncReplicas: 2,
      cleanup: KafkaCleanup.COMPACT_AND_DELETE,
      retention: Duration.days(3),
      retentionSize: Size.gibibytes(1),
      maxMessageSize: Size.mebibytes(2),
      configs: { 'compression.type': 'zstd', 'min.compaction.lag.ms': '60000' },
    };
    expect(topicOf(options).ReplicationFactor).toBe(2);
    expect(configsOf(options)).toEqual({
      'cleanup.policy': 'compact,delete',
      'compression.type': 'zstd',
      'max.message.bytes': '2097152',
      'min.compaction.lag.ms': '60000',
      'min.insync.replicas': '2',
      'retention.bytes': '1073741824',
      'retention.ms': '259200000',
    });
  });

  test('writes its configs in the same order, whatever order they came in', () => {
    const [one, two] = [
      { 'segment.ms': '1000', 'flush.ms': '10' },
      { 'flush.ms': '10', 'segment.ms': '1000' },
    ].map((configs) => topicOf({ configs }).Configs);
    expect(one).toBe(two);
  });

  test('takes values that are known only at deployment', () => {
    const { stack, cluster } = build();
    const days = new CfnParameter(stack, 'Days', { type: 'Number' });
    cluster.addTopic('Topic', { ...LEAST, configs: { 'retention.ms': days.valueAsString } });
    expect(theOnly<Topic>(stack, 'AWS::MSK::Topic').Configs).toEqual({
      'Fn::Base64': {
        'Fn::Join': [
          '',
          ['{"cleanup.policy":"delete","min.insync.replicas":"2","retention.ms":"', { Ref: 'Days' }, '"}'],
        ],
      },
    });
  });

  test('is kept when it leaves the stack, unless told otherwise', () => {
    const { stack, cluster } = build();
    cluster.addTopic('Kept', LEAST);
    cluster.addTopic('Gone', { ...LEAST, topicName: 'gone', removalPolicy: RemovalPolicy.DESTROY });
    expect(Object.values(resourcesIn(stack, 'AWS::MSK::Topic'))).toMatchObject([
      { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' },
      { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' },
    ]);
  });

  test('has an ARN with the name and the identifier of its cluster', () => {
    const { stack, cluster } = build();
    const topic = cluster.addTopic('Topic', LEAST);
    const part = (index: number) => ({
      'Fn::Select': [index, { 'Fn::Split': [':cluster/', stack.resolve(cluster.clusterArn)] }],
    });
    expect(stack.resolve(topic.topicArn)).toEqual({ 'Fn::Join': ['', [part(0), ':topic/', part(1), '/flights']] });
  });

  test('can be one that exists already, on a cluster that exists already', () => {
    const stack = testStack();
    const cluster = KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', { clusterArn: EXISTING });
    const topic = KafkaTopic.fromKafkaTopicAttributes(stack, 'Topic', { cluster, topicName: 'flights' });
    expect(topic.topicArn).toBe(`${EXISTING.replace(':cluster/', ':topic/')}/flights`);
    expect(resourcesIn(stack)).toEqual({});
  });

  test.each(['', 'two words', '*'])('that exists already cannot be called %j', (topicName) => {
    const stack = testStack();
    const cluster = KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', { clusterArn: EXISTING });
    const named = (name: string) =>
      KafkaTopic.fromKafkaTopicAttributes(stack, `T-${name}`, { cluster, topicName: name });
    expect(() => named(topicName)).toThrow(
      "'topicName' must be 1 to 249 letters, digits, dots, underscores and hyphens",
    );
    expect(() => named('__consumer_offsets')).not.toThrow();
  });

  test('is made on a cluster that exists already', () => {
    const stack = testStack();
    const cluster = KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', { clusterArn: EXISTING });
    new KafkaTopic(stack, 'Topic', { cluster, ...LEAST });
    expect(theOnly(stack, 'AWS::MSK::Topic')).toMatchObject({ ClusterArn: EXISTING, ReplicationFactor: 3 });
  });
});

describe('KafkaTopic metrics', () => {
  const { cluster } = build({ clusterName: 'events' });
  const topic = cluster.addTopic('Topic', LEAST);

  test.each([
    ['SumOffsetLag', topic.metricSumOffsetLag('board')],
    ['MaxOffsetLag', topic.metricMaxOffsetLag('board')],
    ['EstimatedMaxTimeLag', topic.metricEstimatedMaxTimeLag('board')],
  ])('have the %s of a consumer group', (metricName, metric) => {
    const dimensions = { 'Cluster Name': 'events', 'Consumer Group': 'board', Topic: 'flights' };
    expect(metric).toMatchObject({ namespace: 'AWS/Kafka', metricName, dimensions });
  });
});

describe('KafkaTopic', () => {
  test('fails when several things are wrong, and names them all', () => {
    const options = {
      topicName: 'flights!',
      partitions: 0,
      replicationFactor: 4,
      minInsyncReplicas: 5,
      retention: Duration.millis(0),
      configs: { 'retention.msec': '1', 'segment.ms': '0' },
    };
    expect(() => topicOf(options)).toThrow(
      [
        "7 problems in Kafka topic 'Test/Kafka/Topic':",
        "  - 'topicName' must be 1 to 249 letters, digits, dots, underscores and hyphens, and not only one or two dots, got \"flights!\"; use a name such as 'flights.events'",
        "  - 'partitions' must be a whole number of at least 1, got 0; use at least as many as tasks read at once",
        "  - 'replicationFactor' must be at most 3, the number of brokers, got 4; replicate less, or use more brokers",
        "  - 'minInsyncReplicas' must be between 1 and 4, the number of replicas, got 5; use 2",
        "  - 'retention' must be longer than nothing, got \"Duration.millis(0)\"; use for example Duration.days(7), or '-1' in configs for ever",
        "  - 'configs.retention.msec' must be a property that MSK lets you set, got \"1\"; did you mean 'retention.ms'?",
        '  - \'configs.segment.ms\' must be a whole number of at least 1, got "0"; see the documentation of Apache Kafka',
      ].join('\n'),
    );
  });

  test.each(['', '.', '..', 'a'.repeat(250), 'zürich'])('fails when it is called %j', (topicName) => {
    expect(() => topicOf({ topicName })).toThrow(/'topicName' must be 1 to 249 letters/);
  });

  test.each(['flights.late', 'flights_late'])(
    'fails when it is called %j beside another that Kafka calls so',
    (topicName) => {
      const { cluster } = build();
      cluster.addTopic('First', { ...LEAST, topicName: 'flights.late' });
      expect(() => cluster.addTopic('Second', { ...LEAST, topicName })).toThrow(
        /'topicName' must be another name than that of '.*\/First', in more than dots and underscores, got "flights.late"; rename one of the two/,
      );
    },
  );

  test('fails when it would keep or take nothing', () => {
    const nothing = Size.bytes(0);
    expect(() =>
      build().cluster.addTopic('Topic', { ...LEAST, retentionSize: nothing, maxMessageSize: nothing }),
    ).toThrow(
      /2 problems .*'retentionSize' must be more than nothing, got 0.*'maxMessageSize' must be more than nothing, got 0/s,
    );
  });

  test('fails when it takes a name of Kafka’s own', () => {
    expect(() => topicOf({ topicName: '__consumer_offsets' })).toThrow(
      "'topicName' must be a name without two underscores first, which are Kafka's own, got \"__consumer_offsets\"; drop them",
    );
  });

  test('fails when it only compacts and has a retention', () => {
    const compact = { cleanup: KafkaCleanup.COMPACT };
    const must = 'must be left out where the newest record of each key is kept for ever';
    expect(() => topicOf({ ...compact, retention: Duration.days(1), retentionSize: Size.mebibytes(1) })).toThrow(
      [
        "2 problems in Kafka topic 'Test/Kafka/Topic':",
        `  - 'retention' ${must}, got "Duration.days(1)"; use KafkaCleanup.COMPACT_AND_DELETE`,
        `  - 'retentionSize' ${must}, got 1048576; use KafkaCleanup.COMPACT_AND_DELETE`,
      ].join('\n'),
    );
    expect(() => topicOf({ ...compact, configs: { 'retention.ms': '-1' } })).toThrow(`'configs.retention.ms' ${must}`);
  });

  test('fails when it never compacts and says how', () => {
    expect(() => topicOf({ configs: { 'min.compaction.lag.ms': '1' } })).toThrow(
      '\'configs.min.compaction.lag.ms\' must be left out where nothing is compacted, got "1"; use KafkaCleanup.COMPACT or COMPACT_AND_DELETE',
    );
  });

  test('fails when a config is set twice', () => {
    const configs = { 'cleanup.policy': 'delete', 'min.insync.replicas': '1', 'retention.ms': '1' };
    expect(() => topicOf({ retention: Duration.days(1), configs })).toThrow(
      /3 problems .*left to the prop 'cleanup'.*left to the prop 'minInsyncReplicas'.*left to the prop 'retention'/s,
    );
  });
});

import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { App, CfnParameter, Size, Stack } from 'aws-cdk-lib/core';
import {
  type ExpressBrokersOptions,
  KafkaBrokerType,
  KafkaBrokers,
  KafkaConfiguration,
  KafkaStorageMode,
  KafkaVersion,
} from '../../lib/streaming';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { ZONES, brokersOf, build } from './clusters';

interface Cluster {
  readonly BrokerNodeGroupInfo: { readonly [property: string]: unknown };
  readonly [property: string]: unknown;
}

const express = (options: Partial<ExpressBrokersOptions> = {}): KafkaBrokers =>
  KafkaBrokers.express({ instanceType: new ec2.InstanceType('m7g.large'), ...options });

const clusterOf = (...args: Parameters<typeof build>): Cluster => theOnly(build(...args).stack, 'AWS::MSK::Cluster');

describe('KafkaBrokers.express', () => {
  test('have no volumes, and have partitions moved to where there is room', () => {
    const cluster = clusterOf({ brokers: express({ perZone: 2 }) });
    expect(cluster).toMatchObject({
      NumberOfBrokerNodes: 6,
      BrokerNodeGroupInfo: { InstanceType: 'express.m7g.large' },
      Rebalancing: { Status: 'ACTIVE' },
    });
    expect(cluster.BrokerNodeGroupInfo).not.toHaveProperty('StorageInfo');
    expect(cluster).not.toHaveProperty('StorageMode');
    expect(clusterOf({ brokers: express({ rebalancing: false }) })).toMatchObject({
      Rebalancing: { Status: 'PAUSED' },
    });
  });

  test('come with a configuration of what MSK lets one set on them', () => {
    const { stack, cluster } = build({ brokers: express() });
    expect(theOnly(stack, 'AWS::MSK::Configuration')).toMatchObject({
      ServerProperties: 'auto.create.topics.enable=false\ndelete.topic.enable=true\nlog.retention.ms=604800000\n',
    });
    expect(cluster.configuration.brokerType).toBe(KafkaBrokerType.EXPRESS);
  });

  test.each([KafkaVersion.V3_9_X_KRAFT, KafkaVersion.V4_2_X_KRAFT])('run $version', (version) => {
    expect(clusterOf({ brokers: express(), version }).KafkaVersion).toBe(version.version);
  });

  test('fail when several things are wrong, and name them all', () => {
    const brokers = express({ instanceType: new ec2.InstanceType('m5.large'), perZone: 0 });
    const configuration = new KafkaConfiguration(testStack('Other'), 'Properties');
    const props = { brokers, version: KafkaVersion.V4_1_X_KRAFT, configuration };
    expect(() => build(props, ZONES.slice(0, 2))).toThrow(
      [
        "5 problems in Kafka cluster 'Test/Kafka':",
        "  - 'brokers.perZone' must be a whole number of at least 1, because MSK takes only a multiple of the subnets as the number of brokers, got 0; use 1 for one broker in each zone",
        '  - \'brokers.instanceType\' must be an m7g type, large or larger, without a prefix, which Express brokers run on, got "m5.large"; use for example m7g.large',
        "  - 'vpcSubnets' must be three subnets for Express brokers, got 2; name one subnet in each of three zones",
        '  - \'version\' must be one that Express brokers run with KRaft: 3.9, or 4.2 and later, got "4.1.x.kraft"; use KafkaVersion.V3_9_X_KRAFT',
        '  - \'configuration.brokerType\' must be EXPRESS, as the brokers are, got "STANDARD"; give the configuration brokerType: KafkaBrokerType.EXPRESS',
      ].join('\n'),
    );
  });

  test('fail when two subnets share a zone, and say so once', () => {
    expect(() => build({ brokers: express() }, ['us-east-1a'])).toThrow(
      /^1 problem in .*'vpcSubnets' must be two or three subnets/s,
    );
  });
});

describe('The volumes of KafkaBrokers.provisioned', () => {
  test('stay as large as they are, on the brokers alone, unless told otherwise', () => {
    const { stack } = build();
    expect(resourcesIn(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual({});
    expect(theOnly(stack, 'AWS::MSK::Cluster')).not.toHaveProperty('StorageMode');
  });

  test('grow by themselves to the largest they may be, and never shrink', () => {
    const brokers = brokersOf({ storage: Size.gibibytes(500), maxStorage: Size.tebibytes(2) });
    const { stack, cluster } = build({ brokers });
    const [target] = Object.keys(resourcesIn(stack, 'AWS::ApplicationAutoScaling::ScalableTarget'));
    expect(theOnly(stack, 'AWS::ApplicationAutoScaling::ScalableTarget')).toMatchObject({
      ServiceNamespace: 'kafka',
      ScalableDimension: 'kafka:broker-storage:VolumeSize',
      ResourceId: stack.resolve(cluster.clusterArn),
      MinCapacity: 1,
      MaxCapacity: 2048,
      RoleARN: expect.objectContaining({}),
    });
    expect(Object.keys(resourcesIn(stack, 'AWS::IAM::Role')).filter((id) => id.startsWith('Kafka'))).toEqual([]);
    expect(theOnly(stack, 'AWS::ApplicationAutoScaling::ScalingPolicy')).toMatchObject({
      PolicyType: 'TargetTrackingScaling',
      ScalingTargetId: { Ref: target },
      TargetTrackingScalingPolicyConfiguration: {
        DisableScaleIn: true,
        PredefinedMetricSpecification: { PredefinedMetricType: 'KafkaBrokerStorageUtilization' },
        TargetValue: 60,
      },
    });
  });

  test('grow when they are as full as it is said', () => {
    const { stack } = build({ brokers: brokersOf({ maxStorage: Size.gibibytes(200), growAtPercent: 50 }) });
    expect(theOnly(stack, 'AWS::ApplicationAutoScaling::ScalingPolicy')).toMatchObject({
      TargetTrackingScalingPolicyConfiguration: { TargetValue: 50 },
    });
  });

  test('have a cheaper tier behind them', () => {
    expect(clusterOf({ brokers: brokersOf({ storageMode: KafkaStorageMode.TIERED }) }).StorageMode).toBe('TIERED');
  });

  test.each([
    [
      { maxStorage: Size.gibibytes(100) },
      "'brokers.maxStorage' must be more than the 100 GiB that a volume begins with",
    ],
    [{ maxStorage: Size.gibibytes(20_000) }, "'brokers.maxStorage' must be between 1 and 16384 GiB, in whole GiB"],
    [{ growAtPercent: 50 }, "'brokers.growAtPercent' must be given only where volumes grow, got 50"],
    [
      { maxStorage: Size.gibibytes(200), growAtPercent: 90 },
      "'brokers.growAtPercent' must be a whole number between 10 and 80, got 90; use 60",
    ],
  ])('fail when they would grow in a way MSK refuses: %j', (options, message) => {
    expect(() => build({ brokers: brokersOf(options) })).toThrow(message);
  });

  test('fail when they are to grow in a region where they do not', () => {
    const stack = new Stack(new App(), 'Osaka', { env: { region: 'ap-northeast-3' } });
    const zones = ['ap-northeast-3a', 'ap-northeast-3b'];
    expect(() => build({ brokers: brokersOf({ maxStorage: Size.gibibytes(200) }) }, zones, stack)).toThrow(
      '\'brokers.maxStorage\' must be left out in a region where volumes do not grow, got "ap-northeast-3"; leave it out, and enlarge storage when the alarm of the disks says so',
    );
  });

  test('fail when all topics would be compacted and there is a cheaper tier, which holds none that are', () => {
    const stack = testStack();
    const serverProperties = { 'log.cleanup.policy': 'compact,delete' };
    const configuration = new KafkaConfiguration(stack, 'Properties', { serverProperties });
    const brokers = brokersOf({ storageMode: KafkaStorageMode.TIERED });
    expect(() => build({ brokers, configuration }, ZONES, stack)).toThrow(
      /'configuration.serverProperties.log.cleanup.policy' must be delete on a cluster with tiered storage/,
    );
  });
});

describe('The partitions of all topics', () => {
  test('fit on the brokers, replicas and topics of other stacks counted', () => {
    const { stack, cluster } = build();
    cluster.addTopic('Many', { topicName: 'many', partitions: 1499 });
    expect(stack.node.findChild('Kafka').node.validate()).toEqual([]);
    cluster.addTopic('Few', { topicName: 'few', partitions: 2 });
    expect(stack.node.findChild('Kafka').node.validate()).toEqual([
      "'partitions of all topics' must be at most 4500 with their replicas, 1500 on each of 3 brokers of kafka.m7g.large, got 4503; use fewer partitions, most of which 'Test/Kafka/Many' has, larger instances or more brokers",
    ]);
  });

  test('are not guessed at where they are known only at deployment', () => {
    const { stack, cluster } = build();
    const unknown = new CfnParameter(stack, 'Some', { type: 'Number' }).valueAsNumber;
    cluster.addTopic('Topic', { topicName: 'some', partitions: unknown, replicationFactor: unknown });
    cluster.addTopic('Other', { topicName: 'other', partitions: 4000, replicationFactor: unknown });
    expect(cluster.node.validate()).toEqual([]);
  });

  test('are more on Express brokers of a larger size', () => {
    const { stack, cluster } = build({ brokers: express({ instanceType: new ec2.InstanceType('m7g.xlarge') }) });
    cluster.addTopic('Many', { topicName: 'many', partitions: 2000 });
    expect(stack.node.findChild('Kafka').node.validate()).toEqual([]);
  });
});

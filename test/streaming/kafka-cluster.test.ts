import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as msk from 'aws-cdk-lib/aws-msk';
import { App, Aspects, RemovalPolicy, Size, Stack } from 'aws-cdk-lib/core';
import type { LakeNetwork } from '../../lib/foundation';
import { KafkaCluster, KafkaConfiguration, KafkaMonitoring, KafkaVersion } from '../../lib/streaming';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { EXISTING, ZONES, brokersOf, build } from './clusters';

/** The properties of a cluster in a template. */
interface Cluster {
  readonly ClusterName: string;
  readonly BrokerNodeGroupInfo: { readonly [property: string]: unknown };
  readonly [property: string]: unknown;
}

function clusterOf(...args: Parameters<typeof build>): Cluster {
  return theOnly<Cluster>(build(...args).stack, 'AWS::MSK::Cluster');
}

/** The one resource of a type, whole. */
function wholeOf(stack: Stack, type: string): { readonly [part: string]: unknown } {
  const [found] = Object.values(resourcesIn(stack, type));
  return { ...found };
}

describe('KafkaCluster', () => {
  test('lets clients in with IAM alone, over TLS', () => {
    expect(clusterOf()).toMatchObject({
      ClientAuthentication: { Sasl: { Iam: { Enabled: true } }, Unauthenticated: { Enabled: false } },
      EncryptionInfo: { EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true } },
    });
    expect(clusterOf().ClientAuthentication).not.toHaveProperty('Sasl.Scram');
  });

  test('encrypts volumes and logs with one key, which rotates and which CloudWatch Logs may use', () => {
    const { stack } = build();
    const [[key, { Properties }] = ['', { Properties: {} }]] = Object.entries(resourcesIn(stack, 'AWS::KMS::Key'));
    const arn = { 'Fn::GetAtt': [key, 'Arn'] };
    expect(Properties).toMatchObject({ EnableKeyRotation: true });
    expect(JSON.stringify(Properties)).toContain('logs.us-east-1.amazonaws.com');
    expect(theOnly(stack, 'AWS::MSK::Cluster')).toMatchObject({
      EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: arn } },
    });
    expect(Object.values(resourcesIn(stack, 'AWS::Logs::LogGroup')).map((group) => group.Properties)).toContainEqual(
      expect.objectContaining({ KmsKeyId: arn, RetentionInDays: 90 }),
    );
  });

  test('logs to a group of its own', () => {
    const { stack, cluster } = build({ logRetention: logs.RetentionDays.ONE_WEEK });
    const LogGroup = stack.resolve(cluster.logGroup.logGroupName);
    expect(theOnly(stack, 'AWS::MSK::Cluster')).toMatchObject({
      LoggingInfo: { BrokerLogs: { CloudWatchLogs: { Enabled: true, LogGroup } } },
    });
    expect(resourcesIn(stack, 'AWS::Logs::LogGroup')[LogGroup.Ref]?.Properties).toMatchObject({ RetentionInDays: 7 });
  });

  test.each([
    [1, ZONES, 3],
    [2, ZONES, 6],
    [1, ZONES.slice(0, 2), 2],
  ])('has %d brokers in each of the zones %j', (perZone, zones, brokers) => {
    const cluster = clusterOf({ brokers: brokersOf({ perZone }) }, zones);
    expect(cluster.NumberOfBrokerNodes).toBe(brokers);
    expect(cluster.BrokerNodeGroupInfo.ClientSubnets).toHaveLength(zones.length);
  });

  test('runs on private subnets, or on isolated ones where there are no others', () => {
    const { stack } = build();
    const [first] = (stack.node.findChild('Network') as LakeNetwork).vpc.privateSubnets;
    expect(theOnly<Cluster>(stack, 'AWS::MSK::Cluster').BrokerNodeGroupInfo.ClientSubnets).toContainEqual(
      stack.resolve(first?.subnetId),
    );
    const shut = testStack('Shut');
    const vpc = new ec2.Vpc(shut, 'Vpc', {
      availabilityZones: ZONES,
      natGateways: 0,
      subnetConfiguration: [
        { name: 'Open', subnetType: ec2.SubnetType.PUBLIC },
        { name: 'Shut', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
      ],
    });
    new KafkaCluster(shut, 'Kafka', { vpc, brokers: brokersOf() });
    expect(theOnly<Cluster>(shut, 'AWS::MSK::Cluster').BrokerNodeGroupInfo.ClientSubnets).toEqual(
      vpc.isolatedSubnets.map(({ subnetId }) => shut.resolve(subnetId)),
    );
  });

  test('takes the subnets, instances and volumes it is given', () => {
    const cluster = clusterOf({
      vpcSubnets: { availabilityZones: ZONES.slice(1), subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      brokers: brokersOf({ instanceType: new ec2.InstanceType('m5.2xlarge'), storage: Size.tebibytes(1) }),
    });
    expect(cluster.NumberOfBrokerNodes).toBe(2);
    expect(cluster.BrokerNodeGroupInfo).toMatchObject({
      InstanceType: 'kafka.m5.2xlarge',
      StorageInfo: { EBSStorageInfo: { VolumeSize: 1024 } },
    });
    expect(clusterOf().BrokerNodeGroupInfo).toMatchObject({
      InstanceType: 'kafka.m7g.large',
      StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } },
    });
  });

  test('runs Kafka 3.9 with the metrics of each broker, unless told otherwise', () => {
    expect(clusterOf()).toMatchObject({ KafkaVersion: '3.9.x.kraft', EnhancedMonitoring: 'PER_BROKER' });
    const version = KafkaVersion.V4_0_X_KRAFT;
    expect(clusterOf({ version, monitoring: KafkaMonitoring.PER_TOPIC_PER_PARTITION })).toMatchObject({
      KafkaVersion: '4.0.x.kraft',
      EnhancedMonitoring: 'PER_TOPIC_PER_PARTITION',
    });
  });

  test('has a name from its place, or the one it is given', () => {
    expect(clusterOf().ClusterName).toMatch(/^[A-Za-z][A-Za-z0-9-]{0,63}$/);
    expect(clusterOf({ clusterName: 'events' }).ClusterName).toBe('events');
  });

  test('lets nobody in until told, and then on port 9098 alone', () => {
    const { stack, cluster } = build();
    expect(Object.keys(resourcesIn(stack, 'AWS::EC2::SecurityGroupIngress'))).toEqual([]);
    expect(theOnly(stack, 'AWS::EC2::SecurityGroup')).not.toHaveProperty('SecurityGroupIngress');
    const other = testStack('Other');
    const built = build({}, ZONES, other);
    const { vpc } = other.node.findChild('Network') as LakeNetwork;
    built.cluster.connections.allowDefaultPortFrom(new ec2.SecurityGroup(other, 'Clients', { vpc }));
    expect(theOnly(other, 'AWS::EC2::SecurityGroupIngress')).toMatchObject({
      FromPort: 9098,
      ToPort: 9098,
      IpProtocol: 'tcp',
    });
    expect(cluster.connections.defaultPort?.toString()).toBe('9098');
  });

  test('takes a key, security groups and a configuration of your own', () => {
    const stack = testStack();
    const encryptionKey = new kms.Key(stack, 'Mine');
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    const configuration = KafkaConfiguration.fromKafkaConfigurationAttributes(stack, 'Properties', {
      configurationArn: 'arn:aws:kafka:us-east-1:123456789012:configuration/mine/1-2-3',
      revision: 4,
    });
    const { cluster } = build({ encryptionKey, securityGroups: [group], configuration }, ZONES, stack);
    expect(theOnly(stack, 'AWS::MSK::Cluster')).toMatchObject({
      BrokerNodeGroupInfo: { SecurityGroups: ['sg-1'] },
      ConfigurationInfo: { Arn: configuration.configurationArn, Revision: 4 },
      EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: stack.resolve(encryptionKey.keyArn) } },
    });
    expect(cluster.encryptionKey).toBe(encryptionKey);
    expect(Object.keys(resourcesIn(stack, 'AWS::KMS::Key'))).toHaveLength(1);
    expect(Object.keys(resourcesIn(stack, 'AWS::MSK::Configuration'))).toEqual([]);
    expect(Object.keys(resourcesIn(stack, 'AWS::EC2::SecurityGroup'))).toEqual([]);
  });

  test('uses the latest revision of its own configuration, with as many replicas as it has brokers', () => {
    const { stack } = build({}, ZONES.slice(0, 2));
    const [id = ''] = Object.keys(resourcesIn(stack, 'AWS::MSK::Configuration'));
    expect(theOnly(stack, 'AWS::MSK::Cluster')).toMatchObject({
      ConfigurationInfo: {
        Arn: { 'Fn::GetAtt': [id, 'Arn'] },
        Revision: { 'Fn::GetAtt': [id, 'LatestRevision.Revision'] },
      },
    });
    const { ServerProperties } = theOnly<{ ServerProperties: string }>(stack, 'AWS::MSK::Configuration');
    expect(ServerProperties).toMatch(/^default.replication.factor=2$/m);
    expect(ServerProperties).toMatch(/^min.insync.replicas=1$/m);
  });

  test('is kept with all it needs when it leaves the stack, unless told otherwise', () => {
    const types = ['AWS::MSK::Cluster', 'AWS::KMS::Key', 'AWS::EC2::SecurityGroup', 'AWS::MSK::Configuration'];
    const kept = build().stack;
    const gone = build({ removalPolicy: RemovalPolicy.DESTROY }).stack;
    for (const type of types) {
      expect(wholeOf(kept, type)).toMatchObject({ DeletionPolicy: 'RetainExceptOnCreate' });
      expect(wholeOf(gone, type)).toMatchObject({ DeletionPolicy: 'Delete' });
    }
    expect(wholeOf(kept, 'AWS::MSK::Cluster')).toMatchObject({ UpdateReplacePolicy: 'Retain' });
  });
});

describe('KafkaCluster metrics', () => {
  const { stack, cluster } = build({ clusterName: 'events' });

  test.each([
    ['ActiveControllerCount', cluster.metricActiveControllerCount()],
    ['OfflinePartitionsCount', cluster.metricOfflinePartitionsCount()],
    ['GlobalPartitionCount', cluster.metricGlobalPartitionCount()],
  ])('have %s of the cluster', (metricName, metric) => {
    expect(metric).toMatchObject({ namespace: 'AWS/Kafka', metricName, dimensions: { 'Cluster Name': 'events' } });
  });

  test.each([
    ['UnderReplicatedPartitions', cluster.metricUnderReplicatedPartitions(2), 'Maximum'],
    ['UnderMinIsrPartitionCount', cluster.metricUnderMinIsrPartitionCount(2), 'Maximum'],
    ['KafkaDataLogsDiskUsed', cluster.metricKafkaDataLogsDiskUsed(2), 'Maximum'],
    ['CpuUser', cluster.metricCpuUser(2), 'Average'],
    ['HeapMemoryAfterGC', cluster.metricOfBroker('HeapMemoryAfterGC', 2), 'Maximum'],
  ])('have %s of each broker', (metricName, metric, statistic) => {
    expect(metric).toMatchObject({
      metricName,
      statistic,
      dimensions: { 'Cluster Name': 'events', 'Broker ID': '2' },
    });
  });

  test('take options', () => {
    expect(cluster.metric('MessagesInPerSec', { statistic: 'Sum', label: 'in' })).toMatchObject({
      statistic: 'Sum',
      label: 'in',
    });
    expect(stack.resolve(cluster.clusterName)).toBe('events');
  });
});

describe('KafkaCluster.fromKafkaClusterAttributes', () => {
  test('refers to a cluster by its ARN', () => {
    const stack = testStack();
    const cluster = KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', { clusterArn: EXISTING, brokerCount: 3 });
    expect(cluster).toMatchObject({ clusterArn: EXISTING, clusterName: 'events', brokerCount: 3 });
    expect(resourcesIn(stack)).toEqual({});
  });

  test.each(['', 'events', EXISTING.replace(/\/[^/]+$/, ''), EXISTING.replace(':kafka:', ':sns:')])(
    'fails with the ARN %j',
    (clusterArn) => {
      expect(() => KafkaCluster.fromKafkaClusterAttributes(testStack(), 'Kafka', { clusterArn })).toThrow(
        "'clusterArn' must be the ARN of a Kafka cluster, arn:…:cluster/<name>/<id>, got",
      );
    },
  );

  test('allows connections to the groups it is given', () => {
    const stack = testStack();
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    const peer = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Peer', 'sg-2');
    const attributes = { clusterArn: EXISTING, securityGroups: [group] };
    KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', attributes).connections.allowDefaultPortFrom(peer);
    expect(theOnly(stack, 'AWS::EC2::SecurityGroupIngress')).toMatchObject({ GroupId: 'sg-1', FromPort: 9098 });
  });
});

describe('KafkaCluster', () => {
  test('fails when several things are wrong, and names them all', () => {
    const brokers = brokersOf({
      perZone: 1.5,
      instanceType: new ec2.InstanceType('t3.small'),
      storage: Size.gibibytes(0),
    });
    expect(() => build({ brokers, clusterName: '9 lives' }, ['us-east-1a'])).toThrow(
      [
        "5 problems in Kafka cluster 'Test/Kafka':",
        '  - \'vpcSubnets\' must be two or three subnets, each in a zone of its own, got ["us-east-1a"]; name one subnet in each of two or three zones',
        "  - 'brokers.perZone' must be a whole number of at least 1, because MSK takes only a multiple of the subnets as the number of brokers, got 1.5; use 1 for one broker in each zone",
        '  - \'brokers.instanceType\' must be a type that runs Kafka with KRaft, got "t3.small"; the smallest that does is m7g.large',
        '  - \'brokers.storage\' must be between 1 and 16384 GiB, in whole GiB, got "0 GiB"; use for example 100 GiB, or more brokers',
        '  - \'clusterName\' must be 1 to 64 letters, digits and hyphens, a letter first, got "9 lives"; leave it out to get one',
      ].join('\n'),
    );
  });

  test.each(['kafka.m7g.large', 'm7g.medium', 'r5.large'])('fails when brokers would run on %s', (type) => {
    expect(() => build({ brokers: brokersOf({ instanceType: new ec2.InstanceType(type) }) })).toThrow(
      `'brokers.instanceType' must be an m7g or m5 type, large or larger, without a prefix, got "${type}"; use for example m7g.large`,
    );
  });

  test('fails when it would have no security group of its own', () => {
    expect(() => build({ securityGroups: [], clusterName: '9 lives' })).toThrow(
      /'securityGroups' must be at least one group, got \[\]; leave it out for a new one\n.*'clusterName' must be/,
    );
  });

  test('fails when a volume is too large or broken', () => {
    expect(() => build({ brokers: brokersOf({ storage: Size.tebibytes(17) }) })).toThrow(/got "17408 GiB"/);
    expect(() => build({ brokers: brokersOf({ storage: Size.mebibytes(1536) }) })).toThrow(/got "1.5 GiB"/);
  });

  test('fails when two subnets share a zone', () => {
    const stack = testStack();
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['us-east-1a', 'us-east-1a'],
      privateSubnetIds: ['subnet-1', 'subnet-2'],
    });
    expect(() => new KafkaCluster(stack, 'Kafka', { vpc, brokers: brokersOf() })).toThrow(
      '\'vpcSubnets\' must be two or three subnets, each in a zone of its own, got ["us-east-1a","us-east-1a"]',
    );
  });

  test('fails when its configuration wants more replicas than there are brokers', () => {
    const stack = testStack();
    const configuration = new KafkaConfiguration(stack, 'Properties');
    expect(() => build({ configuration }, ZONES.slice(0, 2), stack)).toThrow(
      "'configuration.defaultReplicationFactor' must be at most 2, the number of brokers, got 3; replicate less, or use more brokers",
    );
  });

  test.each<[string, (cluster: msk.CfnCluster) => void]>([
    ['an assignment', (cluster) => (cluster.numberOfBrokerNodes = 4)],
    ['an override', (cluster) => cluster.addPropertyOverride('NumberOfBrokerNodes', 4)],
    [
      'an aspect',
      (cluster) =>
        Aspects.of(cluster).add({
          visit: (node) => node === cluster && cluster.addPropertyOverride('NumberOfBrokerNodes', 4),
        }),
    ],
  ])('fails when %s makes the brokers uneven', (_what, change) => {
    const stack = new Stack(new App(), 'Test', { env: { region: 'us-east-1' } });
    const { cluster } = build({}, ZONES, stack);
    const resource = cluster.node.findChild('Resource') as msk.CfnCluster;
    change(resource);
    expect(() => (stack.node.root as App).synth()).toThrow(
      "'numberOfBrokerNodes' must be a multiple of the 3 subnets, got 4; set brokers.perZone instead",
    );
  });
});

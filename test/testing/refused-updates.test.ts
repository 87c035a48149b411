import type { Json, Members } from '../../lib/testing/json';
import { type Resources, findings, found } from './templates';

const CONFIGURATION = { Arn: { 'Fn::GetAtt': ['Properties', 'Arn'] }, Revision: 1 };
const BEFORE: Members = {
  KafkaVersion: '3.8.x.kraft',
  NumberOfBrokerNodes: 3,
  BrokerNodeGroupInfo: {
    InstanceType: 'kafka.m7g.large',
    ClientSubnets: ['a', 'b', 'c'],
    StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } },
  },
  ConfigurationInfo: CONFIGURATION,
  EnhancedMonitoring: 'DEFAULT',
};

/** A cluster and its configuration. */
function kafka(more: Members = {}, serverProperties = 'num.partitions=1'): Resources {
  return {
    Kafka: { Type: 'AWS::MSK::Cluster', Properties: { ...BEFORE, ...more } },
    Properties: {
      Type: 'AWS::MSK::Configuration',
      Properties: { Name: 'one', ServerProperties: serverProperties },
    },
  };
}

const group = (more: { [property: string]: Json }): Members => ({
  BrokerNodeGroupInfo: { ...(BEFORE.BrokerNodeGroupInfo as Members), ...more },
});
const larger = group({ StorageInfo: { EBSStorageInfo: { VolumeSize: 200 } } });

const topic = (ReplicationFactor: number): Resources => ({
  Topic: { Type: 'AWS::MSK::Topic', Properties: { TopicName: 'events', ReplicationFactor } },
});

describe('a change of a Kafka cluster', () => {
  test.each<[string, Members]>([
    ['version', { KafkaVersion: '3.9.x.kraft' }],
    ['volumes', larger],
    ['instances', group({ InstanceType: 'kafka.m7g.xlarge' })],
    ['storage mode', { StorageMode: 'TIERED' }],
    ['sign-in', { ClientAuthentication: { Sasl: { Iam: { Enabled: true }, Scram: { Enabled: true } } } }],
    ['monitoring and logs, which are one', { EnhancedMonitoring: 'PER_BROKER', LoggingInfo: { BrokerLogs: {} } }],
    ['tags beside another', { NumberOfBrokerNodes: 6, Tags: { Team: 'a' } }],
  ])('is taken when it is one: %s', (_, more) => {
    expect(found(kafka(), kafka(more))).toEqual([]);
  });

  test('is refused when it is two or more, and told in which order they go one by one', () => {
    const more = { ...larger, KafkaVersion: '3.9.x.kraft', NumberOfBrokerNodes: 6, EnhancedMonitoring: 'PER_BROKER' };
    expect(findings(kafka(), kafka(more))).toEqual([
      expect.objectContaining({
        kind: 'UPDATE_REFUSED',
        path: 'Kafka',
        reason: '4 changes in one deployment, of which MSK takes one and refuses the rest',
        remedy: 'deploy them one by one, in this order: volumes, number of brokers, version, monitoring and logs',
      }),
    ]);
  });

  test('counts another configuration, also when only what is in it changes', () => {
    const after = kafka({ KafkaVersion: '3.9.x.kraft' }, 'num.partitions=3');
    expect(findings(kafka(), after).map(({ remedy }) => remedy)).toEqual([
      'deploy them one by one, in this order: version, configuration',
    ]);
    expect(found(kafka(), kafka({}, 'num.partitions=3'))).toEqual([]);
  });

  test('is refused between standard and Express brokers', () => {
    expect(findings(kafka(), kafka(group({ InstanceType: 'express.m7g.large' })))).toEqual([
      expect.objectContaining({
        kind: 'UPDATE_REFUSED',
        property: 'BrokerNodeGroupInfo.InstanceType',
        reason:
          'BrokerNodeGroupInfo.InstanceType from "kafka.m7g.large" to "express.m7g.large": brokers do not change between standard and Express',
      }),
    ]);
  });

  test.each<[string, Members]>([
    ['BrokerNodeGroupInfo.ClientSubnets', group({ ClientSubnets: ['a', 'b', 'd'] })],
    ['BrokerNodeGroupInfo.SecurityGroups', group({ SecurityGroups: ['sg-2'] })],
    ['ClusterName', { ClusterName: 'other' }],
    ['EncryptionInfo.EncryptionAtRest', { EncryptionInfo: { EncryptionAtRest: { DataVolumeKMSKeyId: 'other' } } }],
    ['EncryptionInfo.EncryptionInTransit.InCluster', { EncryptionInfo: { EncryptionInTransit: { InCluster: false } } }],
  ])('that replaces it, as of %s, is told with another way to get there, whatever else changes', (property, more) => {
    const after = kafka({ ...more, KafkaVersion: '3.9.x.kraft', EnhancedMonitoring: 'PER_BROKER' });
    expect(findings(kafka(), after)).toEqual([
      expect.objectContaining({
        kind: 'REPLACED',
        property,
        remedy:
          'keep the value, or build the new cluster beside it under another id, let MSK Replicator copy the topics, move producers and consumers, and acknowledge it',
      }),
    ]);
  });

  test('that replaces a topic is told with another way to get there', () => {
    expect(findings(topic(2), topic(3)).map(({ remedy }) => remedy)).toEqual([
      'keep the value, or add a topic of another name beside it, move the producers, let the consumers read the old one to its end, and acknowledge it',
    ]);
  });
});

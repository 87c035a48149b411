import { mskExpressStorage } from '../../../lib/compliance/rules/msk-express-storage';
import { type Fixture, describeRule, resources } from './fixtures';

const cluster = (group: { [name: string]: unknown }, more: { [name: string]: unknown } = {}): Fixture =>
  resources({
    Kafka: {
      Type: 'AWS::MSK::Cluster',
      Properties: { BrokerNodeGroupInfo: { ClientSubnets: ['a', 'b', 'c'], ...group }, ...more },
    },
  });
const express = { InstanceType: 'express.m7g.large' };
const StorageInfo = { EBSStorageInfo: { VolumeSize: 100 } };

describeRule(mskExpressStorage, {
  compliant: {
    'Express brokers by themselves': cluster(express),
    'volumes of other brokers': cluster({ InstanceType: 'kafka.m7g.large', StorageInfo }, { StorageMode: 'LOCAL' }),
  },
  nonCompliant: {
    volumes: [cluster({ ...express, StorageInfo }), 'Kafka Properties.BrokerNodeGroupInfo.StorageInfo'],
    'tiered storage': [cluster(express, { StorageMode: 'TIERED' }), 'Kafka Properties.StorageMode'],
    'two subnets': [
      cluster({ ...express, ClientSubnets: ['a', 'b'] }),
      'Kafka Properties.BrokerNodeGroupInfo.ClientSubnets',
    ],
  },
});

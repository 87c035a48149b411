import { mskUnevenBrokers } from '../../../lib/compliance/rules/msk-uneven-brokers';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const cluster = (NumberOfBrokerNodes: unknown, ClientSubnets: unknown): Fixture =>
  resources({
    Kafka: { Type: 'AWS::MSK::Cluster', Properties: { NumberOfBrokerNodes, BrokerNodeGroupInfo: { ClientSubnets } } },
  });

describeRule(mskUnevenBrokers, {
  compliant: {
    'two brokers in each subnet': cluster(6, ['a', 'b', 'c']),
    'a number known at deployment': cluster(ref('Brokers'), ['a', 'b']),
  },
  nonCompliant: {
    'two brokers on three subnets': [cluster(2, ['a', 'b', 'c']), 'Kafka Properties.NumberOfBrokerNodes'],
  },
});

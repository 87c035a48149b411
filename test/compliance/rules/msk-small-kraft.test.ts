import { mskSmallKraft } from '../../../lib/compliance/rules/msk-small-kraft';
import { type Fixture, describeRule, resources } from './fixtures';

const cluster = (InstanceType: string, KafkaVersion: string): Fixture =>
  resources({
    Kafka: { Type: 'AWS::MSK::Cluster', Properties: { KafkaVersion, BrokerNodeGroupInfo: { InstanceType } } },
  });
const TYPE = 'Kafka Properties.BrokerNodeGroupInfo.InstanceType';

describeRule(mskSmallKraft, {
  compliant: {
    'small brokers with ZooKeeper': cluster('kafka.t3.small', '3.8.x'),
    'larger brokers with KRaft': cluster('kafka.m7g.large', '3.9.x.kraft'),
  },
  nonCompliant: {
    'small brokers with KRaft': [cluster('kafka.t3.small', '3.9.x.kraft'), TYPE],
    'small brokers with Kafka 4, which has no ZooKeeper': [cluster('kafka.t3.small', '4.0.x'), TYPE],
  },
});

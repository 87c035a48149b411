import { eachResource, type Rule } from '../rule';
import { dig, listOf, numberOf } from '../values';

/** MSK refuses the cluster. */
export const mskUnevenBrokers: Rule = {
  id: 'msk-uneven-brokers',
  severity: 'error',
  wrong: 'The number of brokers is not a multiple of the number of subnets.',
  remedy: 'Give each subnet the same number of brokers.',
  source: 'https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html',
  places: eachResource(['AWS::MSK::Cluster'], ({ properties }) => {
    const brokers = numberOf(properties.NumberOfBrokerNodes);
    const subnets = dig(properties, 'BrokerNodeGroupInfo', 'ClientSubnets');
    const isUneven = brokers !== undefined && Array.isArray(subnets) && brokers % listOf(subnets).length !== 0;
    return isUneven ? ['NumberOfBrokerNodes'] : [];
  }),
};

import { eachResource, type Rule } from '../rule';
import { dig, textOf } from '../values';

/** MSK refuses the cluster. */
export const mskExpressStorage: Rule = {
  id: 'msk-express-storage',
  severity: 'error',
  wrong:
    'Express brokers are given volumes, tiered storage or fewer than three subnets; their storage is not yours to set.',
  remedy: 'Leave StorageInfo and StorageMode out, and name three subnets.',
  source: 'https://docs.aws.amazon.com/msk/latest/developerguide/msk-broker-types-express.html',
  places: eachResource(['AWS::MSK::Cluster'], ({ properties }) => {
    const group = properties.BrokerNodeGroupInfo;
    if (!(textOf(dig(group, 'InstanceType')) ?? '').startsWith('express.')) {
      return [];
    }
    const subnets = dig(group, 'ClientSubnets');
    return [
      ...(dig(group, 'StorageInfo') === undefined ? [] : ['BrokerNodeGroupInfo.StorageInfo']),
      ...(properties.StorageMode === undefined ? [] : ['StorageMode']),
      ...(Array.isArray(subnets) && subnets.length < 3 ? ['BrokerNodeGroupInfo.ClientSubnets'] : []),
    ];
  }),
};

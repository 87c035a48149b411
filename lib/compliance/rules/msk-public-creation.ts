import { eachResource, type Rule } from '../rule';
import { dig, textOf } from '../values';

/** MSK refuses the cluster when it is made, and takes the same in an update. */
export const mskPublicCreation: Rule = {
  id: 'msk-public-creation',
  severity: 'warning',
  wrong:
    'A cluster is reachable publicly or from other networks. MSK takes that in an update alone, so the deployment that makes the cluster fails.',
  remedy: 'Make the cluster without it, add it in the next deployment, and then acknowledge this.',
  source: 'https://docs.aws.amazon.com/msk/latest/developerguide/public-access.html',
  places: eachResource(['AWS::MSK::Cluster'], ({ properties }) => {
    const connectivity = dig(properties, 'BrokerNodeGroupInfo', 'ConnectivityInfo');
    const isPublic = !['DISABLED', undefined].includes(textOf(dig(connectivity, 'PublicAccess', 'Type')));
    return [
      ...(isPublic ? ['BrokerNodeGroupInfo.ConnectivityInfo.PublicAccess'] : []),
      ...(dig(connectivity, 'VpcConnectivity') === undefined
        ? []
        : ['BrokerNodeGroupInfo.ConnectivityInfo.VpcConnectivity']),
    ];
  }),
};

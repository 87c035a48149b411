import { mskPublicCreation } from '../../../lib/compliance/rules/msk-public-creation';
import { type Fixture, describeRule, resources } from './fixtures';

const cluster = (ConnectivityInfo: unknown): Fixture =>
  resources({ Kafka: { Type: 'AWS::MSK::Cluster', Properties: { BrokerNodeGroupInfo: { ConnectivityInfo } } } });
const CONNECTIVITY = 'Kafka Properties.BrokerNodeGroupInfo.ConnectivityInfo';

describeRule(mskPublicCreation, {
  compliant: {
    'a cluster in its own network': cluster(undefined),
    'public access that is off': cluster({ PublicAccess: { Type: 'DISABLED' }, NetworkType: 'DUAL' }),
  },
  nonCompliant: {
    'public access': [cluster({ PublicAccess: { Type: 'SERVICE_PROVIDED_EIPS' } }), `${CONNECTIVITY}.PublicAccess`],
    'access from other networks': [
      cluster({ VpcConnectivity: { ClientAuthentication: { Sasl: { Iam: { Enabled: true } } } } }),
      `${CONNECTIVITY}.VpcConnectivity`,
    ],
  },
});

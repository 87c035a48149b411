import { mskScramSecret } from '../../../lib/compliance/rules/msk-scram-secret';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const secret = (Properties: { [name: string]: unknown }): Fixture =>
  resources({
    Secret: { Type: 'AWS::SecretsManager::Secret', Properties },
    Users: { Type: 'AWS::MSK::BatchScramSecret', Properties: { ClusterArn: 'c', SecretArnList: [ref('Secret')] } },
  });
const existing = (arn: string): Fixture =>
  resources({ Users: { Type: 'AWS::MSK::BatchScramSecret', Properties: { ClusterArn: 'c', SecretArnList: [arn] } } });
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:';

describeRule(mskScramSecret, {
  compliant: {
    'a secret with the prefix and a key': secret({ Name: 'AmazonMSK_feed', KmsKeyId: ref('Key') }),
    'an existing secret with the prefix': existing(`${ARN}AmazonMSK_feed-abc123`),
  },
  nonCompliant: {
    'a secret of another name': [secret({ Name: 'feed', KmsKeyId: ref('Key') }), 'Users Properties.SecretArnList.0'],
    'a secret without a name': [secret({ KmsKeyId: ref('Key') }), 'Users Properties.SecretArnList.0'],
    "a secret with the account's own key": [secret({ Name: 'AmazonMSK_feed' }), 'Users Properties.SecretArnList.0'],
    'an existing secret of another name': [existing(`${ARN}feed-abc123`), 'Users Properties.SecretArnList.0'],
  },
});

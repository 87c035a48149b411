import { eachResource, type Rule } from '../rule';
import type { Templates } from '../template';
import { isLiteral, listOf, textOf } from '../values';

/** MSK refuses the secret when it is to be tied to the cluster. */
export const mskScramSecret: Rule = {
  id: 'msk-scram-secret',
  severity: 'error',
  wrong:
    'A cluster is to take passwords from a secret whose name does not begin with AmazonMSK_, or that no key of your own encrypts.',
  remedy: 'Name the secret AmazonMSK_ and more, and give it a customer managed key.',
  source: 'https://docs.aws.amazon.com/msk/latest/developerguide/msk-password-tutorial.html',
  places: eachResource(['AWS::MSK::BatchScramSecret'], ({ properties }, templates) =>
    listOf(properties.SecretArnList).flatMap((secret, index) =>
      isUnusable(secret, templates) ? [`SecretArnList.${index}`] : [],
    ),
  ),
};

/** A secret of another app is judged by its ARN alone. */
function isUnusable(secret: unknown, templates: Templates): boolean {
  const own = templates.referredBy(secret);
  if (own?.type !== 'AWS::SecretsManager::Secret') {
    const arn = textOf(secret) ?? '';
    return isLiteral(arn) && !arn.includes(':secret:AmazonMSK_');
  }
  // without a name of its own a secret is called after its logical id
  return !(textOf(own.properties.Name) ?? own.id).startsWith('AmazonMSK_') || own.properties.KmsKeyId === undefined;
}

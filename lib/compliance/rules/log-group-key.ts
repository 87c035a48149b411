import { isClosedTo, keyOf } from '../policies';
import { eachResource, type Rule } from '../rule';

/** CloudWatch Logs refuses the group. */
export const logGroupKey: Rule = {
  id: 'log-group-key',
  severity: 'error',
  wrong: 'A log group has a key whose policy does not let CloudWatch Logs use it.',
  remedy:
    "Let the region's logs service use Encrypt*, Decrypt*, ReEncrypt*, GenerateDataKey* and Describe* of the key.",
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html',
  places: eachResource(['AWS::Logs::LogGroup'], ({ properties }, templates) => {
    const use = { service: 'logs', actions: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'] };
    return isClosedTo(keyOf(templates, properties.KmsKeyId), use) ? ['KmsKeyId'] : [];
  }),
};

import { logGroupKey } from '../../../lib/compliance/rules/log-group-key';
import { type Fixture, attribute, describeRule, policyFor, resources } from './fixtures';

const USE = ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'];
const group = (KmsKeyId: unknown, KeyPolicy: unknown = {}): Fixture =>
  resources({
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy } },
    Logs: { Type: 'AWS::Logs::LogGroup', Properties: { KmsKeyId } },
  });
const key = attribute('Key', 'Arn');

describeRule(logGroupKey, {
  compliant: {
    'a key the logs of the region may use': group(key, policyFor(USE, 'logs.us-east-1')),
    'no key': group(undefined),
  },
  nonCompliant: {
    'a key that alarms may use': [group(key, policyFor(USE, 'cloudwatch')), 'Logs Properties.KmsKeyId'],
    'a key the logs may only decrypt with': [
      group(key, policyFor(['kms:Decrypt*'], 'logs.us-east-1')),
      'Logs Properties.KmsKeyId',
    ],
  },
});

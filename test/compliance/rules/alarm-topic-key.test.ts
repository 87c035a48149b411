import { alarmTopicKey } from '../../../lib/compliance/rules/alarm-topic-key';
import { type Fixture, attribute, describeRule, policyFor, ref, resources } from './fixtures';

const USE = ['kms:Decrypt', 'kms:GenerateDataKey*'];
const alarm = (KmsMasterKeyId: unknown, KeyPolicy: unknown = {}): Fixture =>
  resources({
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy } },
    Alias: { Type: 'AWS::KMS::Alias', Properties: { TargetKeyId: attribute('Key', 'Arn') } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId } },
    Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: [ref('Topic')], OKActions: [ref('Topic')] } },
  });
const ACTIONS = ['Alarm Properties.AlarmActions', 'Alarm Properties.OKActions'];

describeRule(alarmTopicKey, {
  compliant: {
    'a key that CloudWatch may use': alarm(ref('Key'), policyFor(USE, 'cloudwatch')),
    'a topic that is not encrypted': alarm(undefined),
    'a key of elsewhere': alarm('arn:aws:kms:us-east-1:123456789012:key/theirs'),
  },
  nonCompliant: {
    "SNS's own key": [alarm('alias/aws/sns'), ...ACTIONS],
    'a key that others may use': [alarm(attribute('Key', 'Arn'), policyFor(USE, 'logs.us-east-1')), ...ACTIONS],
    'a key that CloudWatch may only encrypt with': [
      alarm(ref('Key'), policyFor(['kms:GenerateDataKey'], 'cloudwatch')),
      ...ACTIONS,
    ],
    'a closed key behind an alias': [alarm(ref('Alias')), ...ACTIONS],
  },
});

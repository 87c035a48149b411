import { alarmTopicPolicy } from '../../../lib/compliance/rules/alarm-topic-policy';
import { type Fixture, describeRule, policyFor, ref } from './fixtures';

const alarm = (...documents: unknown[]): Fixture => ({
  Resources: {
    Topic: { Type: 'AWS::SNS::Topic' },
    Both: { Type: 'AWS::CloudWatch::CompositeAlarm', Properties: { AlarmActions: [ref('Topic')] } },
    ...Object.fromEntries(
      documents.map((PolicyDocument, index) => [
        `Policy${index}`,
        { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [ref('Topic')], PolicyDocument } },
      ]),
    ),
  },
});

describeRule(alarmTopicPolicy, {
  compliant: {
    "SNS's own policy": alarm(),
    'a policy that lets CloudWatch publish': alarm(policyFor(['sns:Publish'], 'cloudwatch')),
  },
  nonCompliant: {
    'a policy that only denies': [
      alarm({ Statement: [{ Effect: 'Deny', Action: 'sns:Publish', Principal: '*' }] }),
      'Both Properties.AlarmActions',
    ],
    'a policy for others': [alarm(policyFor(['sns:Publish'], 'budgets')), 'Both Properties.AlarmActions'],
  },
});

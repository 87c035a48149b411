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

/** SNS's own policy, written out: it lets everybody in and asks whose account it is. */
const everybody = (principal: unknown) => ({
  Statement: [
    {
      Effect: 'Allow',
      Action: ['SNS:Publish', 'SNS:Subscribe'],
      Principal: principal,
      Resource: ref('Topic'),
      Condition: { StringEquals: { 'AWS:SourceOwner': ref('AWS::AccountId') } },
    },
  ],
});

const service = (name: string) => ({
  Statement: [{ Effect: 'Allow', Action: 'sns:Publish', Principal: { Service: name } }],
});

describeRule(alarmTopicPolicy, {
  compliant: {
    "SNS's own policy": alarm(),
    'a policy that lets CloudWatch publish': alarm(policyFor(['sns:Publish'], 'cloudwatch')),
    'a policy that lets everybody in': alarm(everybody('*')),
    'a policy that lets everybody in as accounts': alarm(everybody({ AWS: '*' })),
    'a policy that lets everybody in among accounts': alarm(everybody({ AWS: ['123456789012', '*'] })),
    'a policy that lets CloudWatch of China publish': alarm(service('cloudwatch.amazonaws.com.cn')),
  },
  nonCompliant: {
    'a policy that only denies': [
      alarm({ Statement: [{ Effect: 'Deny', Action: 'sns:Publish', Principal: '*' }] }),
      'Both Properties.AlarmActions',
    ],
    'a policy for others': [alarm(policyFor(['sns:Publish'], 'budgets')), 'Both Properties.AlarmActions'],
    'a policy for accounts': [alarm(everybody({ AWS: ['123456789012'] })), 'Both Properties.AlarmActions'],
    'a policy for a service of another name': [
      alarm(service('cloudwatch.amazonaws.com.example')),
      'Both Properties.AlarmActions',
    ],
  },
});

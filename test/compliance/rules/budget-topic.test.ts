import { budgetTopic } from '../../../lib/compliance/rules/budget-topic';
import { type Fixture, describeRule, policyFor, ref } from './fixtures';

const USE = ['kms:Decrypt', 'kms:GenerateDataKey*'];
const budget = (topicPolicy: unknown, keyPolicy?: unknown): Fixture => ({
  Resources: {
    Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy: keyPolicy } },
    Topic: {
      Type: 'AWS::SNS::Topic',
      Properties: { KmsMasterKeyId: keyPolicy === undefined ? undefined : ref('Key') },
    },
    Policy: { Type: 'AWS::SNS::TopicPolicy', Properties: { Topics: [ref('Topic')], PolicyDocument: topicPolicy } },
    Budget: {
      Type: 'AWS::Budgets::Budget',
      Properties: {
        NotificationsWithSubscribers: [
          { Subscribers: [{ SubscriptionType: 'EMAIL', Address: 'a@example.com' }] },
          { Subscribers: [{ SubscriptionType: 'SNS', Address: ref('Topic') }] },
        ],
      },
    },
  },
});
const SUBSCRIBERS = 'Budget Properties.NotificationsWithSubscribers.1.Subscribers';
const published = policyFor(['sns:Publish'], 'budgets');

describeRule(budgetTopic, {
  compliant: {
    'a topic open to budgets': budget(published),
    'an encrypted topic open to budgets': budget(published, policyFor(USE, 'budgets')),
  },
  nonCompliant: {
    'a topic open to alarms alone': [budget(policyFor(['sns:Publish'], 'cloudwatch')), SUBSCRIBERS],
    'an open topic with a closed key': [budget(published, policyFor(USE, 'cloudwatch')), SUBSCRIBERS],
  },
});

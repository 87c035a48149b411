import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { type Stack, Token } from 'aws-cdk-lib/core';
import { BudgetThreshold, CostBudget, type CostBudgetProps } from '../../lib/cost';
import { AlertTopics, LakeKey, Severity } from '../../lib/foundation';
import { resourcesIn, testStack, theOnly } from '../support/stacks';

interface Budget {
  readonly Budget: { readonly [member: string]: unknown };
  readonly NotificationsWithSubscribers: {
    readonly Notification: { readonly NotificationType: string; readonly Threshold: number };
    readonly Subscribers: { readonly SubscriptionType: string; readonly Address: unknown }[];
  }[];
}

interface Policy {
  readonly Statement: { readonly Sid?: string; readonly Resource: unknown }[];
}

function make(props: Partial<CostBudgetProps> = {}): { stack: Stack; topics: AlertTopics } {
  const stack = testStack();
  const topics = new AlertTopics(stack, 'Alerts', { encryptionKey: new LakeKey(stack, 'Key').key });
  new CostBudget(stack, 'Budget', { monthlyLimit: 500, topics, ...props });
  return { stack, topics };
}

function budgetOf(stack: Stack): Budget {
  return theOnly<Budget>(stack, 'AWS::Budgets::Budget');
}

function told(stack: Stack): [string, number, unknown[]][] {
  return budgetOf(stack).NotificationsWithSubscribers.map(({ Notification, Subscribers }) => [
    Notification.NotificationType,
    Notification.Threshold,
    Subscribers.map(({ Address }) => Address),
  ]);
}

/** What lets AWS Budgets act, without the resource it may act on. */
const CALLER = {
  Sid: 'BudgetsOfThisAccount',
  Effect: 'Allow',
  Principal: { Service: 'budgets.amazonaws.com' },
  Condition: {
    StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    ArnLike: {
      'aws:SourceArn': {
        'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':budgets::', { Ref: 'AWS::AccountId' }, ':*']],
      },
    },
  },
};

describe('CostBudget', () => {
  test('limits the costs of a month, all of the account unless a tag is named', () => {
    const limit = { BudgetType: 'COST', TimeUnit: 'MONTHLY', BudgetLimit: { Amount: 500, Unit: 'USD' } };
    expect(budgetOf(make().stack).Budget).toEqual(limit);
    expect(budgetOf(make({ tag: { name: 'environment', value: 'dev' } }).stack).Budget).toEqual({
      ...limit,
      CostFilters: { TagKeyValue: ['user:environment$dev'] },
    });
  });

  test('warns at 80 percent and at a forecast of 100, and is critical at 100', () => {
    const { stack, topics } = make();
    const warning = stack.resolve(topics.warning.topicArn);
    expect(told(stack)).toEqual([
      ['ACTUAL', 80, [warning]],
      ['FORECASTED', 100, [warning]],
      ['ACTUAL', 100, [stack.resolve(topics.critical.topicArn)]],
    ]);
    expect(budgetOf(stack).NotificationsWithSubscribers[0]).toMatchObject({
      Notification: { ComparisonOperator: 'GREATER_THAN', ThresholdType: 'PERCENTAGE' },
      Subscribers: [{ SubscriptionType: 'SNS' }],
    });
  });

  test('tells addresses beside topics, or addresses alone', () => {
    const thresholds = [BudgetThreshold.actual(50, Severity.INFO)];
    const { stack, topics } = make({ thresholds, emails: ['costs@example.com'] });
    expect(told(stack)).toEqual([['ACTUAL', 50, [stack.resolve(topics.info.topicArn), 'costs@example.com']]]);
    const alone = make({ topics: undefined, thresholds, emails: ['costs@example.com'] }).stack;
    expect(told(alone)).toEqual([['ACTUAL', 50, ['costs@example.com']]]);
    expect(JSON.stringify(resourcesIn(alone, 'AWS::SNS::TopicPolicy'))).not.toContain('budgets.amazonaws.com');
  });

  test('lets AWS Budgets publish to the topics it uses, and use their key, for this account alone', () => {
    const { stack } = make();
    const policies = Object.entries(resourcesIn<{ PolicyDocument: Policy }>(stack, 'AWS::SNS::TopicPolicy'));
    const letting = policies.filter(([, { Properties }]) =>
      Properties.PolicyDocument.Statement.some(({ Sid }) => Sid === CALLER.Sid),
    );
    expect(letting.map(([id]) => id.replace(/Policy.*/, ''))).toEqual(['AlertsCritical', 'AlertsWarning']);
    for (const [, { Properties }] of letting) {
      expect(Properties.PolicyDocument.Statement).toContainEqual({
        ...CALLER,
        Action: 'sns:Publish',
        Resource: expect.anything(),
      });
    }
    expect(theOnly<{ KeyPolicy: Policy }>(stack, 'AWS::KMS::Key').KeyPolicy.Statement).toContainEqual({
      ...CALLER,
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
    });
  });

  test('is made after the policies that let it publish', () => {
    const { stack } = make();
    const [budget] = Object.values(resourcesIn(stack, 'AWS::Budgets::Budget'));
    expect(budget?.DependsOn).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^AlertsCriticalPolicy/),
        expect.stringMatching(/^AlertsWarningPolicy/),
      ]),
    );
  });

  test('shares the statements with another budget on the same topics', () => {
    const { stack, topics } = make();
    new CostBudget(stack, 'Second', { monthlyLimit: 100, topics });
    const { Statement } = theOnly<{ KeyPolicy: Policy }>(stack, 'AWS::KMS::Key').KeyPolicy;
    expect(Statement.filter(({ Sid }) => Sid === CALLER.Sid)).toHaveLength(1);
  });

  test('leaves a key of another app alone', () => {
    const stack = testStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:us-east-1:111111111111:key/k');
    const topics = new AlertTopics(stack, 'Alerts', { encryptionKey });
    new CostBudget(stack, 'Budget', { monthlyLimit: 500, topics });
    expect(resourcesIn(stack, 'AWS::KMS::Key')).toEqual({});
    expect(told(stack)).toHaveLength(3);
  });

  test('tells topics that exist already, whose policies are their own', () => {
    const stack = testStack();
    const critical = sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:us-east-1:111111111111:theirs');
    const attributes = { critical, warning: critical, info: critical };
    const topics = AlertTopics.fromAlertTopicsAttributes(stack, 'Alerts', attributes);
    new CostBudget(stack, 'Budget', { monthlyLimit: 500, topics });
    expect(Object.values(resourcesIn(stack)).map(({ Type }) => Type)).toEqual(['AWS::Budgets::Budget']);
    expect(told(stack)).toHaveLength(3);
  });

  test('refers to a budget that exists', () => {
    const budget = CostBudget.fromCostBudgetName(testStack(), 'Theirs', 'theirs');
    expect(budget.budgetName).toBe('theirs');
    expect(budget.budgetArn).toMatch(/:budgets::.*:budget\/theirs$/);
  });

  test('tells addresses that only the deployment knows', () => {
    const { stack } = make({ emails: [Token.asString({ Ref: 'Costs' })] });
    expect(JSON.stringify(resourcesIn(stack, 'AWS::Budgets::Budget'))).toContain(
      '{"Address":{"Ref":"Costs"},"SubscriptionType":"EMAIL"}',
    );
  });

  test('fails, with every problem, when AWS would not take it', () => {
    const wrong = {
      monthlyLimit: 0,
      topics: undefined,
      thresholds: [BudgetThreshold.actual(80), BudgetThreshold.actual(80, Severity.CRITICAL)],
      tag: { name: '', value: 'dev' },
    };
    expect(() => make(wrong)).toThrow(
      [
        "4 problems in budget 'Test/Budget':",
        "  - 'monthlyLimit' must be USD, more than 0, got 0; say what a month may cost",
        "  - 'topics' must be given when there are no emails, got nothing; pass topics, emails or both: a budget that tells nobody does nothing",
        '  - \'thresholds\' must be 1 to 10 different ones, got ["ACTUAL 80","ACTUAL 80"]; leave out those that are the same or too many',
        '  - \'tag\' must be a name and a value, got {"name":"","value":"dev"}; use { name: \'environment\', value: … }',
      ].join('\n'),
    );
    expect(() => make({ emails: ['nobody'] })).toThrow('\'emails\' must be e-mail addresses, got "nobody"');
    expect(() => make({ emails: Array.from({ length: 11 }, (_, n) => `a${n}@example.com`) })).toThrow(
      "'emails' must be at most 10 addresses, got 11",
    );
    expect(() => make({ thresholds: [] })).toThrow("'thresholds' must be 1 to 10 different ones, got []");
    expect(() => BudgetThreshold.actual(0)).toThrow("'percent' must be more than 0 and at most 1000, got 0");
  });
});

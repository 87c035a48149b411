import { Match, Template } from 'aws-cdk-lib/assertions';
import { type Stack, Token } from 'aws-cdk-lib/core';
import { AlertTopics, type AlertTopicsProps, LakeKey, Severity } from '../../lib/foundation';
import { resourcesIn, testStack } from '../support/stacks';

function topicsOf(props?: Partial<AlertTopicsProps>): { stack: Stack; topics: AlertTopics } {
  const stack = testStack();
  const topics = new AlertTopics(stack, 'Alerts', { encryptionKey: new LakeKey(stack, 'Key').key, ...props });
  return { stack, topics };
}

describe('AlertTopics', () => {
  test('has one encrypted topic for each severity', () => {
    const { stack, topics } = topicsOf();
    const arns: string[] = Object.values(Severity).map(
      (severity) => stack.resolve(topics.topic(severity).topicArn).Ref,
    );
    expect(arns.toSorted()).toEqual(Object.keys(resourcesIn(stack, 'AWS::SNS::Topic')).toSorted());
    Template.fromStack(stack).allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
    expect(arns).toHaveLength(3);
  });

  test('gives each severity its own topic', () => {
    const { topics } = topicsOf();
    expect(topics.topic(Severity.CRITICAL)).toBe(topics.critical);
    expect(topics.topic(Severity.WARNING)).toBe(topics.warning);
    expect(topics.topic(Severity.INFO)).toBe(topics.info);
  });

  test('refuses messages without TLS and lets the alarms of the account publish', () => {
    const policies = Template.fromStack(topicsOf().stack).findResources('AWS::SNS::TopicPolicy', {
      Properties: {
        PolicyDocument: {
          Statement: [
            Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
            Match.objectLike({
              Effect: 'Allow',
              Action: 'sns:Publish',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
            }),
          ],
        },
      },
    });
    expect(Object.keys(policies)).toHaveLength(3);
  });

  test('refers to topics that exist', () => {
    const { stack, topics } = topicsOf();
    const { critical, warning, info } = topics;
    const imported = AlertTopics.fromAlertTopicsAttributes(stack, 'Imported', {
      critical: info,
      warning,
      info: critical,
    });
    expect(Object.values(Severity).map((severity) => imported.topic(severity))).toEqual([info, warning, critical]);
  });

  test('mails nobody by default', () => {
    expect(resourcesIn(topicsOf().stack, 'AWS::SNS::Subscription')).toEqual({});
  });

  test('mails critical alerts and warnings to different people', () => {
    const { stack, topics } = topicsOf({ criticalEmails: ['oncall@example.com'], warningEmails: ['team@example.com'] });
    const subscriptions = Object.values(resourcesIn(stack, 'AWS::SNS::Subscription')).map(
      ({ Properties }) => Properties,
    );
    expect(subscriptions).toEqual([
      { Protocol: 'email', Endpoint: 'oncall@example.com', TopicArn: stack.resolve(topics.critical.topicArn) },
      { Protocol: 'email', Endpoint: 'team@example.com', TopicArn: stack.resolve(topics.warning.topicArn) },
    ]);
  });

  test('tell addresses that only the deployment knows', () => {
    const { stack } = topicsOf({ criticalEmails: ['One', 'Two'].map((Ref) => Token.asString({ Ref })) });
    const endpoints = Object.values(resourcesIn<{ Endpoint: unknown }>(stack, 'AWS::SNS::Subscription'));
    expect(endpoints.map(({ Properties }) => Properties.Endpoint)).toEqual([{ Ref: 'One' }, { Ref: 'Two' }]);
  });

  test('fails when an address is named twice', () => {
    expect(() => topicsOf({ warningEmails: ['a@example.com', 'a@example.com'] })).toThrow(
      '\'warningEmails\' must be different addresses, got "a@example.com"; name each address once',
    );
  });

  test('fails when an address is none', () => {
    expect(() => topicsOf({ criticalEmails: ['oncall'] })).toThrow(
      '\'criticalEmails\' must be e-mail addresses, got "oncall"; correct the address or leave it out',
    );
  });
});

import { wholeServiceAction } from '../../../lib/compliance/rules/whole-service-action';
import { type Fixture, describeRule, resources } from './fixtures';

const role = (Effect: string, Action: unknown): Fixture =>
  resources({
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: { Policies: [{ PolicyName: 'p', PolicyDocument: { Statement: { Effect, Action, Resource: '*' } } }] },
    },
  });

describeRule(wholeServiceAction, {
  compliant: {
    'named actions and families of them': role('Allow', ['s3:GetObject', 'kms:GenerateDataKey*']),
    'everything denied': role('Deny', '*'),
    'the account of a key': resources({
      Key: {
        Type: 'AWS::KMS::Key',
        Properties: { KeyPolicy: { Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] } },
      },
    }),
  },
  nonCompliant: {
    'a whole service': [role('Allow', ['s3:GetObject', 'sqs:*']), 'Role Properties.Policies'],
    everything: [role('Allow', '*'), 'Role Properties.Policies'],
  },
});

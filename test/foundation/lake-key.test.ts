import { RemovalPolicy } from 'aws-cdk-lib/core';
import { LakeKey } from '../../lib/foundation';
import { resourcesIn, testStack, theOnly } from '../support/stacks';

interface Key {
  readonly EnableKeyRotation: boolean;
  readonly Description: string;
  readonly KeyPolicy: { readonly Statement: { readonly Sid?: string }[] };
}

function statementOf(sid: string): unknown {
  const stack = testStack();
  new LakeKey(stack, 'Key');
  return theOnly<Key>(stack, 'AWS::KMS::Key').KeyPolicy.Statement.find(({ Sid }) => Sid === sid);
}

describe('LakeKey', () => {
  test('rotates and is retained', () => {
    const stack = testStack();
    new LakeKey(stack, 'Key');
    expect(Object.values(resourcesIn<Key>(stack))).toMatchObject([
      {
        Type: 'AWS::KMS::Key',
        Properties: { EnableKeyRotation: true, Description: 'encrypts the lakehouse' },
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      },
    ]);
  });

  test('takes a description and a removal policy', () => {
    const stack = testStack();
    new LakeKey(stack, 'Key', { description: 'mine', removalPolicy: RemovalPolicy.DESTROY });
    expect(Object.values(resourcesIn<Key>(stack))).toMatchObject([
      { Properties: { Description: 'mine' }, DeletionPolicy: 'Delete' },
    ]);
  });

  test('lets alarms of this account publish to encrypted topics', () => {
    expect(statementOf('AlarmsPublishToEncryptedTopics')).toEqual({
      Sid: 'AlarmsPublishToEncryptedTopics',
      Effect: 'Allow',
      Principal: { Service: 'cloudwatch.amazonaws.com' },
      Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
      Resource: '*',
      Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
    });
  });

  test('lets CloudWatch Logs of this region use it for log groups of this account', () => {
    expect(statementOf('LogGroupsOfThisAccount')).toMatchObject({
      Principal: { Service: 'logs.us-east-1.amazonaws.com' },
      Condition: {
        ArnLike: {
          'kms:EncryptionContext:aws:logs:arn': {
            'Fn::Join': [
              '',
              ['arn:', { Ref: 'AWS::Partition' }, ':logs:us-east-1:', { Ref: 'AWS::AccountId' }, ':log-group:*'],
            ],
          },
        },
      },
    });
  });
});

import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { AthenaWorkgroup } from '../../lib/consumption';
import { LakeKey, LakeNetwork } from '../../lib/foundation';
import { AirflowEnvironment, DagBundle } from '../../lib/orchestration';
import { BatchCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { KafkaBrokers, KafkaCluster } from '../../lib/streaming';
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

describe('A key of your own', () => {
  const HERE = { account: '123456789012', region: 'us-east-1' };

  test('is one of the region, whoever has it', () => {
    const [here, there] = ['us-east-1', 'eu-west-1'].map((region) => {
      const stack = testStack();
      const key = kms.Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${region}:210987654321:key/0a1b2c3d`);
      return () => LakeKey._letServicesUse(stack, key);
    });
    expect(here).not.toThrow();
    expect(there).toThrow(
      '\'encryptionKey\' must be a key in us-east-1, because AWS encrypts with none of another region, got "eu-west-1"; use a key of that region',
    );
  });

  test('is no alias, which policies cannot name', () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    const aliases = [
      kms.Alias.fromAliasName(stack, 'Theirs', 'alias/lake'),
      key.addAlias('alias/ours'),
      kms.Key.fromKeyArn(stack, 'Named', 'arn:aws:kms:us-east-1:123456789012:alias/lake'),
    ];
    for (const alias of aliases) {
      expect(() => LakeKey._letServicesUse(stack, alias)).toThrow(
        /'encryptionKey' must be a key itself, because policies that name its alias allow nothing, got .*; use kms.Key.fromLookup/,
      );
    }
  });

  test('is told of wherever it is given', () => {
    const stack = testStack();
    const encryptionKey = kms.Alias.fromAliasName(stack, 'Alias', 'alias/lake');
    const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a', 'us-east-1b'] });
    const storage = new LakeStorage(stack, 'Storage');
    const instanceType = new ec2.InstanceType('m7g.large');
    const bundle = { bucket: storage.artifacts, dagsPath: 'dags' };
    const dags = DagBundle.fromDagBundleAttributes(stack, 'Dags', bundle);
    const brokers = KafkaBrokers.provisioned({ instanceType });
    const users = [
      () => new LakeStorage(stack, 'Other', { encryptionKey }),
      () => new BatchCluster(stack, 'Batch', { vpc, storage, encryptionKey }),
      () => new KafkaCluster(stack, 'Kafka', { vpc, brokers, encryptionKey }),
      () => new AirflowEnvironment(stack, 'Airflow', { vpc, dags, encryptionKey }),
      () => new AthenaWorkgroup(stack, 'Workgroup', { results: storage.artifacts, encryptionKey }),
    ];
    for (const use of users) {
      expect(use).toThrow("'encryptionKey' must be a key itself");
    }
  });

  test.each([
    ['that knows no place', undefined, /must be a key of a stack with the same account and region, .*us-east-1, got/],
    ['of another account', { ...HERE, account: '210987654321' }, /give both stacks the same 'env'/],
  ])('is not defined in a stack %s', (_, env, message) => {
    const app = new App();
    const key = new kms.Key(new Stack(app, 'Theirs', { env }), 'Key');
    expect(() => LakeKey._letServicesUse(new Stack(app, 'Ours', { env: HERE }), key)).toThrow(message);
  });
});

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

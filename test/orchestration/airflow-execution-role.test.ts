import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { LakeNetwork } from '../../lib/foundation';
import { AirflowEnvironment, DagBundle } from '../../lib/orchestration';
import { answersIn, complianceOf, withAwsSolutions } from '../support/compliance';
import { resourcesIn, testStack } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';
import { FIT, OFFLINE, ZONES, build, bundle, pluginsOf, requirementsOf } from './environments';

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface Role {
  readonly AssumeRolePolicyDocument: { readonly Statement: unknown[] };
  readonly Policies?: { readonly PolicyDocument: { readonly Statement: Statement[] } }[];
}

/** The role of the environment: the one of a stack with a policy inside. */
function roleIn(stack: Stack): Role {
  const role = Object.entries(resourcesIn<Role>(stack, 'AWS::IAM::Role')).find(([id]) => id.startsWith('Airflow'));
  return role?.[1].Properties ?? { AssumeRolePolicyDocument: { Statement: [] } };
}

function statement(stack: Stack, sid: string): Statement | undefined {
  return roleIn(stack).Policies?.[0]?.PolicyDocument.Statement.find(({ Sid }) => Sid === sid);
}

describe('The role of an AirflowEnvironment', () => {
  test('is taken by the two services of MWAA, for this environment alone', () => {
    const { stack, environment } = build();
    const conditions = {
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      ArnLike: { 'aws:SourceArn': stack.resolve(environment.environmentArn) },
    };
    expect(roleIn(stack).AssumeRolePolicyDocument.Statement).toEqual(
      ['airflow.amazonaws.com', 'airflow-env.amazonaws.com'].map((Service) => ({
        Action: 'sts:AssumeRole',
        Effect: 'Allow',
        Principal: { Service },
        Condition: conditions,
      })),
    );
  });

  test('has its policy inside, so that the environment never starts before it', () => {
    const { stack } = build();
    expect(roleIn(stack).Policies).toHaveLength(1);
    const [whole] = Object.values(resourcesIn<{ ExecutionRoleArn: unknown }>(stack, 'AWS::MWAA::Environment'));
    expect(whole?.Properties.ExecutionRoleArn).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^AirflowRole/), 'Arn'],
    });
  });

  test('reads the files of Airflow in the bucket, and no others', () => {
    const stack = testStack();
    const dags = bundle({ requirements: requirementsOf(...OFFLINE), plugins: pluginsOf() }, stack);
    build({ dags }, stack);
    expect(statement(stack, 'ReadFiles')?.Resource).toEqual([
      stack.resolve(dags.bucket.arnForObjects('airflow/dags/*')),
      stack.resolve(dags.bucket.arnForObjects('airflow/requirements/*')),
      stack.resolve(dags.bucket.arnForObjects('airflow/plugins/*')),
    ]);
    expect(statement(stack, 'LookAtBucket')?.Resource).toEqual(stack.resolve(dags.bucket.bucketArn));
  });

  test('reads the folder of DAGs that are there already, the one file of their requirements, and the folder of their plugins', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs');
    const dags = DagBundle.fromDagBundleAttributes(stack, 'Dags', {
      bucket,
      dagsPath: 'dags',
      requirementsPath: 'requirements.txt',
      pluginsPath: 'p/plugins.zip',
    });
    build({ dags }, stack);
    expect(statement(stack, 'ReadFiles')?.Resource).toEqual(
      ['dags/*', 'requirements.txt', 'p/*'].map((key) => stack.resolve(bucket.arnForObjects(key))),
    );
  });

  test('has the queue of the service, its own logs, and the key by way of the queue and the bucket', () => {
    const { stack, environment } = build();
    expect(JSON.stringify(statement(stack, 'QueueTasks')?.Resource)).toContain(':sqs:us-east-1:*:airflow-celery-*');
    expect(JSON.stringify(statement(stack, 'Log')?.Resource)).toContain(
      `:log-group:airflow-${environment.environmentName}-*`,
    );
    expect(statement(stack, 'UseKey')).toMatchObject({
      Resource: stack.resolve(environment.encryptionKey.keyArn),
      Condition: { StringLike: { 'kms:ViaService': ['sqs.us-east-1.amazonaws.com', 's3.us-east-1.amazonaws.com'] } },
    });
    expect(statement(stack, 'CheckPublicAccess')).toMatchObject({ Action: 's3:GetAccountPublicAccessBlock' });
  });

  test('decrypts files of a bucket that has another key', () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'BucketKey');
    const bucket = new s3.Bucket(stack, 'Files', { ...FIT, encryptionKey: key });
    build({ dags: bundle({ bucket }, stack) }, stack);
    expect(statement(stack, 'ReadEncryptedFiles')).toMatchObject({
      Action: 'kms:Decrypt',
      Resource: stack.resolve(key.keyArn),
    });
    expect(statement(build().stack, 'ReadEncryptedFiles')).toBeUndefined();
  });

  test('gets what is granted to the environment', () => {
    const { stack, environment } = build();
    const topic = 'arn:aws:sns:us-east-1:123456789012:done';
    iam.Grant.addToPrincipal({ grantee: environment, actions: ['sns:Publish'], resourceArns: [topic] });
    const policies = resourcesIn<{ Roles: unknown[] }>(stack, 'AWS::IAM::Policy');
    const own = Object.values(policies).filter(({ Properties }) => JSON.stringify(Properties).includes(topic));
    expect(own.map(({ Properties }) => Properties.Roles)).toEqual([
      [stack.resolve(environment.executionRole.roleName)],
    ]);
  });

  test('has no open finding in another app, under other names', () => {
    const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
    const stack = new Stack(app, 'Theirs');
    const part = new Construct(stack, 'Analytics');
    const bucket = new s3.Bucket(part, 'Files', { ...FIT, enforceSSL: true, serverAccessLogsPrefix: 'access/' });
    const dags = DagBundle.fromDagBundleAttributes(part, 'Flows', {
      bucket,
      dagsPath: 'flows',
      requirementsPath: 'r/requirements.txt',
      pluginsPath: 'p/plugins.zip',
    });
    const { vpc } = new LakeNetwork(part, 'Net', { availabilityZones: ZONES });
    new AirflowEnvironment(part, 'Scheduler', { vpc, dags });
    const { open, answered } = complianceOf(withAwsSolutions(app));
    expect(open).toEqual([]);
    const used = new Set(answered.map(({ acknowledgedAt, acknowledgedId }) => `${acknowledgedAt} ${acknowledgedId}`));
    const given = answersIn(app).filter(({ id }) => id.startsWith('AwsSolutions::'));
    expect(given.filter(({ construct, id }) => !used.has(`${construct} ${id}`))).toEqual([]);
  });
});

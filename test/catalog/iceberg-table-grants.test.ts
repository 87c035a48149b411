import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Template } from 'aws-cdk-lib/assertions';
import { App, Stack } from 'aws-cdk-lib/core';
import type { IcebergTable } from '../../lib/catalog';
import { tableIn } from './fixtures';

interface Statement {
  readonly Action: unknown;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const BUCKET = { 'Fn::GetAtt': ['Bucket83908E77', 'Arn'] };
const objects = (below: string) => ({ 'Fn::Join': ['', [BUCKET, `/silver/trips/${below}*`]] });

/** The statements a grant adds to a role's policy. */
function statementsOf(grant: (table: IcebergTable, role: iam.Role) => iam.Grant, encrypted: boolean): Statement[] {
  const stack = new Stack(new App(), 'Lake', { env: { account: '123456789012', region: 'eu-west-1' } });
  const encryptionKey = encrypted ? new kms.Key(stack, 'Key') : undefined;
  const bucket = new s3.Bucket(stack, 'Bucket', { encryptionKey });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  expect(grant(tableIn({ stack, bucket }), role).success).toBe(true);
  const [policy] = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  return policy?.Properties.PolicyDocument.Statement;
}

const GLUE = ['catalog', 'database/silver', 'table/silver/trips'].map((resource) => ({
  'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, `:glue:eu-west-1:123456789012:${resource}`]],
}));
const LIST: Statement = {
  Action: 's3:ListBucket',
  Resource: BUCKET,
  Condition: { StringLike: { 's3:prefix': ['silver/trips', 'silver/trips/*'] } },
};
const WRITE_OBJECTS = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

function allow(statement: Statement): object {
  return { Effect: 'Allow', ...statement };
}

describe('IcebergTableGrants', () => {
  test('lets a reader read the entry, the listing and the files of the table, and no more', () => {
    expect(statementsOf((table, role) => table.grants.read(role), false)).toEqual(
      [
        { Action: ['glue:GetDatabase', 'glue:GetTable'], Resource: GLUE },
        LIST,
        { Action: 's3:GetBucketLocation', Resource: BUCKET },
        { Action: 's3:GetObject', Resource: objects('') },
      ].map(allow),
    );
  });

  test('lets a writer commit and add files, and read the metadata alone', () => {
    expect(statementsOf((table, role) => table.grants.write(role), false)).toEqual(
      [
        { Action: ['glue:GetDatabase', 'glue:GetTable', 'glue:UpdateTable'], Resource: GLUE },
        LIST,
        { Action: ['s3:GetBucketLocation', 's3:ListBucketMultipartUploads'], Resource: BUCKET },
        { Action: 's3:GetObject', Resource: objects('metadata/') },
        { Action: WRITE_OBJECTS, Resource: objects('') },
      ].map(allow),
    );
  });

  test('lets one who reads and writes do both', () => {
    const statements = statementsOf((table, role) => table.grants.readWrite(role), false);
    expect(statements.slice(3)).toEqual(
      [
        { Action: 's3:GetObject', Resource: objects('') },
        { Action: WRITE_OBJECTS, Resource: objects('') },
      ].map(allow),
    );
  });

  test.each([
    ['read', 'kms:Decrypt'],
    ['write', ['kms:Decrypt', 'kms:GenerateDataKey']],
    ['readWrite', ['kms:Decrypt', 'kms:GenerateDataKey']],
  ] as const)('%s covers the key of the bucket', (access, Action) => {
    const statements = statementsOf((table, role) => table.grants[access](role), true);
    expect(statements.at(-1)).toEqual(allow({ Action, Resource: { 'Fn::GetAtt': ['Key961B73FD', 'Arn'] } }));
  });
});

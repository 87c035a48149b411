import { Match, Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { build, clusterOf, plainCluster } from './clusters';

interface Role {
  readonly Description: string;
  readonly Policies: { readonly PolicyDocument: { readonly Statement: Statement[] } }[];
}

interface Statement {
  readonly Sid: string;
  readonly Action: unknown;
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

describe('BatchCluster security', () => {
  test('encrypts S3 and local disks with the key and wants version 2 of the metadata service', () => {
    const { stack } = plainCluster();
    expect(theOnly(stack, 'AWS::EMR::SecurityConfiguration')).toMatchObject({
      SecurityConfiguration: {
        EncryptionConfiguration: {
          EnableAtRestEncryption: true,
          EnableInTransitEncryption: false,
          AtRestEncryptionConfiguration: {
            S3EncryptionConfiguration: { EncryptionMode: 'SSE-KMS' },
            LocalDiskEncryptionConfiguration: { EncryptionKeyProviderType: 'AwsKms', EnableEbsEncryption: true },
          },
        },
        InstanceMetadataServiceConfiguration: { MinimumInstanceMetadataServiceVersion: 2 },
      },
    });
  });

  test('uses the key it is given', () => {
    const stack = testStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Mine', 'arn:aws:kms:us-east-1:123456789012:key/mine');
    build({ encryptionKey }, stack);
    expect(JSON.stringify(theOnly(stack, 'AWS::EMR::SecurityConfiguration'))).toContain('key/mine');
  });

  test('encrypts traffic between the nodes with certificates, which its instances may read', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Certificates', 'certificates');
    build({ transitCertificates: { bucket, objectKey: 'emr.zip' } }, stack);
    expect(theOnly(stack, 'AWS::EMR::SecurityConfiguration')).toMatchObject({
      SecurityConfiguration: {
        EncryptionConfiguration: {
          EnableInTransitEncryption: true,
          InTransitEncryptionConfiguration: {
            TLSCertificateConfiguration: { CertificateProviderType: 'PEM', S3Object: 's3://certificates/emr.zip' },
          },
        },
      },
    });
    expect(JSON.stringify(resourcesIn(stack, 'AWS::IAM::Policy'))).toContain(':s3:::certificates/emr.zip');
  });

  test('opens between the nodes all ports, and to the EMR service only its own two', () => {
    const { stack } = plainCluster();
    const rules = Object.values(
      resourcesIn<{ IpProtocol: string; FromPort: number; ToPort: number; Description: string }>(
        stack,
        'AWS::EC2::SecurityGroupIngress',
      ),
    ).map(({ Properties }) => Properties);
    const between = rules.filter(({ Description }) => Description === 'between the nodes');
    expect(between.map(({ IpProtocol }) => IpProtocol).filter((protocol) => protocol === 'tcp')).toHaveLength(4);
    expect(new Set(between.map(({ IpProtocol }) => IpProtocol))).toEqual(new Set(['tcp', 'udp', 'icmp']));
    const service = rules.filter(({ Description }) => Description !== 'between the nodes');
    expect(service.map(({ FromPort }) => String(FromPort)).toSorted()).toEqual(['8443', '8443', '9443']);
  });

  test('opens nothing to the world', () => {
    const { stack } = plainCluster();
    const groups = resourcesIn<{ SecurityGroupIngress?: unknown }>(stack, 'AWS::EC2::SecurityGroup');
    expect(Object.values(groups).filter(({ Properties }) => Properties.SecurityGroupIngress !== undefined)).toEqual([]);
    expect(JSON.stringify(resourcesIn(stack, 'AWS::EC2::SecurityGroupIngress'))).not.toContain('Cidr');
  });

  test('can be connected to other things', () => {
    const stack = testStack();
    const { cluster } = build({}, stack);
    cluster.connections.allowFromAnyIpv4(ec2.Port.tcp(18080), 'history');
    const groups = JSON.stringify(resourcesIn(stack, 'AWS::EC2::SecurityGroup'));
    expect(groups.match(/"FromPort":18080/g)).toHaveLength(2);
  });

  test('uses no managed policy and launches only in its own subnets and groups', () => {
    const { stack } = plainCluster();
    const template = Template.fromStack(stack);
    template.allResourcesProperties('AWS::IAM::Role', { ManagedPolicyArns: Match.absent() });
    const [launch] = Object.values(resourcesIn<Role>(stack, 'AWS::IAM::Role'))
      .filter(({ Properties }) => Properties.Description === 'Role with which EMR runs a cluster')
      .map(({ Properties }) => Properties.Policies[0]?.PolicyDocument.Statement ?? []);
    const statement = (sid: string) => launch?.find(({ Sid }) => Sid === sid);
    expect(statement('CreateInOwnNetwork')?.Resource).toHaveLength(5);
    expect(JSON.stringify(statement('CreateInOwnNetwork')?.Resource)).not.toContain('*');
    expect(statement('CreateTaggedInstances')?.Condition).toEqual({
      StringEquals: { 'aws:RequestTag/for-use-with-amazon-emr-managed-policies': 'true' },
    });
  });

  test('lets EMR and the instances encrypt disks with the key, and EMR lend it to what it launches', () => {
    const { stack } = plainCluster();
    const statements = Object.values(resourcesIn<Role>(stack, 'AWS::IAM::Role')).flatMap(({ Properties }) =>
      (Properties.Policies ?? []).flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
    );
    const disk = ['kms:Encrypt', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
    const allowed = (sid: string) => statements.find(({ Sid }) => Sid === sid);
    expect(allowed('EncryptLocalDisks')?.Action).toEqual(disk);
    expect(allowed('EncryptDisks')?.Action).toEqual(expect.arrayContaining(disk));
    expect(allowed('LetInstancesUseDisks')).toMatchObject({
      Action: 'kms:CreateGrant',
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    });
  });

  test('carries the tag that its service role goes by', () => {
    expect(clusterOf().Tags).toContainEqual({ Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' });
  });

  test('lets its instances write logs and nothing else of the lake', () => {
    const { stack } = plainCluster();
    const roles = JSON.stringify(resourcesIn(stack, 'AWS::IAM::Role'));
    expect(roles).toContain('"/logs/*"');
    const policies = Object.values(resourcesIn<{ PolicyName: string }>(stack, 'AWS::IAM::Policy'));
    expect(policies.map(({ Properties }) => Properties.PolicyName)).toEqual([expect.stringContaining('FlowLog')]);
  });
});

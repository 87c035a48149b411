import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy, Token } from 'aws-cdk-lib/core';
import {
  BatchCluster,
  EmrRelease,
  InstanceArchitecture,
  ServerlessSpark,
  type ServerlessSparkProps,
} from '../../lib/processing';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import type { Cluster } from './clusters';
import { type Ground, ground, logGroupOf, policyOf, statementsIn, text } from './ground';

interface Application {
  readonly RuntimeConfiguration: { readonly Classification: string; readonly Properties: object }[];
  readonly [property: string]: unknown;
}

interface Built extends Ground {
  readonly spark: ServerlessSpark;
}

function build(props: Partial<ServerlessSparkProps> = {}): Built {
  const made = ground();
  return { ...made, spark: new ServerlessSpark(made.stack, 'Spark', { ...made, ...props }) };
}

function applicationOf(props?: Partial<ServerlessSparkProps>): Application {
  return theOnly<Application>(build(props).stack, 'AWS::EMRServerless::Application');
}

describe('ServerlessSpark', () => {
  test('starts with a job, stops after a quarter of an hour, and stays within the quota of a new account', () => {
    expect(applicationOf()).toMatchObject({
      Type: 'SPARK',
      ReleaseLabel: 'emr-7.14.0',
      Architecture: 'X86_64',
      AutoStartConfiguration: { Enabled: true },
      AutoStopConfiguration: { Enabled: true, IdleTimeoutMinutes: 15 },
      MaximumCapacity: { Cpu: '16 vCPU', Memory: '64 GB', Disk: '80 GB' },
    });
  });

  test('keeps nothing warm, which would cost between jobs', () => {
    expect(applicationOf().InitialCapacity).toBeUndefined();
  });

  test.each([
    [{ maxVcpus: 40 }, { MaximumCapacity: { Cpu: '40 vCPU', Memory: '160 GB', Disk: '200 GB' } }],
    [{ idleTimeout: Duration.hours(1) }, { AutoStopConfiguration: { Enabled: true, IdleTimeoutMinutes: 60 } }],
    [{ autoStart: false }, { AutoStartConfiguration: { Enabled: false } }],
    [{ release: EmrRelease.EMR_SPARK_8_1_0 }, { ReleaseLabel: 'emr-spark-8.1.0' }],
    [{ architecture: InstanceArchitecture.ARM_64 }, { Architecture: 'ARM64' }],
    [{ vpcSubnets: { availabilityZones: ['us-east-1b'] } }, { NetworkConfiguration: { SubnetIds: [{}] } }],
  ])('with %j has %j', (props, expected) => {
    expect(applicationOf(props)).toMatchObject(expected);
  });

  test('tells Spark what a cluster tells it, and where Iceberg is', () => {
    const made = ground();
    new BatchCluster(made.stack, 'Cluster', { ...made, sparkDefaults: { 'spark.sql.session.timeZone': 'CET' } });
    const ofCluster = theOnly<Cluster>(made.stack, 'AWS::EMR::Cluster').Configurations.find(
      ({ Classification }) => Classification === 'spark-defaults',
    );
    expect(applicationOf({ sparkDefaults: { 'spark.sql.session.timeZone': 'CET' } }).RuntimeConfiguration).toEqual([
      {
        Classification: 'spark-defaults',
        Properties: {
          'spark.jars': '/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar',
          ...ofCluster?.ConfigurationProperties,
        },
      },
    ]);
  });

  test('runs in private subnets, in a group of its own that lets nobody in', () => {
    const { stack, spark } = build();
    expect(theOnly(stack, 'AWS::EMRServerless::Application')).toMatchObject({
      NetworkConfiguration: { SubnetIds: [{}, {}], SecurityGroupIds: [{}] },
    });
    expect(theOnly<object>(stack, 'AWS::EC2::SecurityGroup')).not.toHaveProperty('SecurityGroupIngress');
    expect(spark.connections.securityGroups).toHaveLength(1);
  });

  test('logs to the lake with its key, and what the driver says to a log group with a key', () => {
    const { stack, encryptionKey } = build();
    const key = stack.resolve(encryptionKey.keyArn);
    const { MonitoringConfiguration } = theOnly<Application>(stack, 'AWS::EMRServerless::Application');
    expect(MonitoringConfiguration).toMatchObject({
      S3MonitoringConfiguration: { EncryptionKeyArn: key },
      ManagedPersistenceMonitoringConfiguration: { Enabled: false },
      CloudWatchLoggingConfiguration: {
        Enabled: true,
        LogGroupName: { Ref: expect.stringMatching(/^SparkLogs/) },
        LogTypeMap: [{ Key: 'SPARK_DRIVER', Value: ['STDOUT', 'STDERR'] }],
      },
    });
    const { LogUri } = (MonitoringConfiguration as { S3MonitoringConfiguration: { LogUri: unknown } })
      .S3MonitoringConfiguration;
    expect(text(LogUri)).toMatch(/^s3:\/\/<StorageArtifacts\w+>\/logs\/emr-serverless\/$/);
    const group = logGroupOf(stack, 'SparkLogs');
    expect(group).toMatchObject({
      Properties: { RetentionInDays: 90, KmsKeyId: key },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
  });

  test('logs as long, with the key and until when it is told', () => {
    const { stack } = build({
      encryptionKey: undefined,
      logRetention: logs.RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const group = logGroupOf(stack, 'SparkLogs');
    expect(group).toMatchObject({ Properties: { RetentionInDays: 7 }, DeletionPolicy: 'Delete' });
    expect(JSON.stringify(group)).toContain('SparkKey');
  });

  test('gives jobs a role that leaves logs and does nothing else, for this application alone', () => {
    const { stack, spark } = build();
    const trust = Object.values(
      resourcesIn<{ AssumeRolePolicyDocument: { Statement: { Principal: { Service: string }; Condition: object }[] } }>(
        stack,
        'AWS::IAM::Role',
      ),
    ).flatMap(({ Properties }) => Properties.AssumeRolePolicyDocument.Statement);
    expect(trust.find(({ Principal }) => Principal.Service === 'emr-serverless.amazonaws.com')?.Condition).toEqual({
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
      ArnLike: { 'aws:SourceArn': stack.resolve(`${spark.applicationArn}*`) },
    });
    const { WriteLogs, FindLogGroup, WriteToLogGroup, UseKey, ...others } = statementsIn(stack);
    expect(others).toEqual({});
    expect(text(WriteLogs?.Resource)).toMatch(/<StorageArtifacts\w+\.Arn>\/logs\/emr-serverless\/\*$/);
    expect([WriteLogs?.Action, FindLogGroup?.Action]).toEqual(['s3:PutObject', 'logs:DescribeLogGroups']);
    expect(text(WriteToLogGroup?.Resource)).toMatch(/^<SparkLogs\w+\.Arn>$/);
    expect(UseKey?.Action).toEqual(['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey']);
    expect(spark.grantPrincipal).toBe(spark.jobRole.grantPrincipal);
  });

  test('lets a grantee run jobs with its role and no other', () => {
    const { stack, spark } = build();
    const analyst = new iam.Role(stack, 'Analyst', { assumedBy: new iam.AccountRootPrincipal() });
    spark.grants.run(analyst);
    const statements = policyOf(stack, 'Analyst');
    expect(statements.map(({ Action, Resource }) => [[Action].flat().length, text(Resource)])).toEqual([
      [3, expect.stringMatching(/^<Spark\w+\.Arn>$/)],
      [4, expect.stringMatching(/^<Spark\w+\.Arn>\/jobruns\/\*$/)],
      [1, expect.stringMatching(/^<SparkJobRole\w+\.Arn>$/)],
    ]);
    expect(statements[2]).toMatchObject({
      Action: 'iam:PassRole',
      Condition: { StringEquals: { 'iam:PassedToService': 'emr-serverless.amazonaws.com' } },
    });
  });

  test('has metrics of its id and its name, as EMR Serverless emits them', () => {
    const { stack, spark } = build();
    const metric = spark.metric('CPUAllocated', { period: Duration.minutes(5) });
    expect(metric).toMatchObject({ namespace: 'AWS/EMRServerless', metricName: 'CPUAllocated' });
    expect(metric.period.toMinutes()).toBe(5);
    expect(stack.resolve(metric.dimensions)).toEqual({
      ApplicationId: stack.resolve(spark.applicationId),
      ApplicationName: theOnly<Application>(stack, 'AWS::EMRServerless::Application').Name,
    });
  });

  test('refers to an application that exists', () => {
    const stack = testStack();
    const jobRole = iam.Role.fromRoleArn(stack, 'Role', 'arn:aws:iam::123456789012:role/jobs');
    const securityGroups = [ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1')];
    const attributes = { applicationId: '00abc', applicationName: 'adhoc', jobRole, securityGroups };
    const spark = ServerlessSpark.fromServerlessSparkAttributes(stack, 'Spark', attributes);
    expect(text(stack.resolve(spark.applicationArn))).toMatch(/:emr-serverless:us-east-1:<.*>:\/applications\/00abc$/);
    expect(spark.metric('CPUAllocated').dimensions).toEqual({ ApplicationId: '00abc', ApplicationName: 'adhoc' });
    expect(spark.grantPrincipal).toBe(jobRole.grantPrincipal);
    expect(spark.connections.securityGroups).toEqual(securityGroups);
  });

  test.each([0, 4, 18, 16.5, Number.NaN])('fails with %d vCPUs', (maxVcpus) => {
    expect(() => build({ maxVcpus })).toThrow(
      `'maxVcpus' must be a multiple of 4 of at least 8, because driver and executors have 4 each, got ${maxVcpus}; use 16, which is the quota of a new account`,
    );
  });

  test('fails with vCPUs that only the deployment knows, from which memory and disk are counted', () => {
    expect(() => build({ maxVcpus: Token.asNumber({ Ref: 'Most' }) })).toThrow(
      /'maxVcpus' must be a multiple of 4 .*, got "\$\{Token\}"/,
    );
  });

  test.each([
    [Duration.seconds(90), '1 minute 30 seconds'],
    [Duration.days(8), '8 days'],
    [Duration.minutes(0), '0 minutes'],
  ])('fails with an idle time-out of %s', (idleTimeout, told) => {
    expect(() => build({ idleTimeout })).toThrow(
      `'idleTimeout' must be between 1 minute and 7 days, in whole minutes, got "${told}"; use for example Duration.minutes(15)`,
    );
  });
});

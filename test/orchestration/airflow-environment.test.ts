import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { RemovalPolicy, type Stack } from 'aws-cdk-lib/core';
import { LakeKey } from '../../lib/foundation';
import {
  AirflowLogLevel,
  AirflowSize,
  AirflowVersion,
  DagBundle,
  WebserverAccess,
  WorkerReplacement,
} from '../../lib/orchestration';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { OFFLINE, build, bundle, environmentOf, pluginsOf, requirementsOf } from './environments';

/** What happens to the resources of the environment. */
function policies(stack: Stack): (string | undefined)[] {
  return Object.entries(resourcesIn(stack))
    .filter(([id]) => id.startsWith('Airflow'))
    .map(([, { DeletionPolicy }]) => DeletionPolicy);
}

describe('AirflowEnvironment', () => {
  test('runs Airflow 3.0.6, small, as MWAA counts by default, in private reach alone', () => {
    expect(environmentOf()).toMatchObject({
      AirflowVersion: '3.0.6',
      EnvironmentClass: 'mw1.small',
      MinWorkers: 1,
      MaxWorkers: 10,
      Schedulers: 2,
      MinWebservers: 2,
      MaxWebservers: 2,
      WebserverAccessMode: 'PRIVATE_ONLY',
      EndpointManagement: 'SERVICE',
    });
  });

  test('has one of everything when it is micro', () => {
    expect(environmentOf({ size: AirflowSize.MICRO })).toMatchObject({
      EnvironmentClass: 'mw1.micro',
      MinWorkers: 1,
      MaxWorkers: 1,
      Schedulers: 1,
      MinWebservers: 1,
      MaxWebservers: 1,
    });
  });

  test.each([
    [{ version: AirflowVersion.V3_3_1 }, { AirflowVersion: '3.3.1' }],
    [{ size: AirflowSize.XLARGE2 }, { EnvironmentClass: 'mw1.2xlarge' }],
    [
      { minWorkers: 3, maxWorkers: 25 },
      { MinWorkers: 3, MaxWorkers: 25 },
    ],
    [{ minWorkers: 12 }, { MinWorkers: 12, MaxWorkers: 12 }],
    [{ schedulers: 5 }, { Schedulers: 5 }],
    [{ minWebservers: 3 }, { MinWebservers: 3, MaxWebservers: 3 }],
    [{ maxWebservers: 5 }, { MinWebservers: 2, MaxWebservers: 5 }],
    [{ access: WebserverAccess.PUBLIC_ONLY }, { WebserverAccessMode: 'PUBLIC_ONLY' }],
    [
      { access: WebserverAccess.PUBLIC_AND_PRIVATE, version: AirflowVersion.V3_2_1 },
      { WebserverAccessMode: 'PUBLIC_AND_PRIVATE' },
    ],
    [
      { airflowConfiguration: { 'lakehouse.environment': 'dev' } },
      { AirflowConfigurationOptions: { 'lakehouse.environment': 'dev' } },
    ],
    [{ weeklyMaintenanceWindowStart: 'SUN:03:30' }, { WeeklyMaintenanceWindowStart: 'SUN:03:30' }],
    [{ workerReplacement: WorkerReplacement.GRACEFUL }, { WorkerReplacementStrategy: 'GRACEFUL' }],
    [{ environmentName: 'nightly' }, { Name: 'nightly' }],
  ])('with %j has %j', (props, expected) => {
    expect(environmentOf(props)).toMatchObject(expected);
  });

  test('leaves to MWAA what nobody says', () => {
    const environment = environmentOf();
    for (const name of ['AirflowConfigurationOptions', 'WeeklyMaintenanceWindowStart', 'WorkerReplacementStrategy']) {
      expect(environment).not.toHaveProperty(name);
    }
  });

  test('has a name from its place', () => {
    expect(environmentOf().Name).toMatch(/^Test-Airflow-[0-9A-F]{8}$/);
  });

  test('reads the DAGs, the requirements and the plugins of its bundle, when they are there', () => {
    const stack = testStack();
    const dags = bundle({ requirements: requirementsOf(...OFFLINE, 'six==1.17.0'), plugins: pluginsOf() }, stack);
    const environment = environmentOf({ dags }, stack);
    expect(environment).toMatchObject({
      SourceBucketArn: stack.resolve(dags.bucket.bucketArn),
      DagS3Path: 'airflow/dags',
      RequirementsS3Path: dags.requirementsPath,
      PluginsS3Path: dags.pluginsPath,
    });
    const [whole] = Object.values(resourcesIn(stack, 'AWS::MWAA::Environment'));
    const copies = Object.keys(resourcesIn(stack, 'Custom::CDKBucketDeployment'));
    expect(copies).toHaveLength(3);
    expect(whole?.DependsOn).toEqual(expect.arrayContaining(copies));
  });

  test('has no requirements and no plugins where its bundle has none', () => {
    const environment = environmentOf();
    expect(Object.keys(environment).filter((name) => /^(Requirements|Plugins)S3/.test(name))).toEqual([]);
  });

  test('takes DAGs that are there already, with the versions of their requirements and plugins', () => {
    const stack = testStack();
    const dags = DagBundle.fromDagBundleAttributes(stack, 'Dags', {
      bucket: s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs'),
      dagsPath: 'dags',
      requirementsPath: 'requirements.txt',
      requirementsObjectVersion: 'v1',
      pluginsPath: 'plugins.zip',
      pluginsObjectVersion: 'v2',
    });
    expect(environmentOf({ dags }, stack)).toMatchObject({
      DagS3Path: 'dags',
      RequirementsS3Path: 'requirements.txt',
      RequirementsS3ObjectVersion: 'v1',
      PluginsS3Path: 'plugins.zip',
      PluginsS3ObjectVersion: 'v2',
    });
  });

  test('logs everything, tasks with what happens, for three months and encrypted, before it starts', () => {
    const { stack, environment } = build();
    const groups = resourcesIn<{ LogGroupName?: string }>(stack, 'AWS::Logs::LogGroup');
    const own = Object.entries(groups).filter(([id]) => id.startsWith('Airflow'));
    const key = stack.resolve(environment.encryptionKey.keyArn);
    const kinds = ['DAGProcessing', 'Scheduler', 'Task', 'WebServer', 'Worker'];
    expect(own.map(([, { Properties }]) => Properties)).toEqual(
      kinds.map((kind) => ({
        LogGroupName: `airflow-${environment.environmentName}-${kind}`,
        RetentionInDays: 90,
        KmsKeyId: key,
      })),
    );
    expect(Object.keys(environment.logGroups)).toEqual(kinds);
    const [whole] = Object.values(resourcesIn(stack, 'AWS::MWAA::Environment'));
    expect(whole?.DependsOn).toEqual(expect.arrayContaining(own.map(([id]) => id)));
    const warning = { Enabled: true, LogLevel: 'WARNING' };
    expect(whole?.Properties).toMatchObject({
      LoggingConfiguration: {
        DagProcessingLogs: warning,
        SchedulerLogs: warning,
        TaskLogs: { Enabled: true, LogLevel: 'INFO' },
        WebserverLogs: warning,
        WorkerLogs: warning,
      },
    });
  });

  test('logs as long and as much as it is told', () => {
    const { stack } = build({ logLevel: AirflowLogLevel.DEBUG, logRetention: logs.RetentionDays.ONE_WEEK });
    const groups = Object.entries(resourcesIn(stack, 'AWS::Logs::LogGroup')).filter(([id]) => id.startsWith('Airflow'));
    expect(groups.map(([, { Properties }]) => Properties)).toEqual(
      Array.from({ length: 5 }, () => expect.objectContaining({ RetentionInDays: 7 })),
    );
    expect(theOnly(stack, 'AWS::MWAA::Environment')).toMatchObject({
      LoggingConfiguration: { SchedulerLogs: { LogLevel: 'DEBUG' }, TaskLogs: { LogLevel: 'INFO' } },
    });
  });

  test('is encrypted with a key that CloudWatch Logs may use, or with yours', () => {
    const { stack, environment } = build();
    expect(theOnly(stack, 'AWS::MWAA::Environment')).toMatchObject({
      KmsKey: stack.resolve(environment.encryptionKey.keyArn),
    });
    const [, key] = Object.entries(resourcesIn(stack, 'AWS::KMS::Key')).find(([id]) => id.startsWith('Airflow')) ?? [];
    expect(JSON.stringify(key?.Properties)).toContain('logs.us-east-1.amazonaws.com');
    const other = testStack('Other');
    const encryptionKey = new LakeKey(other, 'Mine').key;
    expect(environmentOf({ encryptionKey }, other)).toMatchObject({ KmsKey: other.resolve(encryptionKey.keyArn) });
    expect(Object.keys(resourcesIn(other, 'AWS::KMS::Key'))).toHaveLength(1);
  });

  test('stays when it leaves the stack, with all it needs, unless told otherwise', () => {
    expect(new Set(policies(build().stack))).toEqual(new Set(['RetainExceptOnCreate']));
    const destroyed = policies(build({ removalPolicy: RemovalPolicy.DESTROY }).stack);
    expect(new Set(destroyed)).toEqual(new Set(['Delete']));
    expect(destroyed.length).toBeGreaterThan(9);
  });
});

import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib/core';
import {
  BatchCluster,
  BatchJobFlow,
  type BatchJobFlowProps,
  EmrRelease,
  InstanceArchitecture,
} from '../../lib/processing';
import { resourcesIn, theOnly } from '../support/stacks';
import { type Cluster, types } from './clusters';
import {
  type Ground,
  type Machine,
  callsOf,
  flawsOf,
  ground,
  logGroupOf,
  machineIn,
  policyOf,
  statementsIn,
  text,
} from './ground';

interface Fleet {
  readonly Name: string;
  readonly InstanceFleetType: string;
  readonly TargetSpotCapacity?: number;
  readonly [member: string]: unknown;
}

/** What the machine asks of RunJobFlow. */
interface Request {
  readonly Instances: { readonly InstanceFleets: Fleet[]; readonly [member: string]: unknown };
  readonly Configurations: object[];
  readonly Tags: { readonly Key: string; readonly Value: string }[];
  readonly [member: string]: unknown;
}

interface Built extends Ground {
  readonly flow: BatchJobFlow;
}

function build(props: Partial<BatchJobFlowProps> = {}): Built {
  const made = ground();
  return { ...made, flow: new BatchJobFlow(made.stack, 'Backfill', { ...made, ...props }) };
}

/** A configuration of a template as RunJobFlow takes it. */
function inWordsOfTheApi({ ConfigurationProperties: properties = {}, ...rest }: Cluster['Configurations'][0]): object {
  return {
    ...rest,
    ...(rest.Configurations === undefined
      ? { Properties: Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, text(value)])) }
      : { Configurations: (rest.Configurations as Cluster['Configurations']).map(inWordsOfTheApi) }),
  };
}

let plain: Machine | undefined;

/** The machine of a flow; of the plain one, made once, when nothing is asked for. */
function machineOf(props?: Partial<BatchJobFlowProps>): Machine {
  return props === undefined ? (plain ??= machineIn(build().stack)) : machineIn(build(props).stack);
}

function requestOf({ States }: Machine): Request {
  return States.Run?.Arguments as Request;
}

describe('BatchJobFlow', () => {
  test('is no cluster between runs', () => {
    const { stack } = build();
    expect(resourcesIn(stack, 'AWS::EMR::Cluster')).toEqual({});
    expect(Object.keys(resourcesIn(stack, 'AWS::EMR::SecurityConfiguration'))).toHaveLength(1);
    expect(Object.keys(resourcesIn(stack, 'AWS::IAM::InstanceProfile'))).toHaveLength(1);
  });

  test('asks for the fleets of a batch cluster, in the words of the API', () => {
    const sizes = { coreUnits: 3, maxTaskUnits: 20, onDemandTaskUnits: 5, spotTimeout: Duration.minutes(7) };
    const { Instances, ManagedScalingPolicy } = requestOf(machineOf(sizes));
    expect(Instances.InstanceFleets).toEqual([
      expect.objectContaining({ Name: 'Primary', InstanceFleetType: 'MASTER', TargetOnDemandCapacity: 1 }),
      expect.objectContaining({ Name: 'Core', InstanceFleetType: 'CORE', TargetOnDemandCapacity: 3 }),
      expect.objectContaining({
        Name: 'Task',
        InstanceFleetType: 'TASK',
        TargetSpotCapacity: 1,
        LaunchSpecifications: {
          SpotSpecification: {
            AllocationStrategy: 'price-capacity-optimized',
            TimeoutAction: 'SWITCH_TO_ON_DEMAND',
            TimeoutDurationMinutes: 7,
          },
        },
      }),
    ]);
    expect(ManagedScalingPolicy).toEqual({
      ComputeLimits: {
        UnitType: 'InstanceFleetUnits',
        MinimumCapacityUnits: 3,
        MaximumCapacityUnits: 23,
        MaximumCoreCapacityUnits: 3,
        MaximumOnDemandCapacityUnits: 8,
      },
    });
  });

  test('asks for a volume for each unit', () => {
    const [, , task] = requestOf(machineOf()).Instances.InstanceFleets;
    const volume = { VolumeSpecification: { VolumeType: 'gp3', SizeInGB: 64 }, VolumesPerInstance: 2 };
    expect(task?.InstanceTypeConfigs).toContainEqual({
      InstanceType: 'r5.2xlarge',
      WeightedCapacity: 2,
      EbsConfiguration: { EbsBlockDeviceConfigs: [volume] },
    });
  });

  test('has Spot on task nodes alone', () => {
    const fleets = requestOf(machineOf()).Instances.InstanceFleets;
    expect(fleets.filter((fleet) => /Spot/.test(JSON.stringify(fleet))).map(({ Name }) => Name)).toEqual(['Task']);
  });

  test('has the configuration of a batch cluster, whose properties are called so in the API', () => {
    const made = ground();
    new BatchCluster(made.stack, 'Cluster', made);
    const { Configurations } = theOnly<Cluster>(made.stack, 'AWS::EMR::Cluster');
    expect(requestOf(machineOf()).Configurations).toEqual(Configurations.map(inWordsOfTheApi));
  });

  test.each([
    [{ release: EmrRelease.EMR_SPARK_8_1_0 }, { ReleaseLabel: 'emr-spark-8.1.0' }],
    [{ vpcSubnets: { availabilityZones: ['us-east-1b'] } }, { Instances: { Ec2SubnetIds: [expect.any(String)] } }],
    [
      { architecture: InstanceArchitecture.ARM_64 },
      { Instances: { InstanceFleets: [{ InstanceTypeConfigs: [{ InstanceType: 'm6g.xlarge' }, {}, {}] }, {}, {}] } },
    ],
    [
      { steadyInstanceTypes: types('m7i.xlarge') },
      { Instances: { InstanceFleets: [{ InstanceTypeConfigs: [{ InstanceType: 'm7i.xlarge' }] }, {}, {}] } },
    ],
  ])('with %j asks for %j', (props, expected) => {
    expect(requestOf(machineOf(props))).toMatchObject(expected);
  });

  test('takes Spark defaults, and certificates that its instances may read', () => {
    const made = ground();
    const bucket = s3.Bucket.fromBucketName(made.stack, 'Certificates', 'certificates');
    new BatchJobFlow(made.stack, 'Backfill', {
      ...made,
      sparkDefaults: { 'spark.sql.shuffle.partitions': '8' },
      transitCertificates: { bucket, objectKey: 'emr.zip' },
    });
    expect(JSON.stringify(requestOf(machineIn(made.stack)).Configurations)).toContain(
      '"spark.sql.shuffle.partitions":"8"',
    );
    expect(JSON.stringify(theOnly(made.stack, 'AWS::EMR::SecurityConfiguration'))).toContain(
      's3://certificates/emr.zip',
    );
    expect(JSON.stringify(resourcesIn(made.stack, 'AWS::IAM::Policy'))).toContain(':s3:::certificates/emr.zip');
  });

  test('always ends: after its last step, with the first that fails, and when it is idle', () => {
    const request = requestOf(machineOf());
    expect(request).toMatchObject({
      Instances: { KeepJobFlowAliveWhenNoSteps: false, TerminationProtected: false },
      AutoTerminationPolicy: { IdleTimeout: 900 },
      StepConcurrencyLevel: 1,
    });
    expect(request.Steps).toContain("'ActionOnFailure': 'TERMINATE_CLUSTER'");
    expect(requestOf(machineOf({ idleTimeout: Duration.hours(1) }))).toMatchObject({
      AutoTerminationPolicy: { IdleTimeout: 3600 },
    });
  });

  test('ends the cluster itself when it takes too long or cannot be seen, before Step Functions ends the machine', () => {
    const { States, TimeoutSeconds } = machineOf({ timeout: Duration.hours(2) });
    expect(States.Judge?.Choices?.at(-1)).toMatchObject({
      Condition: '{% $millis() - $startedAt > 7200000 %}',
      Next: 'Terminate',
    });
    expect(States.Look?.Catch?.[0]?.Next).toBe('Terminate');
    expect(States.Terminate).toMatchObject({ Arguments: { JobFlowIds: ['{% $cluster %}'] }, Next: 'Failed' });
    expect(TimeoutSeconds).toBe(3 * 3600);
    expect(machineOf().TimeoutSeconds).toBe(13 * 3600);
  });

  test.each([
    [Duration.minutes(10), 30],
    [Duration.days(7), 303],
  ])('looks as seldom as a history of 25,000 events asks for in %s', (timeout, seconds) => {
    const { Pause } = machineOf({ timeout }).States;
    expect(Pause?.Seconds).toBe(seconds);
    expect((timeout.toSeconds() / seconds) * 9).toBeLessThan(20_000);
  });

  test('goes everywhere, ends somewhere, and catches what goes wrong', () => {
    expect(flawsOf(machineOf())).toEqual({ missing: [], unreachable: [], deadEnds: [], unassigned: [], uncaught: [] });
  });

  test('does not try again what may have started a cluster', () => {
    expect(machineOf().States.Run?.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals)).toEqual(['Emr.EmrException']);
  });

  test('tags its clusters as the app tags everything, and as its own', () => {
    const { stack } = build();
    Tags.of(stack).add('environment', 'test');
    expect(requestOf(machineIn(stack)).Tags).toEqual([
      { Key: 'environment', Value: 'test' },
      { Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' },
      { Key: 'lakehouse-job-flow', Value: expect.stringMatching(/^Test-Backfill-/) },
    ]);
  });

  test('may start clusters with its tag, see and end those, and give them its two roles', () => {
    const { stack } = build();
    const statements = statementsIn(stack);
    const tag = requestOf(machineIn(stack)).Tags.find(({ Key }) => Key === 'lakehouse-job-flow');
    const requested = { StringEquals: { 'elasticmapreduce:RequestTag/lakehouse-job-flow': tag?.Value } };
    expect(statements).toMatchObject({
      StartCluster: { Action: 'elasticmapreduce:RunJobFlow', Resource: '*', Condition: requested },
      TagCluster: { Action: 'elasticmapreduce:AddTags', Condition: requested },
      SeeAndEndCluster: {
        Condition: { StringEquals: { 'elasticmapreduce:ResourceTag/lakehouse-job-flow': tag?.Value } },
      },
    });
    const passed = [statements.PassServiceRole, statements.PassInstanceRole];
    expect(passed.map((one) => [text(one?.Resource), one?.Condition])).toEqual([
      [
        expect.stringMatching(/^<BackfillRolesService/),
        { StringEquals: { 'iam:PassedToService': 'elasticmapreduce.amazonaws.com' } },
      ],
      [
        expect.stringMatching(/^<BackfillRolesInstance/),
        { StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' } },
      ],
    ]);
    const allowed = [statements.StartCluster, statements.SeeAndEndCluster].flatMap((one) => one?.Action ?? []);
    expect(callsOf(machineIn(stack)).toSorted()).toEqual(allowed.toSorted());
  });

  test('lets a grantee run it, without a permission on EMR', () => {
    const { stack, flow } = build();
    const runner = new iam.Role(stack, 'Runner', { assumedBy: new iam.AccountRootPrincipal() });
    flow.grantRun(runner);
    const statements = policyOf(stack, 'Runner');
    expect(statements.map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      ['states:StartExecution', expect.stringMatching(/:stateMachine:Test-Backfill-Machine-\w+$/)],
      ['states:DescribeExecution', expect.stringMatching(/:execution:Test-Backfill-Machine-\w+:\*$/)],
    ]);
  });

  test('has applications, connections and metrics', () => {
    const { stack, flow } = build();
    const { stepArgs } = flow.addApplication('Report', { entryPoint: 'workloads/jobs/main.py' });
    expect(stepArgs[0]).toBe('spark-submit');
    flow.connections.allowFromAnyIpv4(ec2.Port.tcp(18080), 'history');
    expect(JSON.stringify(resourcesIn(stack, 'AWS::EC2::SecurityGroup')).match(/"FromPort":18080/g)).toHaveLength(2);
    expect(JSON.stringify(resourcesIn(stack, 'AWS::IAM::Policy'))).toContain('s3:GetObject');
    expect(flow.metricFailed().metricName).toBe('ExecutionsFailed');
    expect(flow.metricSucceeded().metricName).toBe('ExecutionsSucceeded');
  });

  test('waits with its machine for the rules of its groups and the routes of its subnets', () => {
    const { stack } = build();
    const [machine] = Object.values(resourcesIn(stack, 'AWS::StepFunctions::StateMachine'));
    const rules = Object.keys(resourcesIn(stack, 'AWS::EC2::SecurityGroupIngress'));
    expect(machine?.DependsOn).toEqual(expect.arrayContaining(rules));
  });

  test('logs where no line is needed in the policy for log delivery, and where no stack before has logged', () => {
    const { stack } = build();
    const group = logGroupOf(stack, 'Machine');
    const stackId = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };
    const name = expect.stringMatching(/^\/aws\/vendedlogs\/states\/Test-Backfill-Machine-\w+-$/);
    expect(group).toMatchObject({ Properties: { LogGroupName: { 'Fn::Join': ['', [name, stackId]] } } });
  });

  test('logs with the key, as long and until when it is told', () => {
    const { stack } = build({ logRetention: logs.RetentionDays.ONE_WEEK, removalPolicy: RemovalPolicy.DESTROY });
    const group = logGroupOf(stack, 'Machine');
    expect(group).toMatchObject({ Properties: { RetentionInDays: 7 }, DeletionPolicy: 'Delete' });
    const own = build({ encryptionKey: undefined });
    expect(Object.keys(resourcesIn(own.stack, 'AWS::KMS::Key'))).toHaveLength(2);
    expect(Object.values(resourcesIn(own.stack, 'AWS::KMS::Key')).map(({ DeletionPolicy }) => DeletionPolicy)).toEqual([
      'RetainExceptOnCreate',
      'RetainExceptOnCreate',
    ]);
  });

  test('fails with everything that is impossible at once', () => {
    const wrong = {
      onDemandTaskUnits: 3,
      taskInstanceTypes: types('m5.xlarge'),
      timeout: Duration.minutes(9),
      idleTimeout: Duration.days(8),
    };
    expect(() => build(wrong)).toThrow(
      [
        "4 problems in job flow 'Test/Backfill':",
        '  - \'taskInstanceTypes\' must be 10 to 30 different instance types, got ["m5.xlarge"]; add types of other families and sizes: the more pools, the more seldom all of them are empty',
        "  - 'onDemandTaskUnits' must be between 0 and maxTaskUnits (2), got 3; it is how many of the task units are On-Demand, which no Spot shortage can take away",
        '  - \'timeout\' must be between 10 minutes and 7 days, in whole seconds, got "9 minutes"; use for example Duration.hours(12)',
        '  - \'idleTimeout\' must be between 1 minute and 7 days, in whole seconds, got "8 days"; use for example Duration.minutes(15)',
      ].join('\n'),
    );
  });
});

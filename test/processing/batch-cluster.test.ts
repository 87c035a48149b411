import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as emr from 'aws-cdk-lib/aws-emr';
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import {
  BatchCluster,
  BatchJobFlow,
  EmrRelease,
  InstanceArchitecture,
  ServerlessSpark,
  StreamingCluster,
} from '../../lib/processing';
import { resourcesIn, testStack, theOnly, warningsOf } from '../support/stacks';
import { type Cluster, build, clusterOf, plainCluster, types } from './clusters';
import { ground } from './ground';

/** One volume for each capacity unit. */
function volumes(count: number): object {
  return {
    EbsBlockDeviceConfigs: [{ VolumeSpecification: { VolumeType: 'gp3', SizeInGB: 64 }, VolumesPerInstance: count }],
  };
}

describe('BatchCluster fleets', () => {
  test('run the primary and the core On-Demand', () => {
    const { Instances } = clusterOf();
    for (const fleet of [Instances.MasterInstanceFleet, Instances.CoreInstanceFleet]) {
      expect(fleet).toMatchObject({
        TargetOnDemandCapacity: 1,
        LaunchSpecifications: { OnDemandSpecification: { AllocationStrategy: 'lowest-price' } },
      });
      expect(fleet.TargetSpotCapacity).toBeUndefined();
    }
  });

  test('run the tasks on Spot over at least ten types, and fall back to On-Demand after the time-out', () => {
    const [task, ...others] = clusterOf({ spotTimeout: Duration.minutes(7) }).Instances.TaskInstanceFleets;
    expect(others).toEqual([]);
    expect(new Set(task?.InstanceTypeConfigs.map(({ InstanceType }) => InstanceType)).size).toBeGreaterThanOrEqual(10);
    expect(task).toMatchObject({
      TargetSpotCapacity: 1,
      LaunchSpecifications: {
        SpotSpecification: {
          AllocationStrategy: 'price-capacity-optimized',
          TimeoutAction: 'SWITCH_TO_ON_DEMAND',
          TimeoutDurationMinutes: 7,
        },
      },
      ResizeSpecifications: {
        SpotResizeSpecification: { AllocationStrategy: 'price-capacity-optimized', TimeoutDurationMinutes: 7 },
      },
    });
    expect(task?.TargetOnDemandCapacity).toBeUndefined();
  });

  test('weigh an instance by its size, with a volume for each unit', () => {
    const [task] = clusterOf().Instances.TaskInstanceFleets;
    expect(task?.InstanceTypeConfigs).toContainEqual({
      InstanceType: 'r5.xlarge',
      WeightedCapacity: 1,
      EbsConfiguration: volumes(1),
    });
    expect(task?.InstanceTypeConfigs).toContainEqual({
      InstanceType: 'r5.2xlarge',
      WeightedCapacity: 2,
      EbsConfiguration: volumes(2),
    });
  });

  test('scale from the core alone to all tasks, of which only as many as it says are On-Demand', () => {
    expect(clusterOf({ coreUnits: 3, maxTaskUnits: 20, onDemandTaskUnits: 5 })).toMatchObject({
      ManagedScalingPolicy: {
        ComputeLimits: {
          UnitType: 'InstanceFleetUnits',
          MinimumCapacityUnits: 3,
          MaximumCapacityUnits: 23,
          MaximumCoreCapacityUnits: 3,
          MaximumOnDemandCapacityUnits: 8,
        },
      },
      Instances: { CoreInstanceFleet: { TargetOnDemandCapacity: 3 } },
    });
  });

  test('are small by default: one core unit On-Demand, two task units on Spot', () => {
    expect(clusterOf().ManagedScalingPolicy).toMatchObject({
      ComputeLimits: { MinimumCapacityUnits: 1, MaximumCapacityUnits: 3, MaximumOnDemandCapacityUnits: 1 },
    });
  });

  test.each([
    [InstanceArchitecture.X86_64, ec2.InstanceArchitecture.X86_64],
    [InstanceArchitecture.ARM_64, ec2.InstanceArchitecture.ARM_64],
  ])('have types of one architecture ($name)', (architecture, expected) => {
    const { Instances } = clusterOf({ architecture });
    const fleets = [Instances.MasterInstanceFleet, Instances.CoreInstanceFleet, ...Instances.TaskInstanceFleets];
    const found = fleets.flatMap(({ InstanceTypeConfigs }) =>
      InstanceTypeConfigs.map(({ InstanceType }) => InstanceType),
    );
    expect(new Set(types(...found).map((type) => type.architecture))).toEqual(new Set([expected]));
  });

  test('take the types they are given', () => {
    const taskInstanceTypes = InstanceArchitecture.X86_64.taskInstanceTypes().slice(0, 10);
    const { Instances } = clusterOf({ steadyInstanceTypes: types('m6i.xlarge'), taskInstanceTypes });
    expect(Instances.MasterInstanceFleet.InstanceTypeConfigs).toEqual([
      { InstanceType: 'm6i.xlarge', WeightedCapacity: 1 },
    ]);
    expect(Instances.TaskInstanceFleets[0]?.InstanceTypeConfigs).toHaveLength(10);
  });

  test('spread over all private subnets, or those they are given', () => {
    expect(clusterOf().Instances.Ec2SubnetIds).toHaveLength(2);
    const one = { availabilityZones: ['us-east-1b'] };
    expect(clusterOf({ vpcSubnets: one }).Instances.Ec2SubnetIds).toHaveLength(1);
  });
});

/** A cluster in a network with subnets of these types alone. */
function clusterIn(subnetTypes: ec2.SubnetType[], vpcSubnets?: ec2.SubnetSelection): { stack: Stack } {
  const stack = testStack();
  const vpc = new ec2.Vpc(stack, 'Vpc', {
    availabilityZones: ['us-east-1a'],
    natGateways: subnetTypes.includes(ec2.SubnetType.PRIVATE_WITH_EGRESS) ? 1 : 0,
    subnetConfiguration: subnetTypes.map((subnetType) => ({ name: subnetType, subnetType })),
  });
  return build({ vpc, vpcSubnets }, stack);
}

describe('BatchCluster in a network of your own', () => {
  const { PUBLIC, PRIVATE_ISOLATED } = ec2.SubnetType;

  test('fails when it has no private subnets', () => {
    expect(() => clusterIn([PUBLIC, PRIVATE_ISOLATED])).toThrow(
      '\'vpc\' must be a network with private subnets that have a way out, got {"public":1,"private":0,"isolated":1}; add subnets of the type PRIVATE_WITH_EGRESS, or name the subnets with vpcSubnets (at Test/Cluster)',
    );
  });

  test('fails when the subnets are public', () => {
    expect(() => clusterIn([PUBLIC], { subnetType: PUBLIC })).toThrow(
      /'vpcSubnets' must be private subnets, because the nodes of a cluster have no public address, got \["Test\/Vpc\/PublicSubnet1"\]/,
    );
  });

  test('fails when no subnet is among those that are asked for', () => {
    const { PRIVATE_WITH_EGRESS } = ec2.SubnetType;
    expect(() => clusterIn([PUBLIC, PRIVATE_WITH_EGRESS], { availabilityZones: ['us-east-1f'] })).toThrow(
      "'vpcSubnets' must be at least one subnet of the network, got []; choose among the zones us-east-1a, or leave it out (at Test/Cluster)",
    );
  });

  test('warns when the subnets have no way out', () => {
    const isolated = clusterIn([PRIVATE_ISOLATED], { subnetType: PRIVATE_ISOLATED });
    expect(warningsOf(isolated.stack)).toEqual([
      expect.stringMatching(
        /^\/Test\/Cluster: .*IsolatedSubnet1 has no way out of the network: give it endpoints for S3, EMR/,
      ),
    ]);
    expect(warningsOf(plainCluster().stack)).toEqual([]);
  });

  test('waits for the rules of its groups and for the way out of its subnets', () => {
    const { stack } = plainCluster();
    const [cluster] = Object.values(resourcesIn(stack, 'AWS::EMR::Cluster'));
    const awaited = ['AWS::EC2::SecurityGroupIngress', 'AWS::EC2::SecurityGroupEgress'].flatMap((type) =>
      Object.keys(resourcesIn(stack, type)),
    );
    const routes = Object.keys(resourcesIn(stack, 'AWS::EC2::Route')).filter((id) => id.includes('PrivateSubnet'));
    expect(awaited).toHaveLength(17);
    expect(routes).toHaveLength(2);
    expect(cluster?.DependsOn).toEqual(expect.arrayContaining([...awaited, ...routes]));
  });
});

describe('BatchCluster', () => {
  test('stands: it stays without steps and never ends by itself', () => {
    const cluster = clusterOf();
    expect(cluster.Instances.KeepJobFlowAliveWhenNoSteps).toBe(true);
    expect(cluster.AutoTerminationPolicy).toBeUndefined();
  });

  test('fails at synth when something gives it an auto-termination policy', () => {
    const app = new App();
    const { cluster } = build({}, new Stack(app, 'Test', { env: { region: 'us-east-1' } }));
    const resource = cluster.node.defaultChild;
    expect(resource).toBeInstanceOf(emr.CfnCluster);
    Object.assign(resource ?? {}, { autoTerminationPolicy: { idleTimeout: 3600 } });
    expect(() => app.synth()).toThrow(
      /'autoTerminationPolicy' must be left out of a standing cluster, because one that ends by itself breaks the next deployment/,
    );
  });

  test.each([
    ['emr-7.14.0', undefined],
    ['emr-spark-8.1.0', EmrRelease.EMR_SPARK_8_1_0],
  ])('runs release %s', (label, release) => {
    expect(clusterOf({ release })).toMatchObject({ ReleaseLabel: label, Applications: [{ Name: 'Spark' }] });
  });

  test('writes its logs into the artifacts bucket', () => {
    const { stack } = plainCluster();
    expect(theOnly<Cluster>(stack, 'AWS::EMR::Cluster').LogUri).toEqual({
      'Fn::Join': ['', ['s3://', { Ref: expect.stringMatching(/^StorageArtifacts/) }, '/logs/emr/']],
    });
  });

  test('configures the Iceberg catalog, UTC, dynamic allocation and the Python of the release', () => {
    const { Configurations } = clusterOf();
    const of = (name: string) => Configurations.find(({ Classification }) => Classification === name);
    expect(of('iceberg-defaults')?.ConfigurationProperties).toEqual({ 'iceberg.enabled': 'true' });
    expect(of('delta-defaults')?.ConfigurationProperties).toEqual({ 'delta.enabled': 'true' });
    expect(of('spark-defaults')?.ConfigurationProperties).toMatchObject({
      'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
      'spark.sql.catalog.glue_catalog': 'org.apache.iceberg.spark.SparkCatalog',
      'spark.sql.catalog.glue_catalog.catalog-impl': 'org.apache.iceberg.aws.glue.GlueCatalog',
      'spark.sql.catalog.glue_catalog.io-impl': 'org.apache.iceberg.aws.s3.S3FileIO',
      'spark.sql.session.timeZone': 'UTC',
      'spark.dynamicAllocation.enabled': 'true',
    });
    expect(of('spark-env')?.Configurations).toEqual([
      {
        Classification: 'export',
        ConfigurationProperties: {
          PYSPARK_PYTHON: '/usr/bin/python3.11',
          PYSPARK_DRIVER_PYTHON: '/usr/bin/python3.11',
        },
      },
    ]);
  });

  test('keeps the driver off the Spot nodes', () => {
    const { Configurations } = clusterOf();
    expect(Configurations).toContainEqual({
      Classification: 'yarn-site',
      ConfigurationProperties: {
        'yarn.node-labels.enabled': 'true',
        'yarn.node-labels.am.default-node-label-expression': 'CORE',
      },
    });
  });

  test('takes Spark defaults beside and instead of its own', () => {
    const { Configurations } = clusterOf({
      sparkDefaults: { 'spark.sql.session.timeZone': 'CET', 'spark.sql.shuffle.partitions': '8' },
    });
    const defaults = Configurations.find(({ Classification }) => Classification === 'spark-defaults');
    expect(defaults?.ConfigurationProperties).toMatchObject({
      'spark.sql.session.timeZone': 'CET',
      'spark.sql.shuffle.partitions': '8',
      'spark.dynamicAllocation.enabled': 'true',
    });
  });

  test.each([
    [{}, { StepConcurrencyLevel: 1, Instances: { TerminationProtected: false } }],
    [{ stepConcurrency: 5 }, { StepConcurrencyLevel: 5 }],
    [{ terminationProtection: true }, { Instances: { TerminationProtected: true } }],
  ])('with %j has %j', (props, expected) => {
    expect(clusterOf(props)).toMatchObject(expected);
  });

  test('has metrics of its own id', () => {
    const { stack, cluster } = build();
    const metric = cluster.metric('AppsFailed', { period: Duration.minutes(1) });
    expect(metric).toMatchObject({ namespace: 'AWS/ElasticMapReduce', metricName: 'AppsFailed' });
    expect(metric.period.toMinutes()).toBe(1);
    expect(stack.resolve(metric.dimensions)).toEqual({ JobFlowId: stack.resolve(cluster.clusterId) });
  });

  test.each([BatchCluster, BatchJobFlow, StreamingCluster, ServerlessSpark])(
    '%o takes settings of Spark alone',
    (Place) => {
      const made = ground();
      expect(() => new Place(made.stack, 'Place', { ...made, sparkDefaults: { 'executor.memory': '4g' } })).toThrow(
        "'sparkDefaults' must be settings whose names begin with 'spark.'",
      );
    },
  );

  test('refers to a cluster that exists', () => {
    const stack = testStack();
    const instanceRole = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const cluster = BatchCluster.fromBatchClusterAttributes(stack, 'Cluster', { clusterId: 'j-1', instanceRole });
    expect(cluster.clusterId).toBe('j-1');
    expect(cluster.architecture).toBe(InstanceArchitecture.X86_64);
    expect(cluster.grantPrincipal).toBe(instanceRole.grantPrincipal);
    expect(cluster.metric('IsIdle').dimensions).toEqual({ JobFlowId: 'j-1' });
    expect(cluster.connections.securityGroups).toEqual([]);
  });
});

describe('BatchCluster input', () => {
  test('fails with every impossible size at once', () => {
    expect(() =>
      build({
        coreUnits: 0,
        maxTaskUnits: 2,
        onDemandTaskUnits: 3,
        spotTimeout: Duration.minutes(4),
        stepConcurrency: 257,
      }),
    ).toThrow(
      [
        "4 problems in batch cluster 'Test/Cluster':",
        "  - 'coreUnits' must be a whole number of at least 1, got 0; use 1 or more",
        "  - 'onDemandTaskUnits' must be between 0 and maxTaskUnits (2), got 3; it is how many of the task units are On-Demand, which no Spot shortage can take away",
        '  - \'spotTimeout\' must be between 5 and 1,440 whole minutes, got "4 minutes"; use Duration.minutes(10)',
        "  - 'stepConcurrency' must be between 1 and 256, got 257; use 1 to run steps in order",
      ].join('\n'),
    );
  });

  test('fails when a Spot fleet has fewer than ten types', () => {
    const nine = InstanceArchitecture.X86_64.taskInstanceTypes().slice(0, 9);
    expect(() => build({ taskInstanceTypes: nine })).toThrow(
      /'taskInstanceTypes' must be 10 to 30 different instance types/,
    );
    const twice = [...nine, ...nine];
    expect(() => build({ taskInstanceTypes: twice })).toThrow(/'taskInstanceTypes' must be 10 to 30 different/);
  });

  test('fails when a type is none', () => {
    expect(() => build({ steadyInstanceTypes: types('m5.xlarge', 'bogus') })).toThrow(
      "'steadyInstanceTypes' must be instance types, got [\"bogus\"]; use names such as 'm7g.xlarge'",
    );
  });

  test('fails when types of the other architecture or too small ones are mixed in', () => {
    const steadyInstanceTypes = types('m6g.xlarge', 'm5.large', 'm5.xlarge');
    expect(() => build({ steadyInstanceTypes })).toThrow(
      /2 problems .*'steadyInstanceTypes' must be types of one architecture, x86_64, got \["m6g.xlarge"\].*'steadyInstanceTypes' must be of size xlarge or larger, because one unit is 4 vCPUs, got \["m5.large"\]/s,
    );
  });
});

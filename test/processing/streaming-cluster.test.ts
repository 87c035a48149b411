import * as emr from 'aws-cdk-lib/aws-emr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import {
  BatchCluster,
  EmrRelease,
  InstanceArchitecture,
  StreamingCluster,
  type StreamingClusterProps,
} from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { testStack, theOnly } from '../support/stacks';
import { type Cluster, types } from './clusters';
import { type Ground, ground } from './ground';

interface Built extends Ground {
  readonly cluster: StreamingCluster;
}

function build(props: Partial<StreamingClusterProps> = {}, stack?: Stack): Built {
  const made = ground(stack);
  return { ...made, cluster: new StreamingCluster(made.stack, 'Cluster', { ...made, ...props }) };
}

function clusterOf(props?: Partial<StreamingClusterProps>): Cluster {
  return theOnly<Cluster>(build(props).stack, 'AWS::EMR::Cluster');
}

/** The resource of a cluster in an app that can be synthesized. */
function escaped(kind: 'streaming' | 'batch'): { app: App; resource: emr.CfnCluster } {
  const app = new App();
  const made = ground(new Stack(app, 'Test', { env: { region: 'us-east-1' } }));
  const cluster =
    kind === 'streaming'
      ? new StreamingCluster(made.stack, 'Cluster', made)
      : new BatchCluster(made.stack, 'Cluster', made);
  return { app, resource: cluster.node.defaultChild as emr.CfnCluster };
}

describe('StreamingCluster', () => {
  test('is On-Demand everywhere: no task nodes, no Spot, and a limit on On-Demand that is the limit on all', () => {
    const cluster = clusterOf();
    expect(JSON.stringify(cluster)).not.toMatch(/Spot/);
    expect(cluster.Instances.TaskInstanceFleets).toBeUndefined();
    for (const fleet of [cluster.Instances.MasterInstanceFleet, cluster.Instances.CoreInstanceFleet]) {
      expect(fleet).toMatchObject({ TargetOnDemandCapacity: 1 });
    }
    expect(cluster.ManagedScalingPolicy).toEqual({
      ComputeLimits: {
        UnitType: 'InstanceFleetUnits',
        MinimumCapacityUnits: 1,
        MaximumCapacityUnits: 3,
        MaximumCoreCapacityUnits: 3,
        MaximumOnDemandCapacityUnits: 3,
      },
    });
  });

  test('grows from its core to its cap', () => {
    expect(clusterOf({ coreUnits: 2 }).ManagedScalingPolicy).toMatchObject({
      ComputeLimits: { MinimumCapacityUnits: 2, MaximumCapacityUnits: 4 },
    });
    expect(clusterOf({ coreUnits: 2, maxUnits: 8 })).toMatchObject({
      Instances: { CoreInstanceFleet: { TargetOnDemandCapacity: 2 } },
      ManagedScalingPolicy: {
        ComputeLimits: { MaximumCapacityUnits: 8, MaximumCoreCapacityUnits: 8, MaximumOnDemandCapacityUnits: 8 },
      },
    });
  });

  test('stands, runs ten jobs side by side and replaces unhealthy nodes', () => {
    expect(clusterOf()).toMatchObject({
      StepConcurrencyLevel: 10,
      Instances: { KeepJobFlowAliveWhenNoSteps: true, TerminationProtected: false, UnhealthyNodeReplacement: true },
    });
    expect(clusterOf().AutoTerminationPolicy).toBeUndefined();
  });

  test.each([
    [{ stepConcurrency: 3 }, { StepConcurrencyLevel: 3 }],
    [{ terminationProtection: true }, { Instances: { TerminationProtected: true } }],
    [{ release: EmrRelease.EMR_SPARK_8_1_0 }, { ReleaseLabel: 'emr-spark-8.1.0' }],
    [
      { instanceTypes: types('m7i.2xlarge') },
      { Instances: { CoreInstanceFleet: { InstanceTypeConfigs: [{ InstanceType: 'm7i.2xlarge' }] } } },
    ],
    [
      { architecture: InstanceArchitecture.ARM_64 },
      { Instances: { MasterInstanceFleet: { InstanceTypeConfigs: [{ InstanceType: 'm6g.xlarge' }, {}, {}] } } },
    ],
    [{ vpcSubnets: { availabilityZones: ['us-east-1b'] } }, { Instances: { Ec2SubnetIds: [{}] } }],
  ])('with %j has %j', (props, expected) => {
    expect(clusterOf(props)).toMatchObject(expected);
  });

  test('has the configuration, security and roles of a batch cluster', () => {
    const streaming = clusterOf({ sparkDefaults: { 'spark.sql.shuffle.partitions': '8' } });
    const made = ground();
    new BatchCluster(made.stack, 'Cluster', { ...made, sparkDefaults: { 'spark.sql.shuffle.partitions': '8' } });
    const batch = theOnly<Cluster>(made.stack, 'AWS::EMR::Cluster');
    for (const property of ['Configurations', 'SecurityConfiguration', 'JobFlowRole', 'ServiceRole', 'LogUri']) {
      expect([property, streaming[property]]).toEqual([property, batch[property]]);
    }
    expect(streaming.Tags).toContainEqual({ Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' });
  });

  test('encrypts traffic between the nodes with certificates', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Certificates', 'certificates');
    build({ transitCertificates: { bucket, objectKey: 'emr.zip' } }, stack);
    expect(JSON.stringify(theOnly(stack, 'AWS::EMR::SecurityConfiguration'))).toContain('s3://certificates/emr.zip');
  });

  test('encrypts with the key of the storage, or the one it is given', () => {
    const made = build({ encryptionKey: undefined });
    const ofStorage = JSON.stringify(made.stack.resolve(made.storage.encryptionKey?.keyArn));
    expect(JSON.stringify(theOnly(made.stack, 'AWS::EMR::SecurityConfiguration'))).toContain(ofStorage);
    const stack = testStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Mine', 'arn:aws:kms:us-east-1:123456789012:key/mine');
    build({ encryptionKey }, stack);
    expect(JSON.stringify(theOnly(stack, 'AWS::EMR::SecurityConfiguration'))).toContain('key/mine');
  });

  test('has metrics of its own id', () => {
    const { stack, cluster } = build();
    const metric = cluster.metric('AppsRunning');
    expect(metric).toMatchObject({ namespace: 'AWS/ElasticMapReduce', metricName: 'AppsRunning' });
    expect(stack.resolve(metric.dimensions)).toEqual({ JobFlowId: stack.resolve(cluster.clusterId) });
  });

  test('refers to a cluster that exists, with its lake', () => {
    const stack = testStack();
    const storage = new LakeStorage(stack, 'Storage');
    const instanceRole = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const attributes = { clusterId: 'j-1', instanceRole, storage };
    const cluster = StreamingCluster.fromStreamingClusterAttributes(stack, 'Cluster', attributes);
    expect(cluster.clusterId).toBe('j-1');
    expect(cluster.storage).toBe(storage);
    expect(cluster.architecture).toBe(InstanceArchitecture.X86_64);
    expect(cluster.grantPrincipal).toBe(instanceRole.grantPrincipal);
    expect(cluster.metric('IsIdle').dimensions).toEqual({ JobFlowId: 'j-1' });
  });
});

describe('StreamingCluster input', () => {
  test('fails with every impossible size at once', () => {
    const sizes = { coreUnits: 2, maxUnits: 1, stepConcurrency: 0, instanceTypes: types('m6g.xlarge', 'm5.large') };
    expect(() => build(sizes)).toThrow(
      [
        "4 problems in streaming cluster 'Test/Cluster':",
        '  - \'instanceTypes\' must be types of one architecture, x86_64, got ["m6g.xlarge"]; leave them out, or choose the other architecture for the whole cluster',
        '  - \'instanceTypes\' must be of size xlarge or larger, because one unit is 4 vCPUs, got ["m5.large"]; use xlarge instances',
        "  - 'maxUnits' must be a whole number of at least coreUnits (2), got 1; it is the core and all that scaling may add; use coreUnits to never scale",
        "  - 'stepConcurrency' must be between 1 and 256, got 0; use at least one for each job",
      ].join('\n'),
    );
    expect(() => build({ coreUnits: 0 })).toThrow("'coreUnits' must be a whole number of at least 1, got 0");
  });
});

describe('A standing cluster that an escape hatch changes', () => {
  test.each(['streaming', 'batch'] as const)('fails when a %s cluster would end by itself', (kind) => {
    const { app, resource } = escaped(kind);
    resource.addPropertyOverride('AutoTerminationPolicy', { IdleTimeout: 3600 });
    expect(() => app.synth()).toThrow(
      '\'autoTerminationPolicy\' must be left out of a standing cluster, because one that ends by itself breaks the next deployment, got {"IdleTimeout":3600}',
    );
  });

  test.each([
    ['streaming', 'Master'],
    ['streaming', 'Core'],
    ['batch', 'Master'],
    ['batch', 'Core'],
  ] as const)('fails when a %s cluster has Spot in its %s fleet', (kind, fleet) => {
    const { app, resource } = escaped(kind);
    resource.addPropertyOverride(`Instances.${fleet}InstanceFleet.TargetSpotCapacity`, 1);
    expect(() => app.synth()).toThrow(
      `'instances.${fleet.toLowerCase()}InstanceFleet.targetSpotCapacity' must be left out, because the loss of a primary or core node ends the work of the cluster, got 1; leave it On-Demand; only task nodes may be on Spot`,
    );
  });

  test('fails when a streaming cluster gets task nodes, or room above what is On-Demand', () => {
    const { app, resource } = escaped('streaming');
    resource.addPropertyOverride('Instances.TaskInstanceFleets', [{ TargetSpotCapacity: 1 }]);
    resource.addPropertyOverride('ManagedScalingPolicy.ComputeLimits.MaximumOnDemandCapacityUnits', 1);
    expect(() => app.synth()).toThrow(
      /'instances.taskInstanceFleets' must be left out of a streaming cluster, got "task nodes".*'managedScalingPolicy.computeLimits.maximumOnDemandCapacityUnits' must be the maximum of all units \(3\), because what is above it is Spot, got 1/s,
    );
  });
});

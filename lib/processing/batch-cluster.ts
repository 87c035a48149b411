import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as emr from 'aws-cdk-lib/aws-emr';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Duration, Names, Tags, Token } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { type Problem, failAll, problem } from '../private';
import { ArtifactPrefix, type ILakeStorage } from '../storage';
import { renderConfiguration } from './cluster-configuration';
import { type FleetPlan, fleetProblems, renderFleets, renderScaling } from './cluster-fleets';
import { ClusterRoles, EMR_TAG } from './cluster-roles';
import { ClusterSecurityGroups, acknowledgeClusterFindings, securityConfigurationOf } from './cluster-security';
import { clusterSubnets } from './cluster-subnets';
import { EmrRelease } from './emr-release';
import { InstanceArchitecture } from './instance-architecture';
import { SparkApplication, type SparkApplicationOptions } from './spark-application';
import type { TransitCertificates } from './transit-certificates';

/** A standing EMR cluster that batch jobs run on as steps. */
export interface IBatchCluster extends IConstruct, iam.IGrantable, ec2.IConnectable {
  /**
   * The cluster's id, `j-…`.
   *
   * @attribute
   */
  readonly clusterId: string;

  /** The architecture of its nodes, for which the dependencies of jobs are built. */
  readonly architecture: InstanceArchitecture;

  /**
   * A metric of the cluster.
   *
   * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_ViewingMetrics.html
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** A batch cluster that exists already. */
export interface BatchClusterAttributes {
  /** The cluster's id, `j-…`. */
  readonly clusterId: string;

  /** The role of its instances. */
  readonly instanceRole: iam.IRole;

  /**
   * The security groups of its nodes.
   *
   * @default - connections to the cluster cannot be allowed
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * The architecture of its nodes.
   *
   * @default InstanceArchitecture.X86_64
   */
  readonly architecture?: InstanceArchitecture;
}

/** Properties of a BatchCluster. One capacity unit is 4 vCPUs, an xlarge instance. */
export interface BatchClusterProps {
  /** The network. */
  readonly vpc: ec2.IVpc;

  /** The lake, whose artifacts bucket gets the cluster's logs. */
  readonly storage: ILakeStorage;

  /**
   * The subnets, all of which EMR tries for capacity.
   *
   * @default - all private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The key that encrypts disks and what jobs write to S3.
   *
   * @default - the key of the storage
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The EMR release.
   *
   * @default EmrRelease.EMR_7_14_0
   */
  readonly release?: EmrRelease;

  /**
   * The processor architecture of all nodes.
   *
   * @default InstanceArchitecture.X86_64
   */
  readonly architecture?: InstanceArchitecture;

  /**
   * The instance types of the On-Demand primary and core nodes.
   *
   * @default - general purpose types of the architecture, xlarge
   */
  readonly steadyInstanceTypes?: ec2.InstanceType[];

  /**
   * The instance types of the Spot task nodes, at least ten.
   *
   * @default - general purpose and memory types of the architecture, xlarge and 2xlarge
   */
  readonly taskInstanceTypes?: ec2.InstanceType[];

  /**
   * On-Demand units that always run.
   *
   * @default 1
   */
  readonly coreUnits?: number;

  /**
   * Task units that may be added when there is work.
   *
   * @default 2
   */
  readonly maxTaskUnits?: number;

  /**
   * How many of the task units are On-Demand, from 0 to maxTaskUnits. Managed scaling takes these first and Spot after
   * them: work that no Spot shortage can stop, at the full price.
   *
   * @default 0
   */
  readonly onDemandTaskUnits?: number;

  /**
   * How long to try for Spot capacity, 5 to 1,440 minutes. After it a cluster that starts falls back to On-Demand for its
   * first task unit; one that grows stays as it is and tries again.
   *
   * @default Duration.minutes(10)
   */
  readonly spotTimeout?: Duration;

  /**
   * How many steps run at once, 1 to 256.
   *
   * @default 1
   */
  readonly stepConcurrency?: number;

  /**
   * Whether the cluster refuses to be terminated.
   *
   * @default false
   */
  readonly terminationProtection?: boolean;

  /**
   * Certificates for encryption between the nodes.
   *
   * @default - traffic between the nodes is not encrypted
   */
  readonly transitCertificates?: TransitCertificates;

  /**
   * Spark defaults beside or instead of the library's.
   *
   * @default - the Iceberg catalog `glue_catalog`, UTC and dynamic allocation
   */
  readonly sparkDefaults?: { [key: string]: string };
}

abstract class BatchClusterBase extends Construct implements IBatchCluster {
  public abstract readonly clusterId: string;
  public abstract readonly architecture: InstanceArchitecture;
  public abstract readonly grantPrincipal: iam.IPrincipal;
  public abstract readonly connections: ec2.Connections;

  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/ElasticMapReduce',
      metricName,
      dimensionsMap: { JobFlowId: this.clusterId },
      period: Duration.minutes(5),
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
    }).attachTo(this);
  }
}

/**
 * A standing EMR cluster for the regular increments: On-Demand primary and core nodes, Spot task nodes over many instance
 * types with a cap on what is On-Demand, and managed scaling down to the core when there is no work.
 *
 * It is never terminated by an idle time-out: a cluster that CloudFormation owns and that ends by itself breaks the next
 * deployment.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-instances-guidelines.html
 */
export class BatchCluster extends BatchClusterBase {
  /** Refer to a cluster that exists already. */
  public static fromBatchClusterAttributes(
    scope: Construct,
    id: string,
    attributes: BatchClusterAttributes,
  ): IBatchCluster {
    return new ImportedBatchCluster(scope, id, attributes);
  }

  public readonly clusterId: string;
  public readonly architecture: InstanceArchitecture;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;

  /** The role that jobs run with. */
  public readonly instanceRole: iam.IRole;

  /** The role EMR runs the cluster with. */
  public readonly serviceRole: iam.IRole;

  /** The release. */
  public readonly release: EmrRelease;

  constructor(scope: Construct, id: string, props: BatchClusterProps) {
    super(scope, id);
    failAll(`batch cluster '${this.node.path}'`, sizingProblems(props).map(problem));
    const plan = planOf(props);
    this.release = props.release ?? EmrRelease.EMR_7_14_0;
    this.architecture = plan.architecture;
    const encryptionKey =
      props.encryptionKey ?? props.storage.encryptionKey ?? new kms.Key(this, 'Key', { enableKeyRotation: true });

    const { subnets, internetConnectivityEstablished } = clusterSubnets(this, props);
    const groups = new ClusterSecurityGroups(this, 'SecurityGroups', props.vpc);
    const roles = new ClusterRoles(this, 'Roles', { storage: props.storage, encryptionKey, subnets, groups });
    const security = new emr.CfnSecurityConfiguration(this, 'Security', {
      securityConfiguration: securityConfigurationOf(encryptionKey, props.transitCertificates),
    });
    const artifacts = props.storage.artifacts.bucketName;
    const cluster = new emr.CfnCluster(this, 'Resource', {
      name: Names.uniqueResourceName(this, { maxLength: 64, separator: '-' }),
      releaseLabel: this.release.label,
      applications: [{ name: 'Spark' }],
      serviceRole: roles.service.roleName,
      jobFlowRole: roles.profile.instanceProfileName,
      logUri: `s3://${artifacts}/${ArtifactPrefix.LOGS}emr/`,
      securityConfiguration: security.ref,
      configurations: renderConfiguration({
        release: this.release,
        warehouse: `s3://${artifacts}/${ArtifactPrefix.WAREHOUSE}`,
        sparkDefaults: props.sparkDefaults ?? {},
      }),
      instances: {
        ...renderFleets(plan),
        ec2SubnetIds: subnets.map((subnet) => subnet.subnetId),
        emrManagedMasterSecurityGroup: groups.primary.securityGroupId,
        emrManagedSlaveSecurityGroup: groups.worker.securityGroupId,
        serviceAccessSecurityGroup: groups.serviceAccess.securityGroupId,
        keepJobFlowAliveWhenNoSteps: true,
        terminationProtected: props.terminationProtection ?? false,
        unhealthyNodeReplacement: true,
      },
      managedScalingPolicy: renderScaling(plan),
      scaleDownBehavior: 'TERMINATE_AT_TASK_COMPLETION',
      stepConcurrencyLevel: props.stepConcurrency ?? 1,
    });
    // EMR looks for a way out of the subnets, and adds rules that its groups lack: what comes later fails as a duplicate.
    cluster.node.addDependency(groups, internetConnectivityEstablished);
    Tags.of(this).add(EMR_TAG, 'true');
    acknowledgeClusterFindings(this, props.transitCertificates !== undefined);
    props.transitCertificates?.bucket.grantRead(roles.instance, props.transitCertificates.objectKey);
    refuseAutoTermination(this, cluster);

    this.clusterId = cluster.ref;
    this.instanceRole = roles.instance;
    this.serviceRole = roles.service;
    this.grantPrincipal = roles.instance.grantPrincipal;
    this.connections = new ec2.Connections({ securityGroups: [groups.primary, groups.worker] });
  }

  /** Define an application that runs on this cluster. */
  public addApplication(id: string, options: SparkApplicationOptions): SparkApplication {
    return new SparkApplication(this, id, { ...options, cluster: this });
  }
}

class ImportedBatchCluster extends BatchClusterBase {
  public readonly clusterId: string;
  public readonly architecture: InstanceArchitecture;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, attributes: BatchClusterAttributes) {
    super(scope, id);
    this.clusterId = attributes.clusterId;
    this.architecture = attributes.architecture ?? InstanceArchitecture.X86_64;
    this.grantPrincipal = attributes.instanceRole.grantPrincipal;
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups ?? [] });
  }
}

/** What says how large a cluster is, without where it is. */
type Sizing = Omit<BatchClusterProps, 'vpc' | 'storage'>;

/**
 * All that is impossible in the size of a cluster.
 *
 * @internal
 */
export function sizingProblems(sizing: Sizing): Problem[] {
  const problems = fleetProblems(planOf(sizing));
  const steps = sizing.stepConcurrency ?? 1;
  if (!Token.isUnresolved(steps) && !(Number.isInteger(steps) && steps >= 1 && steps <= 256)) {
    problems.push({
      path: 'stepConcurrency',
      must: 'between 1 and 256',
      got: steps,
      remedy: 'use 1 to run steps in order',
    });
  }
  return problems;
}

function planOf(sizing: Sizing): FleetPlan {
  const architecture = sizing.architecture ?? InstanceArchitecture.X86_64;
  return {
    architecture,
    steadyTypes: sizing.steadyInstanceTypes ?? architecture.steadyInstanceTypes(),
    taskTypes: sizing.taskInstanceTypes ?? architecture.taskInstanceTypes(),
    coreUnits: sizing.coreUnits ?? 1,
    maxTaskUnits: sizing.maxTaskUnits ?? 2,
    onDemandTaskUnits: sizing.onDemandTaskUnits ?? 0,
    spotTimeout: sizing.spotTimeout ?? Duration.minutes(10),
  };
}

/** Nothing in the props can set it, but an escape hatch or an aspect can. */
function refuseAutoTermination(scope: Construct, cluster: emr.CfnCluster): void {
  scope.node.addValidation({
    validate: () =>
      cluster.autoTerminationPolicy === undefined
        ? []
        : [
            problem({
              path: 'autoTerminationPolicy',
              must: 'left out of a standing cluster, because one that ends by itself breaks the next deployment',
              got: cluster.autoTerminationPolicy,
              remedy: 'managed scaling already shrinks an idle cluster to its core',
            }),
          ],
  });
}

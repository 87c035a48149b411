import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type Problem, failAll, problem } from '../private';
import { concurrencyProblems, fleetProblems, planOf, renderFleets, renderScaling } from './cluster-fleets';
import { layGround, standingCluster } from './cluster-ground';
import type { SparkClusterOptions, SpotFleetOptions, StandingClusterAttributes } from './cluster-options';
import { coreIsOnDemand, enforce, stands } from './cluster-rules';
import type { EmrRelease } from './emr-release';
import type { InstanceArchitecture } from './instance-architecture';
import { SparkApplication, type SparkApplicationOptions } from './spark-application';
import type { IStandingCluster } from './spark-cluster';
import { ImportedStandingCluster, StandingClusterBase } from './standing-cluster';

/** A standing EMR cluster that batch jobs run on as steps. */
export interface IBatchCluster extends IStandingCluster {}

/** A batch cluster that exists already. */
export interface BatchClusterAttributes extends StandingClusterAttributes {}

/** Properties of a BatchCluster. One capacity unit is 4 vCPUs, an xlarge instance. */
export interface BatchClusterProps extends SparkClusterOptions, SpotFleetOptions {
  /**
   * The key that encrypts disks and what jobs write to S3.
   *
   * @default - the key of the storage
   */
  readonly encryptionKey?: kms.IKey;

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
export class BatchCluster extends StandingClusterBase implements IBatchCluster {
  /** Refer to a cluster that exists already. */
  public static fromBatchClusterAttributes(
    scope: Construct,
    id: string,
    attributes: BatchClusterAttributes,
  ): IBatchCluster {
    return new ImportedStandingCluster(scope, id, attributes);
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
    const plan = planOf(props, props.architecture);
    const encryptionKey =
      props.encryptionKey ?? props.storage.encryptionKey ?? new kms.Key(this, 'Key', { enableKeyRotation: true });

    const ground = layGround(this, props, encryptionKey);
    const shape = {
      fleets: renderFleets(plan),
      scaling: renderScaling(plan),
      stands: true,
      terminationProtection: props.terminationProtection ?? false,
      stepConcurrency: props.stepConcurrency ?? 1,
    };
    const cluster = standingCluster(this, { ground, options: props, shape });
    enforce(this, cluster, [stands, coreIsOnDemand]);

    this.clusterId = cluster.ref;
    this.architecture = plan.architecture;
    this.release = ground.release;
    this.instanceRole = ground.roles.instance;
    this.serviceRole = ground.roles.service;
    this.grantPrincipal = ground.roles.instance.grantPrincipal;
    this.connections = new ec2.Connections({ securityGroups: [ground.groups.primary, ground.groups.worker] });
  }

  /** Define an application that runs on this cluster. */
  public addApplication(id: string, options: SparkApplicationOptions): SparkApplication {
    return new SparkApplication(this, id, { ...options, cluster: this });
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
  return [
    ...fleetProblems(planOf(sizing, sizing.architecture)),
    ...concurrencyProblems(sizing.stepConcurrency ?? 1, 'use 1 to run steps in order'),
  ];
}

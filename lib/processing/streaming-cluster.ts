import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { type Problem, failAll, problem } from '../private';
import type { ILakeStorage } from '../storage';
import {
  type SteadyPlan,
  concurrencyProblems,
  renderSteadyFleets,
  renderSteadyScaling,
  steadyProblems,
} from './cluster-fleets';
import { layGround, standingCluster } from './cluster-ground';
import type { SparkClusterOptions, StandingClusterAttributes } from './cluster-options';
import { allIsOnDemand, coreIsOnDemand, enforce, stands } from './cluster-rules';
import type { EmrRelease } from './emr-release';
import { InstanceArchitecture } from './instance-architecture';
import { SparkApplication, type SparkApplicationOptions } from './spark-application';
import type { IStandingCluster } from './spark-cluster';
import { ImportedStandingCluster, StandingClusterBase } from './standing-cluster';
import { StreamingJob, type StreamingJobOptions } from './streaming-job';

/** How many units scaling may add to the core when nothing else is said. */
const ROOM_TO_GROW = 2;

/** How many steps run at once when nothing else is said. */
const SIDE_BY_SIDE = 10;

/** A standing EMR cluster that streaming jobs run on, side by side. */
export interface IStreamingCluster extends IStandingCluster {
  /** The lake, whose artifacts bucket has the checkpoints of the jobs. */
  readonly storage: ILakeStorage;
}

/** A streaming cluster that exists already. */
export interface StreamingClusterAttributes extends StandingClusterAttributes {
  /** The lake, whose artifacts bucket gets the checkpoints of jobs. */
  readonly storage: ILakeStorage;
}

/** Properties of a StreamingCluster. One capacity unit is 4 vCPUs, an xlarge instance. */
export interface StreamingClusterProps extends SparkClusterOptions {
  /**
   * The key that encrypts disks and what jobs write to S3.
   *
   * @default - the key of the storage
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The instance types of all nodes, On-Demand.
   *
   * @default - general purpose types of the architecture, xlarge
   */
  readonly instanceTypes?: ec2.InstanceType[];

  /**
   * Units that always run.
   *
   * @default 1
   */
  readonly coreUnits?: number;

  /**
   * Units that scaling may grow to, On-Demand all of them: the cap on what the cluster costs.
   *
   * @default - two more than coreUnits
   */
  readonly maxUnits?: number;

  /**
   * How many steps run at once, 1 to 256. Every streaming job is one, for as long as it runs.
   *
   * @default 10
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
 * A standing EMR cluster for streams: every node On-Demand, because a stream that loses a node starts again from its
 * checkpoint and its readers wait. Managed scaling grows it up to a cap of its own.
 *
 * It is never terminated by an idle time-out, and unhealthy nodes are replaced.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-longrunning-transient.html
 */
export class StreamingCluster extends StandingClusterBase implements IStreamingCluster {
  /** Refer to a cluster that exists already. */
  public static fromStreamingClusterAttributes(
    scope: Construct,
    id: string,
    attributes: StreamingClusterAttributes,
  ): IStreamingCluster {
    return new ImportedStreamingCluster(scope, id, attributes);
  }

  public readonly clusterId: string;
  public readonly architecture: InstanceArchitecture;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;
  public readonly storage: ILakeStorage;

  /** The role that jobs run with. */
  public readonly instanceRole: iam.IRole;

  /** The role EMR runs the cluster with. */
  public readonly serviceRole: iam.IRole;

  /** The release. */
  public readonly release: EmrRelease;

  private readonly stepConcurrency: number;
  private jobs = 0;

  constructor(scope: Construct, id: string, props: StreamingClusterProps) {
    super(scope, id);
    failAll(`streaming cluster '${this.node.path}'`, streamingSizingProblems(props).map(problem));
    const plan = steadyPlanOf(props);
    const encryptionKey =
      props.encryptionKey ?? props.storage.encryptionKey ?? new kms.Key(this, 'Key', { enableKeyRotation: true });

    const ground = layGround(this, props, encryptionKey);
    this.stepConcurrency = props.stepConcurrency ?? SIDE_BY_SIDE;
    const shape = {
      fleets: renderSteadyFleets(plan),
      scaling: renderSteadyScaling(plan.coreUnits, maxUnitsOf(props)),
      stands: true,
      terminationProtection: props.terminationProtection ?? false,
      stepConcurrency: this.stepConcurrency,
    };
    const cluster = standingCluster(this, { ground, options: props, shape });
    enforce(this, cluster, [stands, coreIsOnDemand, allIsOnDemand]);

    this.clusterId = cluster.ref;
    this.architecture = plan.architecture;
    this.storage = props.storage;
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

  /** Define a job that is kept running on this cluster; fails when there are more than may run side by side. */
  public addJob(id: string, options: StreamingJobOptions): StreamingJob {
    return new StreamingJob(this, id, { ...options, cluster: this });
  }

  /** @internal */
  public override _addJob(): Problem[] {
    this.jobs += 1;
    if (this.jobs <= this.stepConcurrency) {
      return [];
    }
    const must = `at least the number of jobs (${this.jobs})`;
    const remedy = 'raise it, or the last job waits for ever';
    return [{ path: 'stepConcurrency', must, got: this.stepConcurrency, remedy }];
  }
}

class ImportedStreamingCluster extends ImportedStandingCluster implements IStreamingCluster {
  public readonly storage: ILakeStorage;

  constructor(scope: Construct, id: string, attributes: StreamingClusterAttributes) {
    super(scope, id, attributes);
    this.storage = attributes.storage;
  }
}

/** What says how large a cluster is, without where it is. */
type Sizing = Omit<StreamingClusterProps, 'vpc' | 'storage'>;

/**
 * All that is impossible in the size of a cluster.
 *
 * @internal
 */
export function streamingSizingProblems(sizing: Sizing): Problem[] {
  const steps = sizing.stepConcurrency ?? SIDE_BY_SIDE;
  return [
    ...steadyProblems(steadyPlanOf(sizing), maxUnitsOf(sizing)),
    ...concurrencyProblems(steps, 'use at least one for each job'),
  ];
}

function steadyPlanOf({ architecture = InstanceArchitecture.X86_64, instanceTypes, coreUnits }: Sizing): SteadyPlan {
  return { architecture, steadyTypes: instanceTypes ?? architecture.steadyInstanceTypes(), coreUnits: coreUnits ?? 1 };
}

function maxUnitsOf({ coreUnits = 1, maxUnits }: Sizing): number {
  return maxUnits ?? coreUnits + ROOM_TO_GROW;
}

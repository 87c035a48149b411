import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Duration } from 'aws-cdk-lib/core';
import type { ILakeStorage } from '../storage';
import type { EmrRelease } from './emr-release';
import type { InstanceArchitecture } from './instance-architecture';
import type { TransitCertificates } from './transit-certificates';

/** Where an EMR cluster is, and what it runs. */
export interface SparkClusterOptions {
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

/** On-Demand primary and core nodes, and task nodes on Spot. One capacity unit is 4 vCPUs, an xlarge instance. */
export interface SpotFleetOptions {
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
}

/** A standing cluster that exists already. */
export interface StandingClusterAttributes {
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

import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import type { InstanceArchitecture } from './instance-architecture';

/** What Spark applications run on, as steps; as a grantee it is the role that all of them share. */
export interface ISparkCluster extends IConstruct, iam.IGrantable {
  /** The architecture of its nodes, for which the dependencies of applications are built. */
  readonly architecture: InstanceArchitecture;
}

/** An EMR cluster that stands until it is removed. */
export interface IStandingCluster extends ISparkCluster, ec2.IConnectable {
  /**
   * The cluster's id, `j-…`.
   *
   * @attribute
   */
  readonly clusterId: string;

  /**
   * A metric of the cluster.
   *
   * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_ViewingMetrics.html
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

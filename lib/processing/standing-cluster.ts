import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { referenceProblems } from '../foundation';
import { type Problem, failAll, problem } from '../private';
import type { StandingClusterAttributes } from './cluster-options';
import { InstanceArchitecture } from './instance-architecture';
import type { IStandingCluster } from './spark-cluster';

/**
 * What every standing cluster can do, whoever defined it.
 *
 * @internal
 */
export abstract class StandingClusterBase extends Construct implements IStandingCluster {
  public abstract readonly clusterId: string;
  public abstract readonly architecture: InstanceArchitecture;
  public abstract readonly grantPrincipal: iam.IPrincipal;
  public abstract readonly connections: ec2.Connections;

  /**
   * What is wrong with one more job that never ends.
   *
   * @internal
   */
  public _addJob(): Problem[] {
    return [];
  }

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
 * A standing cluster that another stack or account defines.
 *
 * @internal
 */
export class ImportedStandingCluster extends StandingClusterBase {
  public readonly clusterId: string;
  public readonly architecture: InstanceArchitecture;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, attributes: StandingClusterAttributes) {
    super(scope, id);
    const problems = referenceProblems({
      path: 'clusterId',
      must: "the id of a cluster, 'j-' and capital letters and digits",
      got: attributes.clusterId,
      form: /^j-[A-Z0-9]+$/,
      remedy: 'take it from `aws emr list-clusters --active`',
    });
    failAll(`cluster '${this.node.path}'`, problems.map(problem));
    this.clusterId = attributes.clusterId;
    this.architecture = attributes.architecture ?? InstanceArchitecture.X86_64;
    this.grantPrincipal = attributes.instanceRole.grantPrincipal;
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups ?? [] });
  }
}

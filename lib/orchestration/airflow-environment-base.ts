import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { ArnFormat, Duration, type IResource, Resource, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { referenceProblems } from '../foundation';
import { failAll, problem } from '../private';
import type { AirflowComponent } from './airflow-access';
import { AirflowEnvironmentGrants } from './airflow-environment-grants';

/** An Airflow environment on MWAA. It is a principal: what its tasks may do is granted to it. */
export interface IAirflowEnvironment extends IResource, iam.IGrantable, ec2.IConnectable {
  /**
   * The ARN of the environment.
   *
   * @attribute
   */
  readonly environmentArn: string;

  /**
   * The name of the environment.
   *
   * @attribute
   */
  readonly environmentName: string;

  /** Permissions on the environment. */
  readonly grants: AirflowEnvironmentGrants;

  /**
   * A metric of Airflow itself, five minutes wide.
   *
   * @param metricName as MWAA writes it
   * @param options among them the dimensions beside that of the environment
   * @see https://docs.aws.amazon.com/mwaa/latest/userguide/access-metrics-cw.html
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Signs of life of the schedulers: their number. None means that nothing is scheduled. */
  metricSchedulerHeartbeat(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Tasks that wait for a worker. */
  metricQueuedTasks(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Tasks that run. */
  metricRunningTasks(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Attempts at tasks of all DAGs that failed. Airflow 3.0 counts none (https://github.com/apache/airflow/issues/52254). */
  metricTaskInstanceFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Tasks of all DAGs that succeeded. */
  metricTaskInstanceSuccesses(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** DAG files that cannot be imported. */
  metricImportErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** How long reading all DAG files takes, in seconds. */
  metricTotalParseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Processor time that the containers of a component use, in percent.
   *
   * @param component the component
   */
  metricCpuUtilization(component: AirflowComponent, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Memory that the containers of a component use, in percent.
   *
   * @param component the component
   */
  metricMemoryUtilization(component: AirflowComponent, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** An Airflow environment that exists already. */
export interface AirflowEnvironmentAttributes {
  /** The ARN of the environment. */
  readonly environmentArn: string;

  /**
   * The role of the environment and its tasks.
   *
   * @default - nothing can be granted to the environment
   */
  readonly executionRole?: iam.IRole;

  /**
   * The security groups of the environment.
   *
   * @default - connections to the environment cannot be allowed
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/**
 * What every environment can do, whoever defined it.
 *
 * @internal
 */
export abstract class AirflowEnvironmentBase extends Resource implements IAirflowEnvironment {
  public abstract readonly environmentArn: string;
  public abstract readonly environmentName: string;
  public abstract readonly connections: ec2.Connections;
  public abstract readonly grantPrincipal: iam.IPrincipal;
  public readonly grants = AirflowEnvironmentGrants.fromAirflowEnvironment(this);

  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metricIn('AmazonMWAA', metricName, options);
  }

  public metricSchedulerHeartbeat(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('Scheduler', 'SchedulerHeartbeat', { statistic: cloudwatch.Stats.SUM, ...options });
  }

  public metricQueuedTasks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('Executor', 'QueuedTasks', options);
  }

  public metricRunningTasks(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('Executor', 'RunningTasks', options);
  }

  public metricTaskInstanceFailures(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfAllTasks('TaskInstanceFailures', options);
  }

  public metricTaskInstanceSuccesses(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfAllTasks('TaskInstanceSuccesses', options);
  }

  public metricImportErrors(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('DAG Processing', 'ImportErrors', options);
  }

  public metricTotalParseTime(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOf('DAG Processing', 'TotalParseTime', options);
  }

  public metricCpuUtilization(component: AirflowComponent, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfContainers(component, 'CPUUtilization', options);
  }

  public metricMemoryUtilization(component: AirflowComponent, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfContainers(component, 'MemoryUtilization', options);
  }

  private metricOf(role: string, metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return this.metric(metricName, { ...options, dimensionsMap: { Function: role, ...options.dimensionsMap } });
  }

  private metricOfAllTasks(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    const dimensionsMap = { DAG: 'All', Task: 'All', ...options.dimensionsMap };
    return this.metric(metricName, { statistic: cloudwatch.Stats.SUM, ...options, dimensionsMap });
  }

  private metricOfContainers(
    component: AirflowComponent,
    metricName: string,
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    const dimensionsMap = { Cluster: component, ...options.dimensionsMap };
    return this.metricIn('AWS/MWAA', metricName, { statistic: cloudwatch.Stats.AVERAGE, ...options, dimensionsMap });
  }

  private metricIn(namespace: string, metricName: string, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace,
      metricName,
      period: Duration.minutes(5),
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
      dimensionsMap: { Environment: this.environmentName, ...options.dimensionsMap },
    }).attachTo(this);
  }
}

/**
 * An environment that another stack or account defines.
 *
 * @internal
 */
export class ImportedAirflowEnvironment extends AirflowEnvironmentBase {
  public readonly environmentArn: string;
  public readonly environmentName: string;
  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;

  constructor(scope: Construct, id: string, attributes: AirflowEnvironmentAttributes) {
    super(scope, id, { environmentFromArn: requireArn(scope, attributes.environmentArn) });
    const { resourceName } = Stack.of(this).splitArn(attributes.environmentArn, ArnFormat.SLASH_RESOURCE_NAME);
    this.environmentArn = attributes.environmentArn;
    this.environmentName = resourceName ?? '';
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups ?? [] });
    this.grantPrincipal = attributes.executionRole?.grantPrincipal ?? new iam.UnknownPrincipal({ resource: this });
  }
}

/** The ARN, if it is one: CDK takes it apart before there is a construct. */
function requireArn(scope: Construct, got: string): string {
  const problems = referenceProblems({
    path: 'environmentArn',
    must: 'the ARN of an Airflow environment, arn:…:environment/<name>',
    got,
    form: /^arn:[^:]+:airflow:[^:]+:[^:]+:environment\/[^/]+$/,
    remedy: 'take it from `aws mwaa get-environment`',
  });
  failAll(`Airflow environment in '${scope.node.path}'`, problems.map(problem));
  return got;
}

import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { Duration, Lazy, type RemovalPolicy, Stack, TagManager } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { LakeKey, acknowledgeWildcards } from '../foundation';
import { type Problem, failAll, problem } from '../private';
import { fleetProblems, planOf, renderFleets, renderScaling } from './cluster-fleets';
import { type ClusterGround, layGround, renderCluster } from './cluster-ground';
import type { SparkClusterOptions, SpotFleetOptions } from './cluster-options';
import { EMR_TAG } from './cluster-roles';
import type { EmrRelease } from './emr-release';
import { InstanceArchitecture } from './instance-architecture';
import { spanProblems } from './spans';
import { jobFlowMachine } from './job-flow-machine';
import { runJobFlowRequest } from './job-flow-request';
import { SparkApplication, type SparkApplicationOptions } from './spark-application';
import type { ISparkCluster } from './spark-cluster';
import { Workflow } from './workflow';

/** The tag by which a flow's role recognizes the clusters that are its own. */
const FLOW_TAG = 'lakehouse-job-flow';

/** Properties of a BatchJobFlow. One capacity unit is 4 vCPUs, an xlarge instance. */
export interface BatchJobFlowProps extends SparkClusterOptions, SpotFleetOptions {
  /**
   * The key that encrypts disks, what jobs write to S3, and the log of the state machine; its policy must let CloudWatch
   * Logs use it, as LakeKey's does.
   *
   * @default - a new LakeKey
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long a run may take, 10 minutes to 7 days; after it the cluster is terminated and the run fails.
   *
   * @default Duration.hours(12)
   */
  readonly timeout?: Duration;

  /**
   * How long a cluster may be idle before EMR itself ends it, 60 seconds to 7 days: for what the state machine cannot do,
   * because somebody stopped it.
   *
   * @default Duration.minutes(15)
   */
  readonly idleTimeout?: Duration;

  /**
   * How long the log of the state machine is kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to that log, and to a key made here, when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A transient EMR cluster for heavy work and backfills: a state machine that starts one for the steps of its input, waits
 * for its end, and fails with the reason when a step failed. There is no cluster between runs.
 *
 * The cluster always ends: after its last step, with the first step that fails, at the time-out, when it is idle, and when
 * the state machine meets an error. Only stopping an execution leaves it to finish its steps by itself.
 *
 * Input: `{ "Steps": [ { "Name", "HadoopJarStep": { "Jar", "Args" } } ], "Name": "optional" }`.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-longrunning-transient.html
 */
export class BatchJobFlow extends Construct implements ISparkCluster, ec2.IConnectable {
  public readonly architecture: InstanceArchitecture;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;

  /** The state machine, an execution of which is a run. */
  public readonly stateMachine: stepfunctions.IStateMachine;

  /** The log of the state machine: every state it went through. */
  public readonly logGroup: logs.ILogGroup;

  /** The role that jobs run with. */
  public readonly instanceRole: iam.IRole;

  /** The role EMR runs the cluster with. */
  public readonly serviceRole: iam.IRole;

  /** The release. */
  public readonly release: EmrRelease;

  private readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: BatchJobFlowProps) {
    super(scope, id);
    failAll(`job flow '${this.node.path}'`, jobFlowProblems(props).map(problem));
    const { removalPolicy } = props;
    const description = 'encrypts a job flow and its log';
    const encryptionKey = props.encryptionKey ?? new LakeKey(this, 'Key', { description, removalPolicy }).key;

    const ground = layGround(this, props, encryptionKey);
    this.architecture = props.architecture ?? InstanceArchitecture.X86_64;
    this.workflow = new Workflow(this, 'Machine', {
      encryptionKey,
      logRetention: props.logRetention,
      removalPolicy,
      machine: () =>
        jobFlowMachine({
          name: ground.name,
          request: this.request(props, ground),
          timeout: props.timeout ?? Duration.hours(12),
        }),
      statements: () => this.statements(ground),
    });
    this.workflow.node.addDependency(...ground.before);
    acknowledgeWildcards(
      this.workflow.role,
      [this.emrArn('cluster', '*')],
      'clusters are named when they start; the machine sees and ends only those that carry its own tag',
    );

    this.stateMachine = this.workflow.stateMachine;
    this.logGroup = this.workflow.logGroup;
    this.release = ground.release;
    this.instanceRole = ground.roles.instance;
    this.serviceRole = ground.roles.service;
    this.grantPrincipal = ground.roles.instance.grantPrincipal;
    this.connections = new ec2.Connections({ securityGroups: [ground.groups.primary, ground.groups.worker] });
  }

  /** Define an application whose `stepArgs` are the `Args` of a step. */
  public addApplication(id: string, options: SparkApplicationOptions): SparkApplication {
    return new SparkApplication(this, id, { ...options, cluster: this });
  }

  /**
   * Lets the grantee run the flow and see how runs do; it needs no permission on EMR.
   *
   * @param grantee who may
   */
  public grantRun(grantee: iam.IGrantable): iam.Grant {
    return this.workflow.grantStart(grantee);
  }

  /** Runs that failed. */
  public metricFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricFailed(options);
  }

  /** Runs that succeeded. */
  public metricSucceeded(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricSucceeded(options);
  }

  private request(props: BatchJobFlowProps, ground: ClusterGround): { [name: string]: unknown } {
    const plan = planOf(props, props.architecture);
    const cluster = renderCluster(ground, props, {
      fleets: renderFleets(plan),
      scaling: renderScaling(plan),
      stands: false,
      terminationProtection: false,
      stepConcurrency: 1,
    });
    const idleTimeout = (props.idleTimeout ?? Duration.minutes(15)).toSeconds();
    return {
      ...runJobFlowRequest({ ...cluster, autoTerminationPolicy: { idleTimeout } }),
      // What this app tags is not only what CloudFormation makes.
      Tags: Lazy.any({ produce: () => tagsOf(ground) }),
    };
  }

  /** What the machine may do: start clusters that carry its own tag, and see and end those. */
  private statements({ name, roles }: ClusterGround): iam.PolicyStatement[] {
    const { partition, account } = Stack.of(this);
    const clusters = this.emrArn('cluster', '*');
    const requested = { StringEquals: { [`elasticmapreduce:RequestTag/${FLOW_TAG}`]: name } };
    const own = { StringEquals: { [`elasticmapreduce:ResourceTag/${FLOW_TAG}`]: name } };
    const cleanup = 'elasticmapreduce.amazonaws.com/AWSServiceRoleForEMRCleanup';
    return [
      allow('StartCluster', ['elasticmapreduce:RunJobFlow'], ['*'], requested),
      allow('TagCluster', ['elasticmapreduce:AddTags'], [clusters], requested),
      allow('SeeAndEndCluster', CLUSTER_ACTIONS, [clusters], own),
      allow('PassServiceRole', ['iam:PassRole'], [roles.service.roleArn], {
        StringEquals: { 'iam:PassedToService': 'elasticmapreduce.amazonaws.com' },
      }),
      allow('PassInstanceRole', ['iam:PassRole'], [roles.instance.roleArn], {
        StringEquals: { 'iam:PassedToService': 'ec2.amazonaws.com' },
      }),
      allow(
        'FirstUseOfEmr',
        ['iam:CreateServiceLinkedRole'],
        [`arn:${partition}:iam::${account}:role/aws-service-role/${cleanup}`],
        { StringEquals: { 'iam:AWSServiceName': 'elasticmapreduce.amazonaws.com' } },
      ),
    ];
  }

  private emrArn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service: 'elasticmapreduce', resource, resourceName });
  }
}

/** What the machine does with a cluster that it started. */
const CLUSTER_ACTIONS = [
  'elasticmapreduce:DescribeCluster',
  'elasticmapreduce:ListSteps',
  'elasticmapreduce:TerminateJobFlows',
];

function allow(
  sid: string,
  actions: string[],
  resources: string[],
  conditions?: { [operator: string]: { [key: string]: string } },
): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources, conditions });
}

/** The tags of everything here, which is what the service role and the bill go by, and that of the flow. */
function tagsOf({ name, roles }: ClusterGround): { Key: string; Value: string }[] {
  const { defaultChild: role } = roles.service.node;
  const given = role === undefined ? {} : TagManager.of(role)?.tagValues();
  return Object.entries({ ...given, [EMR_TAG]: 'true', [FLOW_TAG]: name }).map(([Key, Value]) => ({ Key, Value }));
}

/**
 * All that is impossible in a job flow.
 *
 * @internal
 */
export function jobFlowProblems(props: Omit<BatchJobFlowProps, 'vpc' | 'storage'>): Problem[] {
  const { timeout, idleTimeout } = props;
  const week = Duration.days(7);
  return [
    ...fleetProblems(planOf(props, props.architecture)),
    ...spanProblems('timeout', timeout, { least: Duration.minutes(10), most: week, example: 'Duration.hours(12)' }),
    ...spanProblems('idleTimeout', idleTimeout, {
      least: Duration.seconds(60),
      most: week,
      example: 'Duration.minutes(15)',
    }),
  ];
}

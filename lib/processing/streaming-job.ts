import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, Duration, type RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IIcebergTable } from '../catalog';
import { type IAlertTopics, acknowledgeGrant, folderOwner, granted } from '../foundation';
import { type Problem, failAll, problem } from '../private';
import { ArtifactPrefix } from '../storage';
import type { IKafkaTopic } from '../streaming';
import { SparkApplication, type SparkApplicationOptions } from './spark-application';
import { StandingClusterBase } from './standing-cluster';
import type { IStreamingCluster } from './streaming-cluster';
import { jobProblems } from './streaming-job-problems';
import type { RestartMetric } from './streaming-restarts';
import { supervisor } from './streaming-supervisor';
import { Workflow, arnOf } from './workflow';

/** Options of a StreamingJob that is added to a cluster. */
export interface StreamingJobOptions extends SparkApplicationOptions {
  /**
   * The name of the job: of its steps, its checkpoint's folder and its consumer group. 1 to 64 letters, digits, hyphens and
   * underscores, unique in the lake. A job under another name starts from the beginning.
   *
   * @default - the construct's id
   */
  readonly jobName?: string;

  /**
   * The job's own arguments; `--checkpoint` and its location follow.
   *
   * @default - none
   */
  readonly arguments?: string[];

  /**
   * The option by which the job learns the correlation id that stands on its log lines: that of the input of the execution
   * that starts it (`{"correlationId": "…"}`), else the execution's name.
   *
   * @default - the job is told none
   */
  readonly correlationOption?: string;

  /**
   * The option by which the job learns the correlation id of the run whose place it takes; `-` where it takes nobody's.
   *
   * A job that knows it is deployed with no gap: it starts beside the run before, asks it to end when it is ready itself, and
   * reads when that has ended. How the two talk is told in `lakehouse_jobs/draining.py`.
   *
   * @default - the job cannot start beside the run before
   */
  readonly takeOverOption?: string;

  /**
   * The metric that says each restart as 1.
   *
   * @default - restarts are not counted
   */
  readonly restarts?: cloudwatch.Metric;

  /**
   * The topic that the job reads: it may consume, and reach the brokers.
   *
   * @default - the job reads no topic
   */
  readonly from?: IKafkaTopic;

  /**
   * The consumer group, or the beginning of its name and an asterisk where the client makes up the rest.
   *
   * @default - the name of the job
   */
  readonly consumerGroup?: string;

  /**
   * The tables that the job reads and writes.
   *
   * @default - none
   */
  readonly to?: IIcebergTable[];

  /**
   * Where it is told, as critical, that the job is down for good.
   *
   * @default - nobody is told; watch metricFailed
   */
  readonly alerts?: IAlertTopics;

  /**
   * How often the job is started again in a row, from 0 to 100, later each time: after one poll interval, two, four … a
   * quarter of an hour at most.
   *
   * @default 5
   */
  readonly maxRestarts?: number;

  /**
   * How long a run must have lasted for earlier restarts to be forgotten.
   *
   * @default Duration.hours(1)
   */
  readonly healthyAfter?: Duration;

  /**
   * How often the supervisor looks, from every 30 seconds to every 15 minutes. Step Functions bills three transitions for each look.
   *
   * @default Duration.minutes(1)
   */
  readonly pollInterval?: Duration;

  /**
   * The key that encrypts the supervisor's log; its policy must let CloudWatch Logs use it, as LakeKey's does.
   *
   * @default - a new LakeKey
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long the supervisor's log is kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the supervisor's log, and its key, when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties of a StreamingJob. */
export interface StreamingJobProps extends StreamingJobOptions {
  /** The cluster it runs on, whose role gets what the job needs. */
  readonly cluster: IStreamingCluster;
}

/**
 * A Spark application that is kept running: a state machine adds it to the cluster as a step, looks after it, and starts
 * it again from its checkpoint when it ends, a bounded number of times in a row.
 *
 * Nothing starts by deployment: start an execution of the state machine. A job that is asked to end finishes its batch, and
 * the supervisor ends with success; starting the machine again runs the version that was deployed last.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/supported-services-awssdk.html
 */
export class StreamingJob extends Construct {
  /** The name of the job. */
  public readonly jobName: string;

  /** Where the job keeps how far it has come, `s3://…/checkpoints/<job>/`. */
  public readonly checkpointLocation: string;

  /** The application. */
  public readonly application: SparkApplication;

  /** The arguments of a step, complete. */
  public readonly stepArgs: string[];

  /** The supervisor. */
  public readonly stateMachine: stepfunctions.IStateMachine;

  /** The log of the state machine: every state it went through. */
  public readonly logGroup: logs.ILogGroup;

  /** What counts the restarts; none where nothing does. */
  public readonly restarts?: cloudwatch.Metric;

  private readonly workflow: Workflow;

  constructor(scope: Construct, id: string, props: StreamingJobProps) {
    super(scope, id);
    this.jobName = props.jobName ?? id;
    const { cluster } = props;
    const { artifacts } = cluster.storage;
    const checkpoint = `${ArtifactPrefix.CHECKPOINTS}${this.jobName}/`;
    const problems = [
      ...jobProblems(props, this.jobName),
      ...this.checkpointProblems(artifacts, checkpoint),
      ...(cluster instanceof StandingClusterBase ? cluster._addJob() : []),
    ];
    failAll(`streaming job '${this.node.path}'`, problems.map(problem));
    this.restarts = props.restarts;

    this.application = new SparkApplication(this, 'Application', props);
    this.checkpointLocation = artifacts.s3UrlForObject(checkpoint);
    // After the job's own, the first of which may be a command that takes the others as its options.
    this.stepArgs = [...this.application.stepArgs, ...(props.arguments ?? []), '--checkpoint', this.checkpointLocation];
    this.workflow = this.supervise(props);
    this.stateMachine = this.workflow.stateMachine;
    this.logGroup = this.workflow.logGroup;

    this.grantFolders(cluster, [checkpoint, this.requests]);
    props.from?.grants.consume(cluster, props.consumerGroup ?? this.jobName);
    if (props.from !== undefined) {
      this.reach(cluster, props.from.cluster.connections);
    }
    props.to?.forEach((table) => table.grants.readWrite(cluster));
  }

  /** Clusters of one lake share the bucket. */
  private checkpointProblems(artifacts: s3.IBucket, checkpoint: string): Problem[] {
    const must = 'a name that no other job has, because the name is the checkpoint';
    return folderOwner(this, artifacts, checkpoint) === undefined
      ? []
      : [{ path: 'jobName', must, got: this.jobName, remedy: 'rename one of the two' }];
  }

  /**
   * Lets the cluster connect to brokers. The rules lie beside its own groups: a Kafka cluster in another stack would wait for this one
   * otherwise, which waits for the Kafka cluster.
   */
  private reach(cluster: IStreamingCluster, brokers: ec2.Connections): void {
    const { defaultPort } = brokers;
    if (defaultPort === undefined) {
      brokers.allowDefaultPortFrom(cluster); // fails, and says what is missing
      return;
    }
    for (const group of brokers.securityGroups) {
      for (const peer of cluster.connections.securityGroups) {
        group.addIngressRule(peer, defaultPort, `streaming job ${this.jobName}`, true);
      }
    }
  }

  /**
   * Lets the grantee start the job and see how its supervisor does.
   *
   * @param grantee who may
   */
  public grantStart(grantee: iam.IGrantable): iam.Grant {
    return this.workflow.grantStart(grantee);
  }

  /** Supervisors that gave up: the job is down, or runs on with nobody who starts it again because EMR refused their calls. */
  public metricFailed(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricFailed(options);
  }

  /** Supervisors that started: by whoever may, or because the one before had looked long enough. */
  public metricStarted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricStarted(options);
  }

  /** Supervisors that were stopped by somebody: the job runs on and nobody looks after it. */
  public metricAborted(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metricAborted(options);
  }

  private supervise(props: StreamingJobProps): Workflow {
    const topic = props.alerts?.critical;
    const { artifacts } = props.cluster.storage;
    return new Workflow(this, 'Supervisor', {
      ...props,
      machine: (name) =>
        supervisor({
          jobName: this.jobName,
          reads: { topic: props.from?.topicName ?? '', consumerGroup: props.consumerGroup ?? this.jobName },
          clusterId: props.cluster.clusterId,
          stepArgs: this.stepArgs,
          correlationOption: props.correlationOption,
          takeOverOption: props.takeOverOption,
          requests: { bucket: artifacts.bucketName, folder: this.requests },
          restarts: props.restarts === undefined ? undefined : restartMetricOf(props.restarts),
          machineArn: arnOf(this, 'stateMachine', name),
          pollInterval: props.pollInterval ?? Duration.minutes(1),
          maxRestarts: props.maxRestarts ?? 5,
          healthyAfter: props.healthyAfter ?? Duration.hours(1),
          topicArn: topic?.topicArn,
        }),
      statements: (name) => [
        allow('RunTheJob', STEP_ACTIONS, this.clusterArn(props.cluster)),
        allow('SeeRequests', ['s3:ListBucket'], artifacts.bucketArn, {
          StringLike: { 's3:prefix': `${this.requests}*` },
        }),
        ...(props.restarts === undefined
          ? []
          : [
              allow('CountRestarts', ['cloudwatch:PutMetricData'], '*', {
                StringEquals: { 'cloudwatch:namespace': props.restarts.namespace },
              }),
            ]),
        allow('HandOver', ['states:StartExecution'], arnOf(this, 'stateMachine', name)),
        ...(topic === undefined ? [] : [allow('Alert', ['sns:Publish'], topic.topicArn)]),
        ...(topic?.masterKey === undefined
          ? []
          : [allow('EncryptAlert', ['kms:Decrypt', 'kms:GenerateDataKey'], topic.masterKey.keyArn)]),
      ],
    });
  }

  private clusterArn({ clusterId }: IStreamingCluster): string {
    const arnFormat = ArnFormat.SLASH_RESOURCE_NAME;
    return Stack.of(this).formatArn({
      service: 'elasticmapreduce',
      resource: 'cluster',
      resourceName: clusterId,
      arnFormat,
    });
  }

  /** Where runs are asked to end, and answer: beside the checkpoint, which is Spark's alone. */
  private get requests(): string {
    return `${ArtifactPrefix.CHECKPOINTS}${this.jobName}.runs/`;
  }

  /** The cluster's role may do in the job's folders what Spark does there, and nothing in the folders of other jobs. */
  private grantFolders(cluster: IStreamingCluster, folders: string[]): void {
    const { artifacts, encryptionKey } = cluster.storage;
    const objects = folders.map((folder) => artifacts.arnForObjects(`${folder}*`));
    const grants = [
      iam.Grant.addToPrincipal({ grantee: cluster, actions: CHECKPOINT_ACTIONS, resourceArns: objects }),
      iam.Grant.addToPrincipal({
        grantee: cluster,
        actions: ['s3:ListBucket'],
        resourceArns: [artifacts.bucketArn],
        conditions: { StringLike: { 's3:prefix': folders.map((folder) => `${folder}*`) } },
      }),
    ];
    acknowledgeGrant(cluster, objects, "Spark names the files of a checkpoint; they stay in this job's folders");
    if (encryptionKey !== undefined) {
      grants.push(encryptionKey.grant(cluster, 'kms:Decrypt', 'kms:GenerateDataKey'));
    }
    granted(this, cluster, grants);
  }
}

/** What a supervisor does with the cluster and its steps. */
const STEP_ACTIONS = [
  'elasticmapreduce:AddJobFlowSteps',
  'elasticmapreduce:DescribeCluster',
  'elasticmapreduce:DescribeStep',
  'elasticmapreduce:ListSteps',
];

/** Spark writes a checkpoint's files, renames some, and deletes old ones. */
const CHECKPOINT_ACTIONS = [
  's3:GetObject',
  's3:PutObject',
  's3:DeleteObject',
  's3:AbortMultipartUpload',
  's3:ListMultipartUploadParts',
];

function allow(sid: string, actions: string[], resource: string, conditions?: object): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources: [resource], conditions: { ...conditions } });
}

function restartMetricOf({ namespace, metricName, dimensions = {} }: cloudwatch.Metric): RestartMetric {
  return { namespace, name: metricName, dimensions };
}

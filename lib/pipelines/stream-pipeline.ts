import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import * as ssm from 'aws-cdk-lib/aws-ssm';
import type { RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { LakeCatalog } from '../catalog';
import type { DataContract, DataContracts } from '../contracts';
import { LakehouseMetrics } from '../observability';
import { type IStreamingCluster, SparkDependencies, StreamingJob } from '../processing';
import type { ILakeStorage } from '../storage';
import type { IKafkaTopic } from '../streaming';
import { JOBS, JOBS_ENTRY_POINT, STREAM_JARS } from './jobs';
import { grantPipeline } from './pipeline-grants';

/** What streams of one lake have in common. */
export interface StreamPipelineOptions {
  /** The contracts that the contract is one of. */
  readonly contracts: DataContracts;

  /** The environment's name. */
  readonly environment: string;

  /** The buckets. */
  readonly storage: ILakeStorage;

  /** The databases and tables. */
  readonly catalog: LakeCatalog;

  /**
   * How often the stream is started again in a row, 0 to 100.
   *
   * @default 5
   */
  readonly maxRestarts?: number;

  /**
   * The key that encrypts the supervisor's log.
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
   * What happens to that log when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * The built dependencies of the jobs.
   *
   * @default - those of this package
   */
  readonly dependencies?: SparkDependencies;
}

/** Properties of a StreamPipeline. */
export interface StreamPipelineProps extends StreamPipelineOptions {
  /** The cluster it runs on, whose role may do what the stream does and nothing else. */
  readonly cluster: IStreamingCluster;

  /** The topic it reads. */
  readonly topic: IKafkaTopic;

  /** The contract of the dataset. */
  readonly contract: DataContract;
}

/**
 * The streaming pipeline that ships with this package: a topic to bronze, dead letters, silver and the windows that follow
 * from it, each record once. Nothing
 * runs by deployment: start an execution of the job's state machine. That it is down for good is told by the alarm of
 * `Watch.streamingJob`.
 */
export class StreamPipeline extends Construct {
  /** The job. */
  public readonly job: StreamingJob;

  /** The topic it reads. */
  public readonly topic: IKafkaTopic;

  /** Says where the archive of the deployed contracts is; a running stream looks at it between two batches. */
  public readonly deployedContracts: ssm.IStringParameter;

  /** The consumer group in which it says how far it has come. */
  public readonly consumerGroup: string;

  constructor(scope: Construct, id: string, props: StreamPipelineProps) {
    super(scope, id);
    const { cluster, contract, contracts } = props;
    this.topic = props.topic;
    this.consumerGroup = `lakehouse-${contract.dataset}`;
    const dependencies = props.dependencies ?? new SparkDependencies();
    this.job = new StreamingJob(cluster, `Job-${contract.dataset}`, {
      cluster,
      entryPoint: JOBS_ENTRY_POINT,
      codeDirectory: JOBS,
      dependencies: dependencies.withJars(STREAM_JARS),
      dataDirectories: { contracts: contracts.directory },
      jobName: contract.dataset,
      arguments: ['stream', '--environment', props.environment, '--dataset', contract.dataset],
      correlationOption: '--correlation-id',
      takeOverOption: '--take-over-from',
      restarts: new LakehouseMetrics(props.environment).ofDataset('StreamRestarts', contract.dataset),
      from: props.topic,
      // Spark makes up the rest of the names of its own groups.
      consumerGroup: `${this.consumerGroup}*`,
      maxRestarts: props.maxRestarts,
      encryptionKey: props.encryptionKey,
      logRetention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    this.deployedContracts = this.tellContracts(props);
    grantPipeline(this, cluster, props);
    [contract, ...contracts.derivedFrom(contract)]
      .flatMap(({ tables }) => tables)
      .forEach(({ zone, name }) => props.catalog.table(zone, name).grants.readWrite(cluster));
  }

  /** A parameter of its own, because that of the lake has no room for what changes with every contract. */
  private tellContracts({ environment, contract, cluster }: StreamPipelineProps): ssm.IStringParameter {
    const parameter = new ssm.StringParameter(this, 'DeployedContracts', {
      parameterName: `/lakehouse/${environment}/streams/${contract.dataset}`,
      description: `Where the contracts are that the stream of ${contract.dataset} was deployed with last`,
      stringValue: this.job.application.dataUris.contracts ?? '',
    });
    iam.Grant.addToPrincipal({
      grantee: cluster,
      actions: ['ssm:GetParameter'],
      resourceArns: [parameter.parameterArn],
    });
    return parameter;
  }
}

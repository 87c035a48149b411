import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { type RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type IAlertTopics, RuntimeParameter, acknowledgeGrant, granted } from '../foundation';
import { DagBundle } from '../orchestration';
import type { BatchJobFlow, IBatchCluster } from '../processing';
import { ArtifactPrefix } from '../storage';
import { DAGS } from './jobs';

/** What a DAG does with a standing cluster: adds steps, and looks after them. */
const STEP_ACTIONS = [
  'elasticmapreduce:AddJobFlowSteps',
  'elasticmapreduce:CancelSteps',
  'elasticmapreduce:DescribeCluster',
  'elasticmapreduce:DescribeStep',
  'elasticmapreduce:ListSteps',
];

/** Properties of BatchDags. */
export interface BatchDagsProps {
  /** The environment's name, by which the DAGs find the runtime parameter. */
  readonly environment: string;

  /** The bucket that Airflow reads the DAGs from, and jobs record their runs in: versioned, all public access blocked. */
  readonly bucket: s3.IBucket;

  /**
   * The cluster that the DAGs run steps on.
   *
   * @default - none
   */
  readonly batchCluster?: IBatchCluster;

  /**
   * The transient cluster that the DAGs start for heavy work.
   *
   * @default - none
   */
  readonly jobFlow?: BatchJobFlow;

  /**
   * Where the DAGs tell of what failed.
   *
   * @default - nobody is told by the DAGs
   */
  readonly alerts?: IAlertTopics;

  /**
   * The key that encrypts the log of the copying.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How long that log is kept.
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
}

/** The DAGs that ship with this package, and what running them takes. */
export class BatchDags extends Construct {
  /** The DAGs in the bucket, for an Airflow environment. */
  public readonly bundle: DagBundle;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BatchDagsProps,
  ) {
    super(scope, id);
    const { bucket, encryptionKey, logRetention, removalPolicy } = props;
    this.bundle = new DagBundle(this, 'Bundle', {
      bucket,
      encryptionKey,
      logRetention,
      removalPolicy,
      bundleName: 'lakehouse',
      directory: DAGS,
    });
  }

  /**
   * Lets an Airflow environment do what the DAGs do: find the lake, run steps and the transient cluster, read what they
   * recorded, and tell of failures.
   *
   * @param grantee the environment
   */
  public grantRun(grantee: iam.IGrantable): iam.Grant {
    const { alerts, batchCluster, bucket, environment, jobFlow } = this.props;
    const runs = bucket.arnForObjects(`${ArtifactPrefix.RUNS}*`);
    acknowledgeGrant(grantee, [runs], 'run records are named by run; they stay under one prefix of one bucket');
    const grants = [
      this.allow(grantee, ['ssm:GetParameter'], RuntimeParameter.arnFor(this, environment)),
      this.allow(grantee, ['s3:GetObject'], runs),
      ...(batchCluster === undefined ? [] : [this.allow(grantee, STEP_ACTIONS, this.clusterArn(batchCluster))]),
      ...(jobFlow === undefined ? [] : [jobFlow.grantRun(grantee)]),
      ...(alerts === undefined ? [] : [alerts.critical, alerts.warning].map((topic) => topic.grantPublish(grantee))),
    ];
    return granted(this, grantee, grants);
  }

  private allow(grantee: iam.IGrantable, actions: string[], resource: string): iam.Grant {
    return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [resource] });
  }

  private clusterArn({ clusterId }: IBatchCluster): string {
    return Stack.of(this).formatArn({ service: 'elasticmapreduce', resource: 'cluster', resourceName: clusterId });
  }
}

import * as iam from 'aws-cdk-lib/aws-iam';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { LakeCatalog } from '../catalog';
import { type DataContracts, Zone } from '../contracts';
import { type IAlertTopics, acknowledgeGrant } from '../foundation';
import {
  type BatchJobFlow,
  type IBatchCluster,
  type ISparkCluster,
  SparkApplication,
  SparkDependencies,
} from '../processing';
import { ArtifactPrefix, type ILakeStorage } from '../storage';
import { onEach } from './clusters';
import { JOBS, JOBS_ENTRY_POINT, QUALITY_LOCK } from './jobs';
import { grantPipeline } from './pipeline-grants';

/** Properties of a QualityPipeline. */
export interface QualityPipelineProps {
  /** The cluster it runs on, whose role may do what the check does and nothing else. */
  readonly cluster: IBatchCluster;

  /**
   * The transient cluster that may run it too, after a heavy load: of the same architecture.
   *
   * @default - none
   */
  readonly jobFlow?: BatchJobFlow;

  /** The environment's name. */
  readonly environment: string;

  /** The buckets. */
  readonly storage: ILakeStorage;

  /** The databases and tables. */
  readonly catalog: LakeCatalog;

  /** The contracts of the datasets, from which the expectations are made. */
  readonly contracts: DataContracts;

  /** Where it says that a dataset did not pass. */
  readonly alerts: IAlertTopics;

  /**
   * The built dependencies of the jobs; of them the directory counts, Great Expectations has a lock of its own.
   *
   * @default - those of this package, where `npx lakehouse package-dependencies` builds them
   */
  readonly dependencies?: SparkDependencies;
}

/**
 * The check that ships with this package: what a load has staged on a branch of silver is held against its contract by Great
 * Expectations, and served only when it passes. A run of it is an EMR step.
 */
export class QualityPipeline extends Construct {
  /** What metrics, alarms and the runtime parameter call it. */
  public static readonly NAME = 'quality';

  /** The Spark application: its step arguments, up to and including the entry script. */
  public readonly application: SparkApplication;

  constructor(scope: Construct, id: string, props: QualityPipelineProps) {
    super(scope, id);
    this.application = onEach(props, (cluster) => this.runnableOn(cluster, props));
  }

  private runnableOn(cluster: ISparkCluster, props: QualityPipelineProps): SparkApplication {
    const { alerts, catalog, contracts, storage } = props;
    const dependencies = props.dependencies ?? new SparkDependencies();
    const application = new SparkApplication(cluster, 'Quality', {
      cluster,
      entryPoint: JOBS_ENTRY_POINT,
      codeDirectory: JOBS,
      dependencies: dependencies.withPython(QUALITY_LOCK),
      dataDirectories: { contracts: contracts.directory },
    });
    grantPipeline(this, cluster, props);
    catalog.grants.readWrite(cluster, { zones: [Zone.SILVER] });
    this.grantAlert(cluster, alerts.critical);
    const docs = storage.artifacts.arnForObjects(`${ArtifactPrefix.QUALITY}*`);
    iam.Grant.addToPrincipal({ grantee: cluster, actions: ['s3:PutObject'], resourceArns: [docs] });
    acknowledgeGrant(cluster, [docs], 'the documentation of checks stays under one prefix of one bucket');
    return application;
  }

  /** What `grantPublish` gives, without its wildcard in an action. */
  private grantAlert(grantee: iam.IGrantable, topic: sns.ITopic): void {
    iam.Grant.addToPrincipal({ grantee, actions: ['sns:Publish'], resourceArns: [topic.topicArn] });
    topic.masterKey?.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey');
  }
}

import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { LakeCatalog } from '../catalog';
import { type DataContracts, Zone } from '../contracts';
import {
  type BatchJobFlow,
  type IBatchCluster,
  type ISparkCluster,
  SparkApplication,
  SparkDependencies,
} from '../processing';
import type { ILakeStorage } from '../storage';
import { onEach } from './clusters';
import { JOBS, JOBS_ENTRY_POINT } from './jobs';
import { grantLanding, grantPipeline } from './pipeline-grants';

/** Properties of an IngestPipeline. */
export interface IngestPipelineProps {
  /** The cluster it runs on, whose role may do what the load does and nothing else. */
  readonly cluster: IBatchCluster;

  /**
   * The transient cluster that may run it too, for a heavy load: of the same architecture, as it runs the same application.
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

  /** The contracts of the datasets. */
  readonly contracts: DataContracts;

  /**
   * The name of the secret of each source, by the source's name.
   *
   * @default - there are no sources, and nothing is loaded
   */
  readonly sourceSecrets?: { [source: string]: string };

  /**
   * The built dependencies of the jobs.
   *
   * @default - those of this package, where `npx lakehouse package-dependencies` builds them
   */
  readonly dependencies?: SparkDependencies;
}

/**
 * The batch pipeline that ships with this package: sources to landing, bronze and silver by increments, rejected rows to
 * dead-letter tables. A run of it is an EMR step.
 */
export class IngestPipeline extends Construct {
  /** What metrics, alarms and the runtime parameter call it. */
  public static readonly NAME = 'ingest';

  /** The Spark application: its step arguments, up to and including the entry script. */
  public readonly application: SparkApplication;

  constructor(scope: Construct, id: string, props: IngestPipelineProps) {
    super(scope, id);
    const secrets = Object.entries(props.sourceSecrets ?? {}).map(([source, secretName]) =>
      secretsmanager.Secret.fromSecretNameV2(this, `Source-${source}`, secretName),
    );
    this.application = onEach(props, (cluster) => this.runnableOn(cluster, props, secrets));
  }

  /** Defines the application on a cluster, whose role may then do what the load does. */
  private runnableOn(
    cluster: ISparkCluster,
    props: IngestPipelineProps,
    secrets: secretsmanager.ISecret[],
  ): SparkApplication {
    const application = new SparkApplication(cluster, 'Ingest', {
      cluster,
      entryPoint: JOBS_ENTRY_POINT,
      codeDirectory: JOBS,
      dependencies: props.dependencies ?? new SparkDependencies(),
      dataDirectories: { contracts: props.contracts.directory },
    });
    grantLanding(cluster, props);
    grantPipeline(this, cluster, props);
    props.catalog.grants.readWrite(cluster, { zones: [Zone.BRONZE, Zone.SILVER] });
    secrets.forEach((secret) => secret.grantRead(cluster));
    return application;
  }
}

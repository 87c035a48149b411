import * as fs from 'node:fs';
import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { LakeCatalog } from '../catalog';
import { Zone } from '../contracts';
import { acknowledgeGrant } from '../foundation';
import { fail } from '../private';
import {
  type BatchJobFlow,
  type IBatchCluster,
  type ISparkCluster,
  SparkApplication,
  SparkDependencies,
} from '../processing';
import { ArtifactPrefix, type ILakeStorage } from '../storage';
import { onEach } from './clusters';
import { DBT_LOCK, DBT_PROJECT, JOBS, JOBS_ENTRY_POINT } from './jobs';
import { grantPipeline } from './pipeline-grants';

/** Properties of a TransformPipeline. */
export interface TransformPipelineProps {
  /** The cluster it runs on, whose role may do what the transformation does and nothing else. */
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

  /**
   * The directory of the dbt project.
   *
   * @default - the project of this package, `workloads/dbt`
   */
  readonly project?: string;

  /**
   * The built dependencies of the jobs; of them the directory counts, dbt's packages have a lock of their own.
   *
   * @default - those of this package, where `npx lakehouse package-dependencies` builds them
   */
  readonly dependencies?: SparkDependencies;
}

/**
 * The pipeline that ships with this package to make gold of silver: a dbt project, built and tested in the Spark session of
 * an EMR step. The tables of gold are dbt's own, which creates and evolves them.
 */
export class TransformPipeline extends Construct {
  /** What metrics, alarms and the runtime parameter call it. */
  public static readonly NAME = 'transform';

  /** The Spark application: its step arguments, up to and including the entry script. */
  public readonly application: SparkApplication;

  constructor(scope: Construct, id: string, props: TransformPipelineProps) {
    super(scope, id);
    requireProject(this, props.project);
    this.application = onEach(props, (cluster) => this.runnableOn(cluster, props));
  }

  private runnableOn(cluster: ISparkCluster, props: TransformPipelineProps): SparkApplication {
    const { catalog } = props;
    const dependencies = props.dependencies ?? new SparkDependencies();
    const application = new SparkApplication(cluster, 'Transform', {
      cluster,
      entryPoint: JOBS_ENTRY_POINT,
      codeDirectory: JOBS,
      dependencies: dependencies.withPython(DBT_LOCK),
      dataDirectories: { dbt: props.project ?? DBT_PROJECT },
    });
    grantPipeline(this, cluster, props);
    catalog.grants.read(cluster, { zones: [Zone.SILVER] });
    catalog.grants.readWrite(cluster, { zones: [Zone.GOLD] });
    this.grantCreate(cluster, catalog.databaseName(Zone.GOLD));
    this.grantDocs(cluster, props.storage);
    return application;
  }

  /** Gold's tables are made by dbt; the database stays CloudFormation's, and no table can be dropped. */
  private grantCreate(grantee: iam.IGrantable, database: string): void {
    const arn = (resource: string, resourceName?: string): string =>
      Stack.of(this).formatArn({ service: 'glue', resource, resourceName });
    const tables = arn('table', `${database}/*`);
    const resourceArns = [arn('catalog'), arn('database', database), tables];
    iam.Grant.addToPrincipal({ grantee, actions: ['glue:CreateTable'], resourceArns });
    acknowledgeGrant(
      grantee,
      [tables],
      "which tables there are is the dbt project's to say; they stay in one database",
    );
  }

  private grantDocs(grantee: iam.IGrantable, { artifacts }: ILakeStorage): void {
    const docs = artifacts.arnForObjects(`${ArtifactPrefix.DBT_DOCS}*`);
    iam.Grant.addToPrincipal({ grantee, actions: ['s3:PutObject'], resourceArns: [docs] });
    acknowledgeGrant(grantee, [docs], "dbt's documentation stays under one prefix of one bucket");
  }
}

/** What is no project, dbt would say in the first run. */
function requireProject(scope: Construct, got: string | undefined): void {
  if (got !== undefined && !fs.existsSync(path.join(got, 'dbt_project.yml'))) {
    const remedy = 'correct the path; it is relative to the working directory';
    fail({ path: 'project', must: 'a directory with a dbt_project.yml', got, remedy }, scope);
  }
}

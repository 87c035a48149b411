import * as path from 'node:path';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Annotations, CfnOutput, RemovalPolicy, Stack, Tags } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import {
  type LakehouseConfig,
  alertPropsOf,
  batchPropsOf,
  configWarnings,
  networkPropsOf,
  sourceSecretsOf,
  storagePropsOf,
  validateConfig,
} from './config';
import { LakeCatalog } from './catalog';
import { type DataContracts, Zone } from './contracts';
import { AlertTopics, LakeKey, LakeNetwork, RuntimeParameter, Severity, acknowledgeWildcards } from './foundation';
import { LakehouseAlarms, LakehouseDashboard, LakehouseMetrics } from './observability';
import { BatchCluster, SparkApplication, SparkDependencies } from './processing';
import { ArtifactPrefix, LakeStorage } from './storage';

/** The jobs that ship with this package. */
const JOBS = path.resolve(__dirname, '..', 'workloads', 'jobs');

/** The pipeline that loads sources into bronze and silver, as metrics and the runtime parameter call it. */
const INGEST = 'ingest';

/** Properties of a LakehouseStack. */
export interface LakehouseStackProps {
  /** The values of the environment. */
  readonly config: LakehouseConfig;

  /** The contracts of the datasets. */
  readonly contracts: DataContracts;

  /**
   * The second of two keys to data that can be destroyed; the first is `removalPolicy: DESTROY` in the config.
   *
   * @default false
   */
  readonly allowDestroy?: boolean;

  /**
   * A network of your own, with private subnets that reach AWS.
   *
   * @default - a new network
   */
  readonly vpc?: ec2.IVpc;

  /**
   * A key of your own, whose policy lets CloudWatch alarms and logs use it.
   *
   * @default - a new key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The built dependencies of the jobs.
   *
   * @default - those of this package, in `dist/dependencies`
   */
  readonly dependencies?: SparkDependencies;
}

/** A whole lakehouse, from the network to the dashboard, with the pipeline that loads its sources. */
export class LakehouseStack extends Stack {
  /** The key that encrypts everything. */
  public readonly encryptionKey: kms.IKey;

  /** The network. */
  public readonly vpc: ec2.IVpc;

  /** Where alerts go. */
  public readonly alerts: AlertTopics;

  /** The buckets. */
  public readonly storage: LakeStorage;

  /** The databases and tables. */
  public readonly catalog: LakeCatalog;

  /** The cluster that batch jobs run on. */
  public readonly batchCluster: BatchCluster;

  /** The application that loads sources into bronze and silver. */
  public readonly ingest: SparkApplication;

  constructor(scope: Construct, id: string, props: LakehouseStackProps) {
    const { config, contracts } = props;
    validateConfig(config);
    super(scope, id, {
      env: { account: config.account, region: config.region },
      terminationProtection: config.production ?? false,
      description: `Lakehouse, ${config.environment}`,
    });
    const { environment } = config;
    const removalPolicy = this.removalPolicyOf(props);
    for (const { id: warning, text } of configWarnings(config, {
      contracts,
      allowDestroy: props.allowDestroy ?? false,
    })) {
      Annotations.of(this).addWarningV2(warning, text);
    }
    const key = props.encryptionKey ?? new LakeKey(this, 'Key', { removalPolicy }).key;
    this.encryptionKey = key;

    this.vpc =
      props.vpc ??
      new LakeNetwork(this, 'Network', { ...networkPropsOf(config), encryptionKey: key, removalPolicy }).vpc;
    this.alerts = new AlertTopics(this, 'Alerts', { ...alertPropsOf(config), encryptionKey: key });

    this.storage = new LakeStorage(this, 'Storage', { ...storagePropsOf(config), encryptionKey: key, removalPolicy });
    this.catalog = new LakeCatalog(this, 'Catalog', {
      zones: this.storage,
      contracts,
      databasePrefix: `${config.namePrefix ?? 'lakehouse'}_${environment}`,
      removalPolicy,
    });

    this.batchCluster = new BatchCluster(this, 'BatchCluster', {
      ...batchPropsOf(config),
      vpc: this.vpc,
      storage: this.storage,
      encryptionKey: key,
    });
    this.ingest = this.batchCluster.addApplication('Ingest', {
      entryPoint: path.join(JOBS, 'main.py'),
      codeDirectory: JOBS,
      dependencies: props.dependencies ?? new SparkDependencies(),
      dataDirectories: { contracts: contracts.directory },
    });
    this.grantIngest(config);

    const runtime = new RuntimeParameter(this, 'Runtime', {
      environment,
      facts: {
        databases: this.databaseNames(),
        buckets: this.bucketNames(),
        topics: this.topicArns(),
        batchClusterId: this.batchCluster.clusterId,
        sourceSecrets: sourceSecretsOf(config),
        applications: { [INGEST]: this.ingest.stepArgs },
      },
    });

    const watched = { environment, pipelines: [INGEST], batchCluster: this.batchCluster };
    const { alarms } = new LakehouseAlarms(this, 'Alarms', { ...watched, topics: this.alerts });
    new LakehouseDashboard(this, 'Dashboard', {
      ...watched,
      datasets: contracts.inZone(Zone.SILVER).map((contract) => contract.dataset),
      alarms: Object.values(alarms),
    });

    this.tag(config);
    this.publish(runtime);
  }

  /** Data is destroyed only when both keys are turned; else it stays, and a failed first deployment can be repeated. */
  private removalPolicyOf({ config, allowDestroy = false }: LakehouseStackProps): RemovalPolicy {
    return config.removalPolicy === RemovalPolicy.DESTROY && allowDestroy
      ? RemovalPolicy.DESTROY
      : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
  }

  /** What the load may do, and nothing else: its role is the cluster's. */
  private grantIngest(config: LakehouseConfig): void {
    const cluster = this.batchCluster;
    const landing = this.storage.bucket(Zone.LANDING);
    const { artifacts } = this.storage;
    const role = cluster.instanceRole;
    const allow = (sid: string, actions: string[], resources: string[], conditions?: Conditions): void => {
      role.addToPrincipalPolicy(new iam.PolicyStatement({ sid, actions, resources, conditions }));
    };
    const write = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];
    const extracts = [landing.arnForObjects('*')];
    const runs = [artifacts.arnForObjects(`${ArtifactPrefix.RUNS}*`)];
    allow('LandExtracts', [...write, 's3:DeleteObject'], extracts);
    allow('ListExtracts', ['s3:ListBucket', 's3:GetBucketLocation'], [landing.bucketArn]);
    allow('RecordRuns', write, runs);
    allow('ListRuns', ['s3:ListBucket'], [artifacts.bucketArn], {
      StringLike: { 's3:prefix': `${ArtifactPrefix.RUNS}*` },
    });
    allow('FindResources', ['ssm:GetParameter'], [RuntimeParameter.arnFor(this, config.environment)]);
    allow('EmitMetrics', ['cloudwatch:PutMetricData'], ['*'], {
      StringEquals: { 'cloudwatch:namespace': LakehouseMetrics.namespace() },
    });
    acknowledgeWildcards(role, extracts, 'extracts are named by source, table and run, none of which is known before');
    acknowledgeWildcards(role, runs, 'run records are named by run; they stay under one prefix of one bucket');
    acknowledgeWildcards(role, ['*'], 'PutMetricData takes no resource; the condition confines it to one namespace');
    for (const [source, secretName] of Object.entries(sourceSecretsOf(config))) {
      secretsmanager.Secret.fromSecretNameV2(this, `Source-${source}`, secretName).grantRead(cluster);
    }
    this.catalog.grants.readWrite(cluster, { zones: [Zone.BRONZE, Zone.SILVER] });
  }

  private databaseNames(): { [zone: string]: string } {
    return Object.fromEntries(Zone.withTables().map((zone) => [zone.name, this.catalog.databaseName(zone)]));
  }

  private bucketNames(): { [name: string]: string } {
    const { artifacts, accessLogs } = this.storage;
    return {
      ...Object.fromEntries(Zone.all().map((zone) => [zone.name, this.storage.bucket(zone).bucketName])),
      artifacts: artifacts.bucketName,
      accessLogs: accessLogs.bucketName,
    };
  }

  private topicArns(): { [severity: string]: string } {
    return Object.fromEntries(
      Object.values(Severity).map((severity) => [severity, this.alerts.topic(severity).topicArn]),
    );
  }

  private tag(config: LakehouseConfig): void {
    for (const [name, value] of Object.entries({ environment: config.environment, ...config.tags })) {
      Tags.of(this).add(name, value);
    }
  }

  /** Outputs for people; pipelines read the runtime parameter. None is exported, because an export locks its producer. */
  private publish(runtime: RuntimeParameter): void {
    const outputs = {
      RuntimeParameter: runtime.parameter.parameterName,
      BatchClusterId: this.batchCluster.clusterId,
      ...named('Bucket', this.bucketNames()),
      ...named('Database', this.databaseNames()),
      ...named('Topic', this.topicArns()),
    };
    for (const [id, value] of Object.entries(outputs)) {
      new CfnOutput(this, id, { value });
    }
  }
}

/** `{landing: …}` becomes `{LandingBucket: …}`. */
function named(suffix: string, values: { [name: string]: string }): { [id: string]: string } {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}${suffix}`, value]),
  );
}

type Conditions = { [operator: string]: { [key: string]: string } };

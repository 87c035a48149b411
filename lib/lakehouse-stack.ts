import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import {
  type LakehouseConfig,
  airflowPropsOf,
  alertPropsOf,
  athenaPropsOf,
  batchPropsOf,
  budgetPropsOf,
  governancePropsOf,
  jobFlowPropsOf,
  kafkaPropsOf,
  markAll,
  networkPropsOf,
  ownSubnetsOf,
  removalPolicyOf,
  serverlessPropsOf,
  sourceSecretsOf,
  storagePropsOf,
  streamingPropsOf,
  validateConfig,
  warnOf,
} from './config';
import { LakeCatalog } from './catalog';
import { AthenaWorkgroup } from './consumption';
import type { DataContract, DataContracts } from './contracts';
import { CostBudget } from './cost';
import { AlertTopics, LakeKey, LakeNetwork, RememberingStack, RuntimeParameter, guardLimits } from './foundation';
import { LakeGovernance } from './governance';
import { LakehouseAlarms, LakehouseDashboards, SavedLogQueries } from './observability';
import { AirflowEnvironment } from './orchestration';
import {
  BatchDags,
  IngestPipeline,
  QualityPipeline,
  StreamPipeline,
  type StreamPipelineOptions,
  TransformPipeline,
  lakeFacts,
  logsOf,
  publishOutputs,
  watchesOf,
} from './pipelines';
import { BatchCluster, BatchJobFlow, ServerlessSpark, type SparkDependencies, StreamingCluster } from './processing';
import { LakeStorage } from './storage';
import { KafkaCluster, KafkaSchemaRegistry } from './streaming';

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
   * A network of your own, with private subnets that reach AWS in each zone of the config.
   *
   * @default - a new network
   */
  readonly vpc?: ec2.IVpc;

  /**
   * A key of your own. The policy of an imported one lets CloudWatch alarms, logs and AWS Budgets use it.
   *
   * @default - a new key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The built dependencies of the jobs.
   *
   * @default - those of this package, where `npx lakehouse package-dependencies` builds them
   */
  readonly dependencies?: SparkDependencies;

  /**
   * The directory of the dbt project that makes gold of silver.
   *
   * @default - the project of this package, `workloads/dbt`
   */
  readonly dbtProject?: string;
}

/** A whole lakehouse, from the network to the dashboards, with the pipelines that load it. */
export class LakehouseStack extends RememberingStack {
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

  /** Kafka, where the config has it. */
  public readonly kafka?: KafkaCluster;

  /** The cluster that streaming jobs run on, where the config has it. */
  public readonly streamingCluster?: StreamingCluster;

  /** The streaming pipelines by dataset; none where there is no streaming cluster. */
  public readonly streams: { [dataset: string]: StreamPipeline } = {};

  /** The cluster that batch jobs run on, where the config has it. */
  public readonly batchCluster?: BatchCluster;

  /** The pipeline that loads sources into bronze and silver, where there is a batch cluster. */
  public readonly ingest?: IngestPipeline;

  /** The check of what is loaded, which publishes what passes, where there is a batch cluster. */
  public readonly quality?: QualityPipeline;

  /** The pipeline that makes gold of silver, where there is a batch cluster. */
  public readonly transform?: TransformPipeline;

  /** The transient cluster that orchestration starts for heavy work, where the config has it. */
  public readonly jobFlow?: BatchJobFlow;

  /** Where ad-hoc Spark jobs run, where the config has it. */
  public readonly serverless?: ServerlessSpark;

  /** Airflow, where the config has it. */
  public readonly airflow?: AirflowEnvironment;

  /** Who may read which columns, where the config has it. */
  public readonly governance?: LakeGovernance;

  /** Where ad-hoc queries run, where the config has it. */
  public readonly workgroup?: AthenaWorkgroup;

  constructor(scope: Construct, id: string, props: LakehouseStackProps) {
    const { config, contracts } = props;
    validateConfig(config);
    super(scope, id, {
      env: { account: config.account, region: config.region },
      terminationProtection: config.production ?? false,
      description: `Lakehouse, ${config.environment}`,
    });
    warnOf(this, config, { contracts, allowDestroy: props.allowDestroy ?? false });
    const { environment } = config;
    const removalPolicy = removalPolicyOf(config, props.allowDestroy);

    const key = props.encryptionKey ?? new LakeKey(this, 'Key', { removalPolicy }).key;
    this.encryptionKey = key;
    LakeKey._letServicesUse(this, props.encryptionKey);
    const kept = { encryptionKey: key, removalPolicy };
    const network = props.vpc ?? new LakeNetwork(this, 'Network', { ...networkPropsOf(config), ...kept });
    this.vpc = network instanceof LakeNetwork ? network.vpc : network;
    this.alerts = new AlertTopics(this, 'Alerts', { ...alertPropsOf(config), encryptionKey: key });

    this.storage = new LakeStorage(this, 'Storage', { ...storagePropsOf(config), ...kept });
    this.catalog = new LakeCatalog(this, 'Catalog', {
      zones: this.storage,
      contracts,
      databasePrefix: `${config.namePrefix ?? 'lakehouse'}_${environment}`,
      removalPolicy,
    });
    const { alerts, catalog, storage, vpc } = this;
    const logs = { logRetention: config.observability?.logRetentionDays, ...kept };
    const lake = { environment, storage, catalog, contracts, alerts, dependencies: props.dependencies, ...logs };
    const placed = { vpc, vpcSubnets: ownSubnetsOf(config, props.vpc), storage, ...kept };

    if (config.kafka !== undefined) {
      const schemaRegistry = new KafkaSchemaRegistry(this, 'Schemas', { removalPolicy });
      this.kafka = new KafkaCluster(this, 'Kafka', { ...kafkaPropsOf(config), ...placed, schemaRegistry });
    }
    if (config.streaming !== undefined) {
      const streaming = { ...streamingPropsOf(config, contracts.streams().length), ...placed };
      this.streamingCluster = new StreamingCluster(this, 'StreamingCluster', streaming);
    }
    for (const contract of contracts.streams()) {
      this.defineStream(contract, { ...lake, maxRestarts: config.streaming?.maxRestarts });
    }
    if (config.jobFlow !== undefined) {
      this.jobFlow = new BatchJobFlow(this, 'JobFlow', { ...jobFlowPropsOf(config), ...placed });
    }
    if (config.batch !== undefined) {
      this.batchCluster = new BatchCluster(this, 'BatchCluster', { ...batchPropsOf(config), ...placed });
      const batch = { ...lake, cluster: this.batchCluster, jobFlow: this.jobFlow };
      this.ingest = new IngestPipeline(this, 'Ingest', { ...batch, sourceSecrets: sourceSecretsOf(config) });
      this.quality = new QualityPipeline(this, 'Quality', batch);
      this.transform = new TransformPipeline(this, 'Transform', { ...batch, project: props.dbtProject });
    }
    if (config.serverless !== undefined) {
      this.serverless = new ServerlessSpark(this, 'Serverless', { ...serverlessPropsOf(config), ...placed });
    }
    if (config.airflow !== undefined) {
      const { batchCluster, jobFlow } = this;
      const dags = new BatchDags(this, 'Dags', { ...lake, bucket: storage.artifacts, batchCluster, jobFlow });
      const orchestrated = { ...airflowPropsOf(config), ...kept, vpc, dags: dags.bundle };
      this.airflow = new AirflowEnvironment(this, 'Airflow', orchestrated);
      dags.grantRun(this.airflow);
    }

    if (config.lakeFormation !== undefined) {
      const governed = { ...governancePropsOf(this, config), catalog, contracts };
      this.governance = new LakeGovernance(this, 'Governance', governed);
      for (const cluster of [this.batchCluster, this.streamingCluster].filter((one) => one !== undefined)) {
        this.governance.addWriter(cluster.node.id, cluster.instanceRole);
      }
    }
    if (config.athena !== undefined) {
      const results = storage.artifacts;
      this.workgroup = new AthenaWorkgroup(this, 'Workgroup', { ...athenaPropsOf(config), results, removalPolicy });
      this.workgroup.addTableQueries(catalog, contracts);
    }

    const watch = watchesOf(this, environment, contracts);
    const { runbook } = config.observability ?? {};
    const alarms = new LakehouseAlarms(this, 'Alarms', { topics: alerts, watch, runbook });
    new LakehouseDashboards(this, 'Dashboards', { watch, alarms: alarms.all() });
    new SavedLogQueries(this, 'LogQueries', logsOf(this, network instanceof LakeNetwork ? [network.flowLogGroup] : []));
    const budget = budgetPropsOf(config);
    if (budget !== undefined) {
      new CostBudget(this, 'Budget', { ...budget, topics: this.alerts });
    }

    const facts = lakeFacts(this, sourceSecretsOf(config));
    const { parameter } = new RuntimeParameter(this, 'Runtime', { environment, facts });
    publishOutputs(this, parameter.parameterName, facts);
    markAll(this, config);
    guardLimits(this);
  }

  /** The topic of a stream where there is Kafka, and what reads it where there is a cluster for that. */
  private defineStream(contract: DataContract, options: StreamPipelineOptions): void {
    const { removalPolicy } = options;
    const topic = this.kafka?.addTopic(`Topic-${contract.dataset}`, { contract, removalPolicy });
    if (topic !== undefined && this.streamingCluster !== undefined) {
      const props = { ...options, contract, topic, cluster: this.streamingCluster };
      this.streams[contract.dataset] = new StreamPipeline(this, `Stream-${contract.dataset}`, props);
    }
  }
}

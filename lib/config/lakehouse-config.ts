import type { RemovalPolicy } from 'aws-cdk-lib/core';
import type {
  AirflowConfig,
  AlertsConfig,
  AthenaConfig,
  BatchConfig,
  BudgetConfig,
  JobFlowConfig,
  KafkaConfig,
  LakeFormationConfig,
  NetworkConfig,
  ObservabilityConfig,
  ServerlessConfig,
  SourceConfig,
  StorageConfig,
  StreamingConfig,
} from './sections';

/**
 * Values for one environment: everything in which environments differ, and nothing else.
 *
 * A section that is left out is a room that is not built: no `kafka`, no Kafka. Only the network, the buckets, the topics
 * and the alarms are always there, with the defaults of their sections.
 */
export interface LakehouseConfig {
  /**
   * The environment's name: 2 to 16 lower-case letters and digits. It is part of database and parameter names; jobs find
   * the runtime parameter by it, so an account and region take it once, whatever the `namePrefix`.
   */
  readonly environment: string;

  /** The AWS region, for example `eu-central-1`. */
  readonly region: string;

  /** The availability zones by name, one to three; three in production. */
  readonly availabilityZones: string[];

  /**
   * The account. A deployment with credentials of another account is refused.
   *
   * @default - the account of whoever deploys; not allowed in production
   */
  readonly account?: string;

  /**
   * Whether people depend on it. A production environment keeps its data, spans three zones with a NAT gateway each,
   * names its account, and is protected against termination.
   *
   * @default false
   */
  readonly production?: boolean;

  /**
   * What database names begin with: lower-case letters, digits and underscores.
   *
   * @default 'lakehouse'
   */
  readonly namePrefix?: string;

  /**
   * What happens to data when its resource leaves the stack. DESTROY is the first of two keys; the other is turned when
   * the stack is made.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * The network.
   *
   * @default - the defaults of its members
   */
  readonly network?: NetworkConfig;

  /**
   * The buckets.
   *
   * @default - the defaults of its members
   */
  readonly storage?: StorageConfig;

  /**
   * Who is told.
   *
   * @default - nobody; alerts go to the topics
   */
  readonly alerts?: AlertsConfig;

  /**
   * Kafka, on Amazon MSK.
   *
   * @default - no Kafka
   */
  readonly kafka?: KafkaConfig;

  /**
   * The cluster that streaming jobs run on. Needs `kafka`.
   *
   * @default - no streaming jobs
   */
  readonly streaming?: StreamingConfig;

  /**
   * The cluster that loads the sources.
   *
   * @default - no batch cluster, and nothing is loaded
   */
  readonly batch?: BatchConfig;

  /**
   * The databases that data is loaded from. Needs `batch`.
   *
   * @default - none
   */
  readonly sources?: SourceConfig[];

  /**
   * Transient clusters for heavy work, which orchestration starts.
   *
   * @default - none
   */
  readonly jobFlow?: JobFlowConfig;

  /**
   * EMR Serverless, for ad-hoc Spark jobs.
   *
   * @default - none
   */
  readonly serverless?: ServerlessConfig;

  /**
   * Airflow, on Amazon MWAA.
   *
   * @default - no Airflow
   */
  readonly airflow?: AirflowConfig;

  /**
   * The Athena workgroup, for ad-hoc queries.
   *
   * @default - no workgroup
   */
  readonly athena?: AthenaConfig;

  /**
   * Lake Formation.
   *
   * @default - IAM alone says who may read
   */
  readonly lakeFormation?: LakeFormationConfig;

  /**
   * What alarms point to, and how long logs are kept.
   *
   * @default - the defaults of its members
   */
  readonly observability?: ObservabilityConfig;

  /**
   * What a month may cost.
   *
   * @default - no budget
   */
  readonly budget?: BudgetConfig;

  /**
   * The ARN of the policy that bounds the permissions of every role.
   *
   * @default - no boundary
   */
  readonly permissionsBoundary?: string;

  /**
   * Tags of every resource.
   *
   * @default - only the tag `environment`
   */
  readonly tags?: { [name: string]: string };
}

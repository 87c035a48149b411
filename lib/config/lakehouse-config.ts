import type { RemovalPolicy } from 'aws-cdk-lib/core';

/** Values for one environment: everything in which environments differ, and nothing else. */
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
   * The batch cluster.
   *
   * @default - the defaults of its members
   */
  readonly batch?: BatchConfig;

  /**
   * The databases that data is loaded from.
   *
   * @default - none
   */
  readonly sources?: SourceConfig[];

  /**
   * Who is told.
   *
   * @default - nobody; alerts go to the topics
   */
  readonly alerts?: AlertsConfig;

  /**
   * Tags of every resource.
   *
   * @default - only the tag `environment`
   */
  readonly tags?: { [name: string]: string };
}

/** Values for the network. */
export interface NetworkConfig {
  /**
   * The address range, between /16 and /20.
   *
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;

  /**
   * How many NAT gateways there are.
   *
   * @default - one per availability zone
   */
  readonly natGateways?: number;

  /**
   * Days that flow logs are kept; one of CloudWatch's periods.
   *
   * @default 90
   */
  readonly flowLogRetentionDays?: number;
}

/** Values for the buckets. */
export interface StorageConfig {
  /**
   * How raw extracts age.
   *
   * @default - Standard-IA at 30 days, Glacier Flexible Retrieval at 90
   */
  readonly landing?: ZoneStorageConfig;

  /**
   * How the files of bronze tables age.
   *
   * @default - Standard-IA at 30 days, Glacier Instant Retrieval at 180
   */
  readonly bronze?: ZoneStorageConfig;

  /**
   * How the files of silver tables age.
   *
   * @default - Intelligent-Tiering at 30 days
   */
  readonly silver?: ZoneStorageConfig;

  /**
   * How the files of gold tables age.
   *
   * @default - Intelligent-Tiering at 30 days
   */
  readonly gold?: ZoneStorageConfig;

  /**
   * How archived data ages.
   *
   * @default - Standard-IA at 30 days, Glacier Flexible Retrieval at 90, Deep Archive at 365
   */
  readonly archive?: ZoneStorageConfig;

  /**
   * Days that access logs and cluster logs are kept.
   *
   * @default 90
   */
  readonly logRetentionDays?: number;
}

/** Values for the ageing of one zone. */
export interface ZoneStorageConfig {
  /**
   * Moves to colder tiers.
   *
   * @default - those of the zone
   */
  readonly transitions?: TransitionConfig[];

  /**
   * Days until objects are deleted; refused for zones that hold tables.
   *
   * @default - they are kept
   */
  readonly expireAfterDays?: number;

  /**
   * Days that an overwritten or deleted version is kept.
   *
   * @default 30
   */
  readonly noncurrentExpireAfterDays?: number;
}

/** A move to a colder tier. */
export interface TransitionConfig {
  /** The tier: INFREQUENT_ACCESS, INTELLIGENT_TIERING, GLACIER_INSTANT, GLACIER_FLEXIBLE or DEEP_ARCHIVE. */
  readonly tier: string;

  /** The age in days. */
  readonly afterDays: number;
}

/** Values for the batch cluster. One unit is 4 vCPUs. */
export interface BatchConfig {
  /**
   * The label of the EMR release.
   *
   * @default 'emr-7.14.0'
   */
  readonly release?: string;

  /**
   * The processor architecture: x86_64 or arm64.
   *
   * @default 'x86_64'
   */
  readonly architecture?: string;

  /**
   * On-Demand units that always run.
   *
   * @default 1
   */
  readonly coreUnits?: number;

  /**
   * Task units that may be added when there is work, on Spot but for onDemandTaskUnits of them.
   *
   * @default 2
   */
  readonly maxTaskUnits?: number;

  /**
   * How many of the task units are On-Demand. Managed scaling takes these first and Spot after them.
   *
   * @default 0
   */
  readonly onDemandTaskUnits?: number;

  /**
   * Minutes to try for Spot capacity, 5 to 1,440, before a cluster that starts falls back to On-Demand.
   *
   * @default 10
   */
  readonly spotTimeoutMinutes?: number;

  /**
   * How many steps run at once, 1 to 256.
   *
   * @default 1
   */
  readonly stepConcurrency?: number;
}

/** A database that data is loaded from. */
export interface SourceConfig {
  /** The name that contracts call it by. */
  readonly name: string;

  /**
   * The name of its secret in Secrets Manager: JSON with engine, host, port, dbname, username and password.
   *
   * @default - `lakehouse/<environment>/sources/<name>`
   */
  readonly secretName?: string;
}

/** Who is told. */
export interface AlertsConfig {
  /**
   * The addresses that get critical alerts.
   *
   * @default - nobody
   */
  readonly criticalEmails?: string[];

  /**
   * The addresses that get warnings.
   *
   * @default - nobody
   */
  readonly warningEmails?: string[];
}

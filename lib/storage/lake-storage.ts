import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { Zone } from '../contracts';
import { keyProblems } from '../foundation';
import { fail, failAll, problem } from '../private';
import { dayProblems, lifecycleProblems } from './lifecycle-problems';
import { StorageTier } from './storage-tier';
import { type ZoneLifecycle, lifecycleRules } from './zone-lifecycle';

/** Where things are in the artifacts bucket; each prefix ends with a slash. */
export enum ArtifactPrefix {
  /** Records of runs, one folder per run. */
  RUNS = 'runs/',
  /** OpenLineage events, one folder per run. */
  LINEAGE = 'lineage/',
  /** What Great Expectations documents of its checks. */
  QUALITY = 'quality/',
  /** The documentation that dbt makes of its project. */
  DBT_DOCS = 'dbt-docs/',
  /** Logs of clusters, which expire. */
  LOGS = 'logs/',
  /** Where Spark would put tables that no contract defines. */
  WAREHOUSE = 'warehouse/',
  /** How far streaming jobs have come, one folder per job. A job without its checkpoint starts again from the beginning. */
  CHECKPOINTS = 'checkpoints/',
}

/**
 * The id of the configuration by which a bucket publishes its request metrics.
 *
 * @internal
 */
export const REQUEST_METRICS_ID = 'EntireBucket';

/** The buckets of a lake. */
export interface ILakeStorage extends IConstruct {
  /** The bucket of run records, cluster logs and other things that are not data. */
  readonly artifacts: s3.IBucket;

  /** The bucket that S3 writes the other buckets' access logs to. */
  readonly accessLogs: s3.IBucket;

  /**
   * The key that encrypts the buckets.
   *
   * @default - not known for imported storage without one
   */
  readonly encryptionKey?: kms.IKey;

  /** The zones whose buckets publish request metrics, under the filter `EntireBucket`. */
  readonly measuredZones: Zone[];

  /** The bucket of a zone. */
  bucket(zone: Zone): s3.IBucket;
}

/** Properties of a LakeStorage. */
export interface LakeStorageProps {
  /**
   * The key that encrypts every bucket but the one of access logs.
   *
   * @default - a new key with yearly rotation
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * How raw extracts age.
   *
   * @default - Standard-IA at 30 days, Glacier Flexible Retrieval at 90
   */
  readonly landingLifecycle?: ZoneLifecycle;

  /**
   * How the files of bronze tables age. Archive tiers and expiry are refused.
   *
   * @default - Standard-IA at 30 days, Glacier Instant Retrieval at 180
   */
  readonly bronzeLifecycle?: ZoneLifecycle;

  /**
   * How the files of silver tables age. Archive tiers and expiry are refused.
   *
   * @default - Intelligent-Tiering at 30 days
   */
  readonly silverLifecycle?: ZoneLifecycle;

  /**
   * How the files of gold tables age. Archive tiers and expiry are refused.
   *
   * @default - Intelligent-Tiering at 30 days
   */
  readonly goldLifecycle?: ZoneLifecycle;

  /**
   * How archived data ages.
   *
   * @default - Standard-IA at 30 days, Glacier Flexible Retrieval at 90, Deep Archive at 365
   */
  readonly archiveLifecycle?: ZoneLifecycle;

  /**
   * How long access logs and cluster logs are kept, in whole days, at least 1.
   *
   * @default Duration.days(90)
   */
  readonly logRetention?: Duration;

  /**
   * The zones whose buckets publish request metrics, among them the errors of S3 that can then be watched. CloudWatch bills
   * each of about 16 metrics a bucket as a custom metric.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-request-metrics-bucket.html
   */
  readonly requestMetrics?: Zone[];

  /**
   * What happens to the buckets when they leave the stack. A bucket that is destroyed must be empty: nothing empties it, so that
   * one that is retained stays also when the deployment that made it fails.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** The buckets of a lake that exists already. */
export interface LakeStorageAttributes {
  /** The bucket of each zone by the zone's name; zones that are not used may be left out. */
  readonly buckets: { [zone: string]: s3.IBucket };

  /** The bucket of run records and cluster logs. */
  readonly artifacts: s3.IBucket;

  /** The bucket of access logs. */
  readonly accessLogs: s3.IBucket;

  /**
   * The key that encrypts the buckets.
   *
   * @default - grants do not cover a key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The zones whose buckets publish request metrics under the filter `EntireBucket`.
   *
   * @default - none
   */
  readonly measuredZones?: Zone[];
}

/** The lifecycle of each zone when nothing else is said. Live zones never archive or expire. */
const DEFAULT_LIFECYCLES: { [zone: string]: ZoneLifecycle } = {
  landing: {
    transitions: [
      { tier: StorageTier.INFREQUENT_ACCESS, after: Duration.days(30) },
      { tier: StorageTier.GLACIER_FLEXIBLE, after: Duration.days(90) },
    ],
  },
  bronze: {
    transitions: [
      { tier: StorageTier.INFREQUENT_ACCESS, after: Duration.days(30) },
      { tier: StorageTier.GLACIER_INSTANT, after: Duration.days(180) },
    ],
  },
  silver: { transitions: [{ tier: StorageTier.INTELLIGENT_TIERING, after: Duration.days(30) }] },
  gold: { transitions: [{ tier: StorageTier.INTELLIGENT_TIERING, after: Duration.days(30) }] },
  archive: {
    transitions: [
      { tier: StorageTier.INFREQUENT_ACCESS, after: Duration.days(30) },
      { tier: StorageTier.GLACIER_FLEXIBLE, after: Duration.days(90) },
      { tier: StorageTier.DEEP_ARCHIVE, after: Duration.days(365) },
    ],
  },
};

/**
 * The buckets of a lake: one per zone, one for artifacts, one for access logs.
 *
 * Every bucket is versioned, refuses plain HTTP and public access, has no ACLs, and writes access logs. All but the
 * log bucket are encrypted with one customer managed key through bucket keys. S3 delivers access logs only to a bucket
 * with SSE-S3, so that one uses it.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
 */
export class LakeStorage extends Construct implements ILakeStorage {
  /** Refer to buckets that exist already. */
  public static fromLakeStorageAttributes(
    scope: Construct,
    id: string,
    attributes: LakeStorageAttributes,
  ): ILakeStorage {
    return new ImportedLakeStorage(scope, id, attributes);
  }

  public readonly artifacts: s3.IBucket;
  public readonly accessLogs: s3.IBucket;
  public readonly encryptionKey?: kms.IKey;
  public readonly measuredZones: Zone[];

  private readonly buckets: { [zone: string]: s3.IBucket } = {};

  constructor(scope: Construct, id: string, props: LakeStorageProps = {}) {
    super(scope, id);
    const lifecycles = resolveLifecycles(this, props);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    // when a first deployment fails, they hold DAGs, metadata of tables and logs, and a rollback that has to delete them fails too
    const bucketPolicy =
      removalPolicy === RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE ? RemovalPolicy.RETAIN : removalPolicy;
    const logRetention = props.logRetention ?? Duration.days(90);

    // Log delivery by bucket policy whether or not the app sets CDK's feature flag: the other way is an ACL, and a
    // bucket whose objects belong to its owner refuses ACLs.
    this.node.setContext('@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy', true);

    const key = props.encryptionKey ?? new kms.Key(this, 'Key', { enableKeyRotation: true, removalPolicy });
    this.encryptionKey = key;
    this.measuredZones = Zone.all().filter((zone) => props.requestMetrics?.includes(zone) === true);
    this.accessLogs = accessLogBucket(this, logRetention, bucketPolicy);
    const shared = {
      ...SAFE_BUCKET,
      encryption: s3.BucketEncryption.KMS,
      encryptionKey: key,
      bucketKeyEnabled: true,
      removalPolicy: bucketPolicy,
    };
    for (const zone of Zone.all()) {
      const lifecycle = lifecycles[zone.name] ?? {};
      this.buckets[zone.name] = new s3.Bucket(this, idOf(zone), {
        ...shared,
        serverAccessLogsBucket: this.accessLogs,
        serverAccessLogsPrefix: `${zone.name}/`,
        lifecycleRules: lifecycleRules(lifecycle),
        metrics: this.measuredZones.includes(zone) ? [{ id: REQUEST_METRICS_ID }] : undefined,
      });
    }
    this.artifacts = new s3.Bucket(this, 'Artifacts', {
      ...shared,
      serverAccessLogsBucket: this.accessLogs,
      serverAccessLogsPrefix: 'artifacts/',
      lifecycleRules: [...lifecycleRules({}), { id: 'Logs', prefix: ArtifactPrefix.LOGS, expiration: logRetention }],
    });
  }

  public bucket(zone: Zone): s3.IBucket {
    return bucketOf(this, this.buckets, zone);
  }
}

class ImportedLakeStorage extends Construct implements ILakeStorage {
  public readonly artifacts: s3.IBucket;
  public readonly accessLogs: s3.IBucket;
  public readonly encryptionKey?: kms.IKey;
  public readonly measuredZones: Zone[];

  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: LakeStorageAttributes,
  ) {
    super(scope, id);
    this.artifacts = attributes.artifacts;
    this.accessLogs = attributes.accessLogs;
    this.encryptionKey = attributes.encryptionKey;
    this.measuredZones = attributes.measuredZones ?? [];
  }

  public bucket(zone: Zone): s3.IBucket {
    return bucketOf(this, this.attributes.buckets, zone);
  }
}

/** What every bucket has, whatever it holds. */
const SAFE_BUCKET: s3.BucketProps = {
  versioned: true,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
};

function accessLogBucket(scope: Construct, retention: Duration, removalPolicy: RemovalPolicy): s3.Bucket {
  return new s3.Bucket(scope, 'AccessLogs', {
    ...SAFE_BUCKET,
    encryption: s3.BucketEncryption.S3_MANAGED,
    removalPolicy,
    lifecycleRules: lifecycleRules({ expireAfter: retention, noncurrentExpireAfter: Duration.days(1) }),
  });
}

function resolveLifecycles(scope: Construct, props: LakeStorageProps): { [zone: string]: ZoneLifecycle } {
  const given: { [zone: string]: ZoneLifecycle | undefined } = {
    landing: props.landingLifecycle,
    bronze: props.bronzeLifecycle,
    silver: props.silverLifecycle,
    gold: props.goldLifecycle,
    archive: props.archiveLifecycle,
  };
  const resolved: { [zone: string]: ZoneLifecycle } = {};
  const problems = [...keyProblems(scope, props.encryptionKey), ...dayProblems('logRetention', props.logRetention)].map(
    problem,
  );
  for (const zone of Zone.all()) {
    const lifecycle = withDefaults(zone, given[zone.name]);
    problems.push(...lifecycleProblems(`${zone.name}Lifecycle`, lifecycle, zone.holdsTables).map(problem));
    resolved[zone.name] = lifecycle;
  }
  failAll(`storage '${scope.node.path}'`, problems);
  return resolved;
}

/**
 * The lifecycle of a zone with its defaults.
 *
 * @internal
 */
export function withDefaults(zone: Zone, given: ZoneLifecycle = {}): ZoneLifecycle {
  return { ...given, transitions: given.transitions ?? DEFAULT_LIFECYCLES[zone.name]?.transitions };
}

function bucketOf(scope: IConstruct, buckets: { [zone: string]: s3.IBucket }, zone: Zone): s3.IBucket {
  return (
    buckets[zone.name] ??
    fail(
      {
        path: `buckets.${zone.name}`,
        must: 'the bucket of a zone that is used',
        got: undefined,
        remedy: 'pass the bucket of the zone when the storage is imported',
      },
      scope,
    )
  );
}

/** The construct id of a zone's bucket: part of the public contract, because another id is another bucket. */
function idOf(zone: Zone): string {
  return zone.name.charAt(0).toUpperCase() + zone.name.slice(1);
}

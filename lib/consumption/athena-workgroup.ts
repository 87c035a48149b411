import * as athena from 'aws-cdk-lib/aws-athena';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import {
  Annotations,
  Duration,
  type IResource,
  Names,
  RemovalPolicy,
  Resource,
  Size,
  Stack,
  Token,
} from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { LakeCatalog } from '../catalog';
import { type DataContracts, Zone } from '../contracts';
import { keyProblems, onceInRegion } from '../foundation';
import { type Problem, failAll, problem } from '../private';
import { dayProblems } from '../storage';
import { AthenaWorkgroupGrants } from './athena-workgroup-grants';
import { type SavedQuery, partitionQueries, queryProblems } from './saved-query';

/** The engine that reads and writes Iceberg. */
const ENGINE = 'Athena engine version 3';

/** The least limit that Athena takes: 10 MB, in bytes. */
const MINIMUM_SCAN = 10_000_000;

/** The most partitioned tables for which queries are saved. */
const MOST_TABLES = 25;

/** A workgroup: where queries run, with their results, limits and history. */
export interface IAthenaWorkgroup extends IResource {
  /**
   * The name of the workgroup.
   *
   * @attribute
   */
  readonly workgroupName: string;

  /**
   * The ARN of the workgroup.
   *
   * @attribute
   */
  readonly workgroupArn: string;

  /** The bucket that results go to. */
  readonly results: s3.IBucket;

  /** Where in the bucket results are; ends with a slash. */
  readonly resultsPrefix: string;

  /**
   * The key that encrypts results.
   *
   * @default - not known for an imported workgroup without one
   */
  readonly encryptionKey?: kms.IKey;

  /** Permissions on the workgroup. */
  readonly grants: AthenaWorkgroupGrants;
}

/** A workgroup that exists already. */
export interface AthenaWorkgroupAttributes {
  /** The name of the workgroup. */
  readonly workgroupName: string;

  /** The bucket that results go to. */
  readonly results: s3.IBucket;

  /** Where in the bucket results are; ends with a slash. */
  readonly resultsPrefix: string;

  /**
   * The key that encrypts results.
   *
   * @default - the key of the bucket, when the bucket knows it
   */
  readonly encryptionKey?: kms.IKey;
}

/** Properties of an AthenaWorkgroup. */
export interface AthenaWorkgroupProps {
  /** The bucket that results go to, for example the artifacts bucket of a LakeStorage. */
  readonly results: s3.IBucket;

  /**
   * Where in the bucket results go: a prefix of its own that ends with a slash.
   *
   * @default - `athena/`, the name of the workgroup and a slash
   */
  readonly resultsPrefix?: string;

  /**
   * The key that encrypts results.
   *
   * @default - the key of the bucket; an error when the bucket has none
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The bytes one query may scan before Athena stops it, 10 MB at least. Athena bills what was scanned until then.
   *
   * @default Size.gibibytes(100)
   */
  readonly scanLimit?: Size;

  /**
   * When results are deleted, in whole days, at least 1. The rule is added to a bucket that this app defines; for an imported bucket
   * it is its owner's to add.
   *
   * @default Duration.days(30)
   */
  readonly resultRetention?: Duration;

  /**
   * The name of the workgroup: 1 to 128 letters, digits, `.`, `_` and `-`. A workgroup under another name is another one.
   *
   * @default - made from the construct's path
   */
  readonly workgroupName?: string;

  /**
   * Who uses the workgroup for what, up to 1,024 characters.
   *
   * @default 'ad-hoc queries on the lake'
   */
  readonly description?: string;

  /**
   * The queries that are saved in the workgroup.
   *
   * @default - none; `addTableQueries` adds some for partitioned tables
   */
  readonly queries?: SavedQuery[];

  /**
   * What happens to the workgroup when it leaves the stack. One that is destroyed must have no history and no queries of
   * other people, because nothing empties it.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Which tables `addTableQueries` saves queries for. */
export interface TableQueryOptions {
  /**
   * The zones of the tables.
   *
   * @default - silver and gold
   */
  readonly zones?: Zone[];
}

abstract class AthenaWorkgroupBase extends Resource implements IAthenaWorkgroup {
  public abstract readonly workgroupName: string;
  public abstract readonly workgroupArn: string;
  public abstract readonly results: s3.IBucket;
  public abstract readonly resultsPrefix: string;
  public abstract readonly encryptionKey?: kms.IKey;
  public readonly grants: AthenaWorkgroupGrants = AthenaWorkgroupGrants.fromAthenaWorkgroup(this);
}

class ImportedAthenaWorkgroup extends AthenaWorkgroupBase {
  public readonly workgroupName: string;
  public readonly workgroupArn: string;
  public readonly results: s3.IBucket;
  public readonly resultsPrefix: string;
  public readonly encryptionKey?: kms.IKey;

  constructor(scope: Construct, id: string, attributes: AthenaWorkgroupAttributes) {
    super(scope, id);
    const { workgroupName, results, resultsPrefix } = attributes;
    const problems = [...prefixProblems(resultsPrefix), ...nameProblems(workgroupName)];
    failAll(`workgroup '${this.node.path}'`, problems.map(problem));
    this.workgroupName = workgroupName;
    this.workgroupArn = arnOf(this, workgroupName);
    this.results = results;
    this.resultsPrefix = resultsPrefix;
    this.encryptionKey = attributes.encryptionKey ?? results.encryptionKey;
  }
}

/**
 * A workgroup for people and tools that query the lake with SQL.
 *
 * Its configuration is enforced, so that no client can write results elsewhere, leave them unencrypted or scan without a
 * limit. Results expire; metrics go to CloudWatch; buckets whose reader pays are refused.
 *
 * Fails, with all problems at once, when the bucket has no key and none is given, the limit, prefix, retention, name or a query
 * is not one Athena takes, or another workgroup of the app has the name.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/workgroups-manage-queries-control-costs.html
 */
export class AthenaWorkgroup extends AthenaWorkgroupBase {
  /** Refer to a workgroup that exists already. */
  public static fromAthenaWorkgroupAttributes(
    scope: Construct,
    id: string,
    attributes: AthenaWorkgroupAttributes,
  ): IAthenaWorkgroup {
    return new ImportedAthenaWorkgroup(scope, id, attributes);
  }

  public readonly workgroupName: string;
  public readonly workgroupArn: string;
  public readonly results: s3.IBucket;
  public readonly resultsPrefix: string;
  public readonly encryptionKey?: kms.IKey;

  constructor(scope: Construct, id: string, props: AthenaWorkgroupProps) {
    super(scope, id);
    const name = props.workgroupName ?? Names.uniqueResourceName(this, { maxLength: 128, separator: '-' });
    const problems = [
      ...workgroupProblems(props),
      ...onceInRegion(this, { path: 'workgroupName', got: name }),
      ...keyProblems(this, props.encryptionKey),
    ];
    failAll(`workgroup '${this.node.path}'`, problems.map(problem));
    this.results = props.results;
    this.resultsPrefix = props.resultsPrefix ?? `athena/${name}/`;
    this.encryptionKey = props.encryptionKey ?? props.results.encryptionKey;
    const workgroup = new athena.CfnWorkGroup(this, 'Resource', {
      name,
      description: props.description ?? 'ad-hoc queries on the lake',
      recursiveDeleteOption: false,
      state: 'ENABLED',
      workGroupConfiguration: this.configuration(props.scanLimit ?? Size.gibibytes(100)),
    });
    workgroup.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.workgroupName = workgroup.ref;
    this.workgroupArn = arnOf(this, workgroup.ref);
    this.expireResults(props.resultRetention ?? Duration.days(30));
    for (const query of props.queries ?? []) {
      this.addQuery(query);
    }
  }

  /** Saves a query in the workgroup; one of the same name is an error. */
  public addQuery(query: SavedQuery): void {
    const id = queryId(query.name);
    const double = {
      path: 'name',
      must: 'a name no other query has',
      got: query.name,
      remedy: 'rename one of the two',
    };
    const problems = [...queryProblems(query), ...(this.node.tryFindChild(id) === undefined ? [] : [double])];
    failAll(`query of workgroup '${this.node.path}'`, problems.map(problem));
    new athena.CfnNamedQuery(this, id, {
      name: query.name,
      database: query.database,
      queryString: query.sql,
      description: query.description,
      workGroup: this.workgroupName,
    });
  }

  /**
   * Saves two queries for every partitioned table of the catalog: what its partitions hold, and its rows through a filter
   * on every partition field. None where there are more than 25 of these tables: nobody finds anything in such a list, and
   * a stack of CloudFormation has no room for it; choose among the zones, or add queries by `addQuery`.
   *
   * @param catalog where the tables are
   * @param contracts the contracts that ask for the tables
   */
  public addTableQueries(catalog: LakeCatalog, contracts: DataContracts, options: TableQueryOptions = {}): void {
    const zones = options.zones ?? [Zone.SILVER, Zone.GOLD];
    const partitioned = contracts
      .tables()
      .filter(({ zone, partitionFields }) => zones.includes(zone) && partitionFields.length > 0);
    if (partitioned.length > MOST_TABLES) {
      const text = `no queries are saved for ${partitioned.length} partitioned tables; name zones with at most ${MOST_TABLES}, or add queries by addQuery`;
      Annotations.of(this).addInfoV2('cdk-lakehouse:noTableQueries', text);
      return;
    }
    for (const spec of partitioned) {
      partitionQueries(spec, catalog.databaseName(spec.zone)).forEach((query) => this.addQuery(query));
    }
  }

  /** The bytes that successful queries scanned, which is what Athena bills, as the sum over an hour. */
  public metricScannedBytes(): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Athena',
      metricName: 'ProcessedBytes',
      dimensionsMap: { QueryState: 'SUCCEEDED', QueryType: 'DML', WorkGroup: this.workgroupName },
      statistic: cloudwatch.Stats.SUM,
      period: Duration.hours(1),
    });
  }

  private configuration(scanLimit: Size): athena.CfnWorkGroup.WorkGroupConfigurationProperty {
    return {
      enforceWorkGroupConfiguration: true,
      engineVersion: { selectedEngineVersion: ENGINE },
      bytesScannedCutoffPerQuery: scanLimit.toBytes(),
      publishCloudWatchMetricsEnabled: true,
      requesterPaysEnabled: false,
      resultConfiguration: {
        outputLocation: this.results.s3UrlForObject(this.resultsPrefix),
        encryptionConfiguration: { encryptionOption: 'SSE_KMS', kmsKey: this.encryptionKey?.keyArn },
      },
    };
  }

  private expireResults(after: Duration): void {
    if (this.results instanceof s3.Bucket) {
      this.results.addLifecycleRule({
        id: `Results-${this.node.addr.slice(-8)}`,
        prefix: this.resultsPrefix,
        expiration: after,
      });
    }
  }
}

function arnOf(scope: Construct, name: string): string {
  return Stack.of(scope).formatArn({ service: 'athena', resource: 'workgroup', resourceName: name });
}

/** `silver.flights: partitions` becomes `QuerySilverFlightsPartitions`. */
function queryId(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return `Query${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`;
}

/** All that is wrong with the properties of a workgroup, its queries aside. */
function workgroupProblems(props: AthenaWorkgroupProps): Problem[] {
  const problems = [
    ...prefixProblems(props.resultsPrefix),
    ...dayProblems('resultRetention', props.resultRetention),
    ...nameProblems(props.workgroupName),
  ];
  if ((props.encryptionKey ?? props.results.encryptionKey) === undefined) {
    problems.push({
      path: 'encryptionKey',
      must: 'the key that encrypts results',
      got: undefined,
      remedy: 'pass a key, or a bucket that knows its own',
    });
  }
  const limit = props.scanLimit?.isUnresolved() === true ? undefined : props.scanLimit?.toBytes();
  if (limit !== undefined && limit < MINIMUM_SCAN) {
    problems.push({
      path: 'scanLimit',
      must: `at least ${MINIMUM_SCAN} bytes`,
      got: `${limit} bytes`,
      remedy: 'Athena takes no smaller limit; use Size.gibibytes(1)',
    });
  }
  return problems;
}

function prefixProblems(prefix = 'athena/'): Problem[] {
  return Token.isUnresolved(prefix) || /^[^/].*\/$/.test(prefix)
    ? []
    : [
        {
          path: 'resultsPrefix',
          must: 'a prefix that ends, and does not begin, with a slash',
          got: prefix,
          remedy: "use 'athena/': results at the root of a bucket would mix with everything else in it",
        },
      ];
}

function nameProblems(name = 'a'): Problem[] {
  return Token.isUnresolved(name) || /^[A-Za-z0-9._-]{1,128}$/.test(name)
    ? []
    : [
        {
          path: 'workgroupName',
          must: '1 to 128 letters, digits, dots, underscores and hyphens',
          got: name,
          remedy: 'correct the name or leave it out',
        },
      ];
}

import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Stack } from 'aws-cdk-lib/core';
import { Zone } from '../contracts';
import { acknowledgeGrant, granted } from '../foundation';
import { failAll, problem } from '../private';
import type { LakeCatalog } from './lake-catalog';

/** Which tables of a catalog a grant covers. */
export interface LakeCatalogGrantOptions {
  /**
   * The zones whose tables are covered.
   *
   * @default - every zone that holds tables
   */
  readonly zones?: Zone[];
}

/** What a kind of access allows. */
interface Access {
  readonly glue: string[];
  readonly bucket: string[];
  readonly objects: string[];
  readonly key: string[];
}

const READ: Access = {
  glue: ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables'],
  bucket: ['s3:ListBucket', 's3:GetBucketLocation'],
  objects: ['s3:GetObject'],
  key: ['kms:Decrypt'],
};

const READ_WRITE: Access = {
  glue: [...READ.glue, 'glue:UpdateTable'],
  bucket: [...READ.bucket, 's3:ListBucketMultipartUploads'],
  objects: [
    ...READ.objects,
    's3:PutObject',
    's3:DeleteObject',
    's3:AbortMultipartUpload',
    's3:ListMultipartUploadParts',
  ],
  key: [...READ.key, 'kms:GenerateDataKey'],
};

/**
 * Permissions on all tables of a catalog, in a few statements for each zone instead of four for each table.
 *
 * In an account where Lake Formation governs the databases these are necessary but not sufficient.
 */
export class LakeCatalogGrants {
  /** The grants of a catalog. */
  public static fromLakeCatalog(catalog: LakeCatalog): LakeCatalogGrants {
    return new LakeCatalogGrants(catalog);
  }

  private constructor(private readonly catalog: LakeCatalog) {}

  /**
   * Lets the grantee read every table.
   *
   * @param grantee who may
   */
  public read(grantee: iam.IGrantable, options: LakeCatalogGrantOptions = {}): iam.Grant {
    return this.grant(grantee, READ, options);
  }

  /**
   * Lets the grantee read and write every table. It may not create or drop tables, which is the deploy's to do.
   *
   * @param grantee who may
   */
  public readWrite(grantee: iam.IGrantable, options: LakeCatalogGrantOptions = {}): iam.Grant {
    return this.grant(grantee, READ_WRITE, options);
  }

  private grant(grantee: iam.IGrantable, access: Access, options: LakeCatalogGrantOptions): iam.Grant {
    const zones = options.zones ?? Zone.withTables();
    const wrong = zones.filter((zone) => !zone.holdsTables);
    const remedy = `choose among ${Zone.withTables().join(', ')}`;
    failAll(
      `grants of '${this.catalog.node.path}'`,
      wrong.map(({ name: got }) => problem({ path: 'zones', must: 'zones that hold tables', got, remedy })),
    );
    const buckets = zones.map((zone) => this.catalog.bucket(zone));
    const catalogArns = this.catalogArns(zones);
    const objectArns = buckets.map((bucket) => bucket.arnForObjects('*'));
    const grants = [
      iam.Grant.addToPrincipal({ grantee, actions: access.glue, resourceArns: catalogArns }),
      iam.Grant.addToPrincipal({
        grantee,
        actions: access.bucket,
        resourceArns: buckets.map((bucket) => bucket.bucketArn),
      }),
      // A zone's bucket holds its tables alone, so the wildcard reaches nothing else.
      iam.Grant.addToPrincipal({ grantee, actions: access.objects, resourceArns: objectArns }),
    ];
    acknowledgeGrant(
      grantee,
      [...catalogArns, ...objectArns],
      'granted are all tables of these zones, whose buckets and databases hold nothing else',
    );
    const keys = new Set(buckets.flatMap((bucket): kms.IKey[] => (bucket.encryptionKey ? [bucket.encryptionKey] : [])));
    for (const key of keys) {
      grants.push(key.grant(grantee, ...access.key));
    }
    return granted(this.catalog, grantee, grants);
  }

  /** Glue checks a call on a table against the catalog, the database and the table; the wildcard covers a zone's tables. */
  private catalogArns(zones: Zone[]): string[] {
    const stack = Stack.of(this.catalog);
    const arn = (resource: string, resourceName?: string) =>
      stack.formatArn({ service: 'glue', resource, resourceName });
    const names = zones.map((zone) => this.catalog.databaseName(zone));
    return [
      arn('catalog'),
      ...names.map((name) => arn('database', name)),
      ...names.map((name) => arn('table', `${name}/*`)),
    ];
  }
}

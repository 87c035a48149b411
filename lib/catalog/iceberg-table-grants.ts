import * as iam from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { acknowledgeGrant, granted } from '../foundation';
import type { IIcebergTable } from './iceberg-table';

/** What a kind of access allows; object actions are listed by the folder of the table they reach. */
interface Access {
  readonly glue: string[];
  readonly bucket: string[];
  readonly objects: { readonly actions: string[]; readonly below: string }[];
  readonly key: string[];
}

const WRITE_OBJECTS = ['s3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

const READ: Access = {
  glue: ['glue:GetDatabase', 'glue:GetTable'],
  bucket: ['s3:GetBucketLocation'],
  objects: [{ actions: ['s3:GetObject'], below: '' }],
  key: ['kms:Decrypt'],
};

const WRITE: Access = {
  glue: [...READ.glue, 'glue:UpdateTable'],
  bucket: [...READ.bucket, 's3:ListBucketMultipartUploads'],
  objects: [
    // A commit starts from the metadata it replaces; the data files stay closed.
    { actions: ['s3:GetObject'], below: 'metadata/' },
    { actions: WRITE_OBJECTS, below: '' },
  ],
  key: ['kms:Decrypt', 'kms:GenerateDataKey'],
};

const READ_WRITE: Access = { ...WRITE, objects: [...READ.objects, { actions: WRITE_OBJECTS, below: '' }] };

/**
 * Permissions on an Iceberg table: its entry in the Glue catalog, its files in S3, and the key that encrypts them.
 *
 * In an account where Lake Formation governs the database these are necessary but not sufficient.
 */
export class IcebergTableGrants {
  /** The grants of a table. */
  public static fromIcebergTable(table: IIcebergTable): IcebergTableGrants {
    return new IcebergTableGrants(table);
  }

  private constructor(private readonly table: IIcebergTable) {}

  /**
   * Lets the grantee read rows, snapshots and metadata.
   *
   * @param grantee who may
   */
  public read(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, READ);
  }

  /**
   * Lets the grantee append rows and commit. Writers must read the metadata they commit on, but no data.
   *
   * @param grantee who may
   */
  public write(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, WRITE);
  }

  /**
   * Lets the grantee read, append, update, merge and delete rows.
   *
   * @param grantee who may
   */
  public readWrite(grantee: iam.IGrantable): iam.Grant {
    return this.grant(grantee, READ_WRITE);
  }

  private grant(grantee: iam.IGrantable, access: Access): iam.Grant {
    const { bucket, prefix } = this.table;
    const grants = [
      iam.Grant.addToPrincipal({ grantee, actions: access.glue, resourceArns: this.catalogArns() }),
      // Only names below the table's folder can be listed; the condition needs the wildcard to reach them.
      iam.Grant.addToPrincipal({
        grantee,
        actions: ['s3:ListBucket'],
        resourceArns: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': [prefix, `${prefix}/*`] } },
      }),
      // These do not support the prefix condition and would be denied by it.
      iam.Grant.addToPrincipal({ grantee, actions: access.bucket, resourceArns: [bucket.bucketArn] }),
    ];
    for (const { actions, below } of access.objects) {
      // Iceberg chooses its files' names, so the wildcard covers the table's folder, which is its alone.
      const resourceArns = [bucket.arnForObjects(`${prefix}/${below}*`)];
      grants.push(iam.Grant.addToPrincipal({ grantee, actions, resourceArns }));
      acknowledgeGrant(
        grantee,
        resourceArns,
        "the names of a table's files are Iceberg's; they stay in the table's folder",
      );
    }
    if (bucket.encryptionKey !== undefined) {
      grants.push(bucket.encryptionKey.grant(grantee, ...access.key));
    }
    return granted(this.table, grantee, grants);
  }

  /** Glue checks a call on a table against the catalog, the database and the table. */
  private catalogArns(): string[] {
    const { databaseName } = this.table;
    const stack = Stack.of(this.table);
    return [
      stack.formatArn({ service: 'glue', resource: 'catalog' }),
      stack.formatArn({ service: 'glue', resource: 'database', resourceName: databaseName }),
      this.table.tableArn,
    ];
  }
}

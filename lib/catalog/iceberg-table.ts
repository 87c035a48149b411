import * as glue from 'aws-cdk-lib/aws-glue';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { ArnFormat, type IResource, RemovalPolicy, Resource, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { onceInRegion } from '../foundation';
import { failAll, problem } from '../private';
import { renderStructure } from './iceberg-schema';
import { IcebergTableGrants } from './iceberg-table-grants';
import { IcebergFormatVersion, type IcebergTableProps } from './iceberg-table-props';
import { keepApart } from './table-locations';
import { renderProperties } from './table-properties';
import { importProblems, tableProblems } from './table-validation';

/** An Iceberg table in the Glue catalog. */
export interface IIcebergTable extends IResource {
  /**
   * The name of the Glue database.
   *
   * @attribute
   */
  readonly databaseName: string;

  /**
   * The name of the table.
   *
   * @attribute
   */
  readonly tableName: string;

  /**
   * The ARN of the table in the Glue catalog.
   *
   * @attribute
   */
  readonly tableArn: string;

  /** The bucket that holds the table's files. */
  readonly bucket: s3.IBucket;

  /** The folder of the table's files in the bucket, without slashes at its ends. */
  readonly prefix: string;

  /** Where the table's files are, `s3://<bucket>/<prefix>`. */
  readonly location: string;

  /** Permissions on the table. */
  readonly grants: IcebergTableGrants;
}

/** An Iceberg table that exists already. */
export interface IcebergTableAttributes {
  /** The name of the Glue database. */
  readonly databaseName: string;

  /** The name of the table. */
  readonly tableName: string;

  /** The bucket that holds the table's files. Grants cover its key when the bucket knows it. */
  readonly bucket: s3.IBucket;

  /**
   * The folder of the table's files in the bucket, without slashes at its ends.
   *
   * @default - database name and table name, joined by a slash
   */
  readonly prefix?: string;
}

abstract class IcebergTableBase extends Resource implements IIcebergTable {
  public readonly databaseName: string;
  public readonly tableName: string;
  public readonly tableArn: string;
  public readonly bucket: s3.IBucket;
  public readonly prefix: string;
  public readonly location: string;
  public readonly grants: IcebergTableGrants;

  constructor(scope: Construct, id: string, attributes: IcebergTableAttributes) {
    super(scope, id);
    this.databaseName = attributes.databaseName;
    this.tableName = attributes.tableName;
    this.tableArn = arnOf(Stack.of(this), attributes.databaseName, attributes.tableName);
    this.bucket = attributes.bucket;
    this.prefix = attributes.prefix ?? `${attributes.databaseName}/${attributes.tableName}`;
    this.location = `s3://${this.bucket.bucketName}/${this.prefix}`;
    this.grants = IcebergTableGrants.fromIcebergTable(this);
  }
}

class ImportedIcebergTable extends IcebergTableBase {
  constructor(scope: Construct, id: string, attributes: IcebergTableAttributes) {
    super(scope, id, attributes);
    failAll(`table '${this.node.path}'`, importProblems(attributes));
  }
}

/**
 * Defines an Iceberg table in the Glue catalog that a deploy can change in place.
 *
 * The table's structure is given through `OpenTableFormatInput` alone. With `TableInput` beside it an update wipes the
 * pointer to the table's metadata; without, an update evolves the table: columns are told by id, so that adding,
 * renaming, widening and dropping them keeps every row readable. Keep the ids in a schema lock, or with great care.
 *
 * Fails when names, ids, transforms, identifiers or properties are wrong, or another table of the app has the name, all problems at
 * once; and at synthesis when its files would lie in the folder of another table.
 *
 * @resource AWS::Glue::Table
 * @stateful
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-glue-table.html
 */
export class IcebergTable extends IcebergTableBase {
  /** Refer to a table that exists already. */
  public static fromIcebergTableAttributes(
    scope: Construct,
    id: string,
    attributes: IcebergTableAttributes,
  ): IIcebergTable {
    return new ImportedIcebergTable(scope, id, attributes);
  }

  /**
   * Whether it has an order that compaction can sort by.
   *
   * @internal
   */
  public readonly _isSorted: boolean;

  constructor(scope: Construct, id: string, props: IcebergTableProps) {
    super(scope, id, props);
    this._isSorted = (props.sortFields ?? []).length > 0;
    const taken = onceInRegion(this, { path: 'tableName', got: `${this.databaseName}.${this.tableName}` });
    failAll(`table '${this.node.path}'`, [...tableProblems(props), ...taken.map(problem)]);
    keepApart(this, this.location);
    const resource = new glue.CfnTable(this, 'Resource', {
      catalogId: Stack.of(this).account,
      databaseName: this.databaseName,
      name: this.tableName,
      openTableFormatInput: {
        icebergInput: {
          metadataOperation: 'CREATE',
          version: String(props.formatVersion ?? IcebergFormatVersion.V2),
          icebergTableInput: {
            location: this.location,
            ...renderStructure(props),
            properties: renderProperties(props),
          },
        },
      },
    });
    // On a failed first deploy the empty table goes, so that the deploy can be tried again.
    const policy = props.removalPolicy ?? RemovalPolicy.RETAIN;
    resource.applyRemovalPolicy(policy === RemovalPolicy.RETAIN ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : policy);
  }
}

/** The ARN of a table, which names its database too. */
function arnOf(stack: Stack, databaseName: string, tableName: string): string {
  return stack.formatArn({
    service: 'glue',
    resource: 'table',
    resourceName: `${databaseName}/${tableName}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

import * as iam from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { acknowledgeGrant, granted } from '../foundation';
import type { IAthenaWorkgroup } from './athena-workgroup';

/** Running queries, reading their results, and finding the saved ones. */
const QUERY = [
  'athena:BatchGetNamedQuery',
  'athena:BatchGetQueryExecution',
  'athena:GetNamedQuery',
  'athena:GetQueryExecution',
  'athena:GetQueryResults',
  'athena:GetQueryResultsStream',
  'athena:GetQueryRuntimeStatistics',
  'athena:GetWorkGroup',
  'athena:ListNamedQueries',
  'athena:ListQueryExecutions',
  'athena:StartQueryExecution',
  'athena:StopQueryExecution',
];

const RESULT_OBJECTS = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

/**
 * Permissions on a workgroup.
 *
 * @see https://docs.aws.amazon.com/athena/latest/ug/example-policies-workgroup.html
 */
export class AthenaWorkgroupGrants {
  /** The grants of a workgroup. */
  public static fromAthenaWorkgroup(workgroup: IAthenaWorkgroup): AthenaWorkgroupGrants {
    return new AthenaWorkgroupGrants(workgroup);
  }

  private constructor(private readonly workgroup: IAthenaWorkgroup) {}

  /**
   * Lets the grantee run queries in the workgroup and read and write their results. What the queries may read is the
   * tables' own matter: see the grants of `IcebergTable` and `LakeCatalog`.
   *
   * @param grantee who may
   */
  public query(grantee: iam.IGrantable): iam.Grant {
    const { workgroupArn, results, resultsPrefix, encryptionKey } = this.workgroup;
    const catalogArn = Stack.of(this.workgroup).formatArn({
      service: 'athena',
      resource: 'datacatalog',
      resourceName: 'AwsDataCatalog',
    });
    const objects = [results.arnForObjects(`${resultsPrefix}*`)];
    const grants = [
      iam.Grant.addToPrincipal({ grantee, actions: QUERY, resourceArns: [workgroupArn] }),
      iam.Grant.addToPrincipal({ grantee, actions: ['athena:GetDataCatalog'], resourceArns: [catalogArn] }),
      iam.Grant.addToPrincipal({
        grantee,
        actions: ['s3:ListBucket'],
        resourceArns: [results.bucketArn],
        conditions: { StringLike: { 's3:prefix': [`${resultsPrefix}*`] } },
      }),
      // These do not support the prefix condition and would be denied by it.
      iam.Grant.addToPrincipal({
        grantee,
        actions: ['s3:GetBucketLocation', 's3:ListBucketMultipartUploads'],
        resourceArns: [results.bucketArn],
      }),
      iam.Grant.addToPrincipal({ grantee, actions: RESULT_OBJECTS, resourceArns: objects }),
    ];
    acknowledgeGrant(
      grantee,
      objects,
      'results are named by query, none of which is known before; they stay under one prefix of one bucket',
    );
    if (encryptionKey !== undefined) {
      grants.push(encryptionKey.grant(grantee, 'kms:Decrypt', 'kms:GenerateDataKey'));
    }
    return granted(this.workgroup, grantee, grants);
  }
}

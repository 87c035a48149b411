import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { Zone } from '../contracts';
import { RuntimeParameter, acknowledgeGrant } from '../foundation';
import { LakehouseMetrics } from '../observability';
import { ArtifactPrefix, type ILakeStorage } from '../storage';

/** The lake that a pipeline works on. */
export interface PipelineLake {
  /** The environment's name. */
  readonly environment: string;

  /** The buckets. */
  readonly storage: ILakeStorage;
}

/** Reading and writing objects, as multipart uploads too. */
const WRITE = ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

/** What every pipeline of this package may do beside its tables: find the lake, and say what it did. */
export function grantPipeline(scope: IConstruct, grantee: IGrantable, lake: PipelineLake): void {
  const { artifacts } = lake.storage;
  const runs = [ArtifactPrefix.RUNS, ArtifactPrefix.LINEAGE].map((prefix) => artifacts.arnForObjects(`${prefix}*`));
  allow(grantee, { sid: 'RecordRuns', actions: WRITE, resources: runs });
  allow(grantee, {
    sid: 'ListRuns',
    actions: ['s3:ListBucket'],
    resources: [artifacts.bucketArn],
    conditions: { StringLike: { 's3:prefix': `${ArtifactPrefix.RUNS}*` } },
  });
  allow(grantee, {
    sid: 'FindResources',
    actions: ['ssm:GetParameter'],
    resources: [RuntimeParameter.arnFor(scope, lake.environment)],
  });
  allow(grantee, {
    sid: 'EmitMetrics',
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': LakehouseMetrics.namespace() } },
  });
  acknowledgeGrant(
    grantee,
    runs,
    'run records and lineage are named by run; they stay under two prefixes of one bucket',
  );
  acknowledgeGrant(grantee, ['*'], 'PutMetricData takes no resource; the condition confines it to one namespace');
}

/** What a pipeline that extracts may do in landing. */
export function grantLanding(grantee: IGrantable, { storage }: PipelineLake): void {
  const landing = storage.bucket(Zone.LANDING);
  const extracts = [landing.arnForObjects('*')];
  allow(grantee, { sid: 'LandExtracts', actions: [...WRITE, 's3:DeleteObject'], resources: extracts });
  allow(grantee, {
    sid: 'ListExtracts',
    actions: ['s3:ListBucket', 's3:GetBucketLocation'],
    resources: [landing.bucketArn],
  });
  acknowledgeGrant(grantee, extracts, 'extracts are named by source, dataset and run, none of which is known before');
}

function allow(grantee: IGrantable, statement: iam.PolicyStatementProps): void {
  grantee.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement(statement));
}

import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3deploy from 'aws-cdk-lib/aws-s3-deployment';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { type RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { acknowledge, acknowledgeServerless, acknowledgeWildcards } from '../foundation';

/** Its id in a stack, in which all bundles share it. */
const ID = 'DagBundleCopier';

/** Enough for bundles of text, in MiB. Other than CDK's own default, so that an app's own deployments keep their function. */
const MEMORY = 512;

/** How the copier logs. */
export interface DagCopierProps {
  readonly logRetention: logs.RetentionDays;
  readonly encryptionKey?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** What is copied where. */
export interface DagCopy {
  readonly bucket: s3.IBucket;
  readonly keyPrefix: string;
  readonly sources: s3deploy.ISource[];
  /** Whether the folder is the bundle's own: what is no longer in the bundle goes, and all of it with the bundle. */
  readonly isOwned: boolean;
  /** Whether the files in the sources are copied, or the sources themselves. */
  readonly isUnpacked: boolean;
}

/**
 * Copies files into buckets, by the function that CDK brings for it, one for all bundles of a stack.
 *
 * CDK would let that function read, write and delete everything in the buckets, so its role takes no grants while a copy
 * is defined, and is told exactly what it needs instead.
 */
export class DagCopier extends Construct {
  /** The copier of the scope's stack; the first to ask says how it logs. */
  static of(scope: IConstruct, props: DagCopierProps): DagCopier {
    const stack = Stack.of(scope);
    const found = stack.node.tryFindChild(ID);
    return found instanceof DagCopier ? found : new DagCopier(stack, ID, props);
  }

  private readonly role: SealableRole;
  private readonly logGroup: logs.LogGroup;
  private hasCopied = false;

  private constructor(scope: Construct, id: string, props: DagCopierProps) {
    super(scope, id);
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.logRetention,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
    });
    this.role = new SealableRole(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: 'Role of the function that copies DAGs into their bucket',
    });
    this.allow('Log', ['logs:CreateLogStream', 'logs:PutLogEvents'], [this.logGroup.logGroupArn]);
    acknowledgeWildcards(
      this.role,
      [this.logGroup.logGroupArn],
      'the streams of its own log group, which Lambda names',
    );
  }

  /** Copies the sources whenever they change. */
  copy(scope: Construct, id: string, what: DagCopy): s3deploy.BucketDeployment {
    this.grant(what);
    this.role.isSealed = true;
    const deployment = new s3deploy.BucketDeployment(scope, id, {
      sources: what.sources.map((source) => this.readable(source)),
      destinationBucket: what.bucket,
      destinationKeyPrefix: what.keyPrefix,
      prune: what.isOwned,
      retainOnDelete: !what.isOwned,
      ...(what.isUnpacked ? {} : { extract: false }),
      memoryLimit: MEMORY,
      role: this.role,
      logGroup: this.logGroup,
      outputObjectKeys: false,
    });
    this.role.isSealed = false;
    if (this.hasCopied) {
      // The function has the layer of the first copy; CDK makes another 22 MB of the same for each.
      deployment.node.tryRemoveChild('AwsCliLayer');
    }
    this.hasCopied = true;
    answerFindings(deployment);
    return deployment;
  }

  private grant({ bucket, keyPrefix, isOwned }: DagCopy): void {
    const objects = [bucket.arnForObjects(`${keyPrefix}*`)];
    this.allow(
      undefined,
      ['s3:PutObject', 's3:AbortMultipartUpload', ...(isOwned ? ['s3:DeleteObject'] : [])],
      objects,
    );
    this.allow(undefined, ['s3:ListBucket'], [bucket.bucketArn], { StringLike: { 's3:prefix': `${keyPrefix}*` } });
    // By a tag on the bucket the function knows whether another copy has taken over the folder.
    this.allow(undefined, ['s3:GetBucketTagging'], [bucket.bucketArn]);
    bucket.encryptionKey?.grant(this.role, 'kms:Decrypt', 'kms:GenerateDataKey');
    acknowledgeWildcards(
      this.role,
      objects,
      'the names of the files are those of the bundle, under one prefix of its own',
    );
  }

  /**
   * The same source, which the function may read. One that another part of the app made first has a role of its own, which
   * takes the grants of CDK.
   */
  private readable(source: s3deploy.ISource): s3deploy.ISource {
    return {
      bind: (scope, context) => {
        const config = source.bind(scope, context);
        if (context?.handlerRole === this.role) {
          this.readAssets(config.bucket);
        }
        return config;
      },
    };
  }

  private readAssets(bucket: s3.IBucket): void {
    const assets = [bucket.arnForObjects('*.zip')];
    this.role.isSealed = false;
    this.allow(undefined, ['s3:GetObject'], assets);
    this.role.isSealed = true;
    acknowledgeWildcards(
      this.role,
      assets,
      'an asset is named by its content: a policy with its name would change with each deployment and come too late for it',
    );
  }

  private allow(sid: string | undefined, actions: string[], resources: string[], conditions?: Conditions): void {
    this.role.addToPrincipalPolicy(new iam.PolicyStatement({ sid, actions, resources, conditions }));
  }
}

/** A role that at times only pretends to take what it is given. */
class SealableRole extends iam.Role {
  isSealed = false;

  override addToPrincipalPolicy(statement: iam.PolicyStatement): iam.AddToPrincipalPolicyResult {
    return this.isSealed ? { statementAdded: true, policyDependable: this } : super.addToPrincipalPolicy(statement);
  }
}

/** The findings about CDK's own function, which sits in the stack beside everything else. */
function answerFindings(deployment: s3deploy.BucketDeployment): void {
  const handler = deployment.node.findChild('CustomResourceHandler');
  const resource = handler instanceof lambda.SingletonFunction ? handler.permissionsNode.defaultChild : undefined;
  if (resource === undefined) {
    return;
  }
  acknowledge(
    resource,
    'L1',
    "the function and its runtime are CDK's own, and move on with the version of aws-cdk-lib",
  );
  for (const [rule, reason] of Object.entries(SERVERLESS_ANSWERS)) {
    acknowledgeServerless(resource, rule, reason);
  }
}

const SERVERLESS_ANSWERS = {
  LambdaLatestVersion: "the function and its runtime are CDK's own, and move on with the version of aws-cdk-lib",
  LambdaDLQ: 'only CloudFormation calls it, which waits for its answer and tells of its failure',
  LambdaTracing: 'it runs once for each deployment, and its log says what it copied',
};

type Conditions = { [operator: string]: { [key: string]: string } };

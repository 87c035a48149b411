import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { fail } from '../private';
import { keyProblems } from './key-problems';

/** Properties of a LakeKey. */
export interface LakeKeyProps {
  /**
   * What the key is for, shown in the console.
   *
   * @default 'encrypts the lakehouse'
   */
  readonly description?: string;

  /**
   * What happens to the key when it leaves the stack. Data encrypted with a deleted key is lost.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * The customer managed key of a lakehouse, with yearly rotation and a policy that lets the AWS services use it which act
 * without a role of their own: CloudWatch alarms that publish to encrypted topics, and CloudWatch Logs.
 *
 * Everything else gets its use of the key by grants to its role. A key of your own needs the same two statements.
 *
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
export class LakeKey extends Construct {
  /**
   * Lets the services use a key that the app defines, and do so without a role of their own. The policy of an imported key is its
   * owner's, and stays as it is.
   *
   * @internal
   */
  public static _letServicesUse(scope: Construct, key: kms.IKey | undefined): void {
    for (const wrong of keyProblems(scope, key)) {
      fail(wrong, scope);
    }
    key?.addToResourcePolicy(alarmStatement(scope), true);
    key?.addToResourcePolicy(logStatement(scope), true);
  }

  /** The key. */
  public readonly key: kms.Key;

  constructor(scope: Construct, id: string, props: LakeKeyProps = {}) {
    super(scope, id);
    this.key = new kms.Key(this, 'Resource', {
      description: props.description ?? 'encrypts the lakehouse',
      enableKeyRotation: true,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    LakeKey._letServicesUse(this, this.key);
  }
}

/** With the default key of SNS an alarm's message is lost without a trace, because its policy cannot be changed. */
function alarmStatement(scope: Construct): iam.PolicyStatement {
  return new iam.PolicyStatement({
    sid: 'AlarmsPublishToEncryptedTopics',
    principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
    actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
    resources: ['*'],
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  });
}

function logStatement(scope: Construct): iam.PolicyStatement {
  const { account, region, partition } = Stack.of(scope);
  return new iam.PolicyStatement({
    sid: 'LogGroupsOfThisAccount',
    principals: [new iam.ServicePrincipal(`logs.${region}.amazonaws.com`)],
    actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
    resources: ['*'],
    conditions: {
      ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
    },
  });
}

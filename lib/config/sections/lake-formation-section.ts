import * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { LakeGovernanceProps } from '../../governance';
import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { unless } from '../problems';

/**
 * Values for Lake Formation, which governs columns by the classification of their contracts. It is the account's: one
 * environment in each account and region has this section.
 */
export interface LakeFormationConfig {
  /**
   * ARNs of the roles that administer Lake Formation beside whoever deploys. They are added to those the account has.
   *
   * @default - only the role that deploys
   */
  readonly administrators?: string[];

  /**
   * Whether principals that Lake Formation does not know go on by their IAM permissions alone.
   *
   * @default false
   */
  readonly hybridAccess?: boolean;
}

/**
 * The properties of governance that the values stand for; the roles are constructs of the scope.
 *
 * @internal
 */
export function governancePropsOf(
  scope: Construct,
  { lakeFormation = {} }: LakehouseConfig,
): Omit<LakeGovernanceProps, 'catalog' | 'contracts'> {
  const { administrators = [], hybridAccess } = lakeFormation;
  return {
    hybridAccess,
    administrators: [...new Set(administrators)].map((arn) => iam.Role.fromRoleArn(scope, `Administrator-${arn}`, arn)),
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function lakeFormationRules({ lakeFormation = {} }: LakehouseConfig): Problem[] {
  const wrong = (lakeFormation.administrators ?? []).filter((arn) => !/^arn:[\w-]+:iam::\d{12}:role\/.+$/.test(arn));
  return unless(wrong.length === 0, {
    path: 'lakeFormation.administrators',
    must: 'ARNs of roles',
    got: wrong,
    remedy: "use for example 'arn:aws:iam::123456789012:role/Steward'",
  });
}

import type { Problem } from '../private';
import type { LakehouseConfig } from './lakehouse-config';
import { unless } from './problems';

/**
 * ARNs of another part of AWS, or of another account, than the environment is in.
 *
 * @internal
 */
export function arnRules(config: LakehouseConfig): Problem[] {
  const { account, permissionsBoundary, lakeFormation = {} } = config;
  return [
    ...partitionProblems('permissionsBoundary', permissionsBoundary === undefined ? [] : [permissionsBoundary], config),
    ...partitionProblems('lakeFormation.administrators', lakeFormation.administrators ?? [], config),
    ...unless(account === undefined || !isOfAnotherAccount(permissionsBoundary, account), {
      path: 'permissionsBoundary',
      must: `a policy of the account ${account ?? ''}, because IAM takes no boundary of another one`,
      got: permissionsBoundary,
      remedy: 'make the policy in that account, and use its ARN',
    }),
  ];
}

/** What is no ARN has been said already. */
function partitionProblems(path: string, arns: string[], { region }: LakehouseConfig): Problem[] {
  const partition = partitionOf(region);
  const foreign = arns.filter((arn) => arn.startsWith('arn:') && !arn.startsWith(`arn:${partition}:`));
  return unless(foreign.length === 0, {
    path,
    must: `of the partition of ${region}, ${partition}`,
    got: foreign,
    remedy: `use an ARN that begins with 'arn:${partition}:iam::'`,
  });
}

/** The part of AWS that a region belongs to. */
function partitionOf(region: string): string {
  const known: { [prefix: string]: string } = { cn: 'aws-cn', eusc: 'aws-eusc', 'us-gov': 'aws-us-gov' };
  const prefix = Object.keys(known).find((name) => region.startsWith(`${name}-`)) ?? '';
  return known[prefix] ?? 'aws';
}

/** Policies of AWS's own are in every account. */
function isOfAnotherAccount(arn: string | undefined, account: string): boolean {
  const [, owner] = /^arn:[\w-]+:iam::(\d{12}):/.exec(arn ?? '') ?? [];
  return owner !== undefined && owner !== account;
}

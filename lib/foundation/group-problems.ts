import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { Problem } from '../private';

/**
 * An empty list of security groups: a service refuses it, or takes the default group of the network, which nobody meant.
 *
 * @internal
 */
export function groupProblems(got: ISecurityGroup[] | undefined): Problem[] {
  const remedy = 'leave it out for a new one';
  return got?.length === 0 ? [{ path: 'securityGroups', must: 'at least one group', got, remedy }] : [];
}

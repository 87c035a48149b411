import { type CfnElement, Stack } from 'aws-cdk-lib/core';

/**
 * A stack that works out the logical id of an element once. CDK asks for it at each reference, some thousand times for a
 * lakehouse, and hashes the element's path each time.
 *
 * @internal
 */
export class RememberingStack extends Stack {
  private readonly logicalIds = new Map<CfnElement, string>();

  protected override allocateLogicalId(element: CfnElement): string {
    const known = this.logicalIds.get(element) ?? super.allocateLogicalId(element);
    this.logicalIds.set(element, known);
    return known;
  }
}

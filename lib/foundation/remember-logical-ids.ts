import type { CfnElement, Stack } from 'aws-cdk-lib/core';

/**
 * Lets a stack work out the logical id of an element once. CDK asks for it at each reference, some thousand times for a lakehouse,
 * and hashes the element's path each time.
 *
 * @internal
 */
export function rememberLogicalIds(stack: Stack): void {
  const allocate = stack.getLogicalId.bind(stack);
  const rename = stack.renameLogicalId.bind(stack);
  const known = new Map<CfnElement, string>();
  // assigned, because methods would be of the public API
  stack.getLogicalId = (element) => {
    const logicalId = known.get(element) ?? allocate(element);
    known.set(element, logicalId);
    return logicalId;
  };
  stack.renameLogicalId = (oldId, newId) => {
    known.clear();
    rename(oldId, newId);
  };
}

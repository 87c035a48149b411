import { type CfnElement, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { withoutTraces } from './without-traces';

/**
 * A stack that works out the logical id of an element once. CDK asks for it at each reference, some thousand times for a
 * lakehouse, and hashes the element's path each time. What is in it takes no stack trace.
 *
 * @internal
 */
export class RememberingStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    withoutTraces(this);
    const allocate = this.getLogicalId.bind(this);
    const rename = this.renameLogicalId.bind(this);
    const known = new Map<CfnElement, string>();
    // assigned, because methods would be of the public API
    this.getLogicalId = (element) => {
      const logicalId = known.get(element) ?? allocate(element);
      known.set(element, logicalId);
      return logicalId;
    };
    this.renameLogicalId = (oldId, newId) => {
      known.clear();
      rename(oldId, newId);
    };
  }
}

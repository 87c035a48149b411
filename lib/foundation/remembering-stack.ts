import { Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { rememberLogicalIds } from './remember-logical-ids';
import { withoutTraces } from './without-traces';

/**
 * A stack that works out logical ids once. What is in it takes no stack trace.
 *
 * @internal
 */
export class RememberingStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    withoutTraces(this);
    rememberLogicalIds(this);
  }
}

import { NestedStack, type NestedStackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** The context by which CDK takes no stack trace of what is made; `CDK_DEBUG` in the process environment takes them all the same. */
const NO_TRACES = 'aws:cdk:disable-creation-stack-traces';

/**
 * A nested stack that puts its template together once. CDK does it to know the hash that the template is found by, and again to
 * write it: a tenth of the time where there are thousands of tables. What is in it takes no stack trace, which would lead into
 * this library, by the same way for each of hundreds of resources.
 *
 * @internal
 */
export class RememberingNestedStack extends NestedStack {
  constructor(scope: Construct, id: string, props: NestedStackProps) {
    super(scope, id, props);
    this.node.setContext(NO_TRACES, true);
    const render: () => unknown = Reflect.get(this, '_toCloudFormation').bind(this);
    let template: unknown;
    // assigned, because a method would be one of the public API; what was hashed must not change anyway
    Reflect.set(this, '_toCloudFormation', () => (template ??= render()));
  }
}

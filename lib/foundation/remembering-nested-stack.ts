import { NestedStack, type NestedStackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { rememberLogicalIds } from './remember-logical-ids';
import { withoutTraces } from './without-traces';

/**
 * A nested stack that puts its template together once. CDK does it to know the hash that the template is found by, and again to
 * write it: a tenth of the time where there are thousands of tables. It works out logical ids once, too, and what is in it takes no
 * stack trace.
 *
 * @internal
 */
export class RememberingNestedStack extends NestedStack {
  constructor(scope: Construct, id: string, props: NestedStackProps) {
    super(scope, id, props);
    withoutTraces(this);
    rememberLogicalIds(this);
    const render: () => unknown = Reflect.get(this, '_toCloudFormation').bind(this);
    let template: unknown;
    // assigned, because a method would be one of the public API; what was hashed must not change anyway
    Reflect.set(this, '_toCloudFormation', () => (template ??= render()));
  }
}

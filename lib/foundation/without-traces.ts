import type { IConstruct } from 'constructs';

/** The context by which CDK takes no stack trace of what is made; `CDK_DEBUG` in the process environment takes them all the same. */
const NO_TRACES = 'aws:cdk:disable-creation-stack-traces';

/**
 * Spares the stack traces of what will be made in a scope: they would lead into this library, by the same way for each of hundreds
 * of resources. To be called before there is anything in it.
 *
 * @internal
 */
export function withoutTraces(scope: IConstruct): void {
  scope.node.setContext(NO_TRACES, true);
}

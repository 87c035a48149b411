import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from './lakehouse-config';

/**
 * What happens to data: it is destroyed only when both keys are turned; else it stays, and a failed first deployment can be
 * repeated.
 *
 * @internal
 */
export function removalPolicyOf({ removalPolicy }: LakehouseConfig, allowDestroy = false): RemovalPolicy {
  return removalPolicy === RemovalPolicy.DESTROY && allowDestroy
    ? RemovalPolicy.DESTROY
    : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}

import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from './lakehouse-config';

/**
 * What happens to data: it is destroyed only when both keys are turned; else it stays, and only what a failed deployment has made
 * goes with it, buckets excepted.
 *
 * @internal
 */
export function removalPolicyOf({ removalPolicy }: LakehouseConfig, allowDestroy = false): RemovalPolicy {
  return removalPolicy === RemovalPolicy.DESTROY && allowDestroy
    ? RemovalPolicy.DESTROY
    : RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
}

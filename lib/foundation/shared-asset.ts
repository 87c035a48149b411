import { Asset, type AssetProps } from 'aws-cdk-lib/aws-s3-assets';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** What tells assets apart. */
type SharedAssetProps = Pick<AssetProps, 'path' | 'exclude' | 'ignoreMode' | 'assetHash' | 'assetHashType'>;

/** The assets of a stack, by what they are made of. */
const MADE = new WeakMap<Stack, Map<string, Asset>>();

/**
 * A file or directory in the assets bucket: what a stack has already made an asset of is not made one again. Assets have no
 * resource, so it does not show in the template which construct of the stack made it.
 *
 * @internal
 */
export function sharedAsset(scope: Construct, id: string, props: SharedAssetProps): Asset {
  const stack = Stack.of(scope);
  const made = MADE.get(stack) ?? new Map<string, Asset>();
  MADE.set(stack, made);
  const key = JSON.stringify(props);
  const asset = made.get(key) ?? new Asset(scope, id, props);
  made.set(key, asset);
  return asset;
}

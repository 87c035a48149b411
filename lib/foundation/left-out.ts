import { type AssetOptions } from 'aws-cdk-lib/aws-s3-assets';
import { IgnoreMode } from 'aws-cdk-lib/core';

/**
 * What tools leave beside Python code: it changes the hash of a directory without changing what that does.
 *
 * @internal
 */
export const PYTHON_CACHES = ['__pycache__', '*.pyc', '.pytest_cache', '.mypy_cache', '.ruff_cache', '*.egg-info'];

/**
 * The options of an asset that is made without some files.
 *
 * As Git ignores them, because CDK makes a regular expression of each of its own globs for each file anew.
 *
 * @param patterns as in a `.gitignore` at the root of the asset
 * @internal
 */
export function leftOut(patterns: string[]): Pick<AssetOptions, 'exclude' | 'ignoreMode'> {
  return { exclude: patterns, ignoreMode: IgnoreMode.GIT };
}

/**
 * One glob for several, to exclude files from an asset: CDK makes a regular expression of each glob for each file anew.
 *
 * @internal
 */
export function oneOf(globs: string[]): string {
  return `@(${globs.join('|')})`;
}

/**
 * What tools leave beside Python code: it changes the hash of a directory without changing what that does.
 *
 * @internal
 */
export const PYTHON_CACHES = ['__pycache__', '*.pyc', '.pytest_cache', '.mypy_cache', '.ruff_cache', '*.egg-info'];

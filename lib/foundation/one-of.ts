/**
 * One glob for several, to exclude files from an asset: CDK makes a regular expression of each glob for each file anew.
 *
 * @internal
 */
export function oneOf(globs: string[]): string {
  return `@(${globs.join('|')})`;
}

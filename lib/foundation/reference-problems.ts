import { Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';

/** What names something that exists already. */
interface Reference extends Problem {
  readonly got: string;
  readonly form: RegExp;
}

/**
 * What is wrong with names of things that exist already, by which they would not be found.
 *
 * @internal
 */
export function referenceProblems(...references: Reference[]): Problem[] {
  return references
    .filter(({ got, form }) => !Token.isUnresolved(got) && !form.test(got))
    .map(({ path, must, got, remedy }) => ({ path, must, got, remedy }));
}

import type { Duration } from 'aws-cdk-lib/core';
import { type Problem } from '../private';

/** From when to when a span of time is right. */
interface Span {
  readonly least: Duration;
  readonly most?: Duration;
  /** Whether AWS counts it in minutes; else in seconds. */
  readonly inMinutes?: boolean;
  /** A right one, as it is written. */
  readonly example: string;
}

/** What is wrong with a span of time that may be left out. */
export function spanProblems(path: string, got: Duration | undefined, span: Span): Problem[] {
  const { least, most, inMinutes = false, example } = span;
  if (got === undefined || got.isUnresolved()) {
    return [];
  }
  const length = got.toMilliseconds();
  const isWhole = length % (inMinutes ? 60_000 : 1000) === 0;
  const isWithin = length >= least.toMilliseconds() && (most === undefined || length <= most.toMilliseconds());
  const limits =
    most === undefined
      ? `at least ${least.toHumanString()}`
      : `between ${least.toHumanString()} and ${most.toHumanString()}`;
  const must = `${limits}, in whole ${inMinutes ? 'minutes' : 'seconds'}`;
  return isWithin && isWhole ? [] : [{ path, must, got: got.toHumanString(), remedy: `use for example ${example}` }];
}

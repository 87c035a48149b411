import { Aws } from 'aws-cdk-lib/core';

/** A state of a machine in the States Language, without its name. */
export type State = { readonly [field: string]: unknown };

/** A machine whose expressions are JSONata. */
export interface Machine {
  readonly Comment: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: { readonly [name: string]: State };
}

/** An expression, which the machine evaluates when it comes to the field. */
export function jsonata(expression: string): string {
  return `{% ${expression} %}`;
}

/** One way out of a choice, with what is remembered on it. */
export function when(condition: string, next: string, assign?: State): State {
  return { Condition: jsonata(condition), Next: next, ...(assign === undefined ? {} : { Assign: assign }) };
}

/** A choice: the first way whose condition holds, or the other. */
export function choose(otherwise: string, ...ways: State[]): State {
  return { Type: 'Choice', Choices: ways, Default: otherwise };
}

/** A good end, and what it gives: not a Succeed, whose output the local endpoint does not evaluate. */
export function done(output: State): State {
  return { Type: 'Pass', Output: output, End: true };
}

/** A call of an AWS API, without what comes before and after. */
export function call(api: string, fields: State): State {
  return { Type: 'Task', Resource: `arn:${Aws.PARTITION}:states:::aws-sdk:${api}`, ...fields };
}

/** Trying a call again that may be made twice: for some minutes, spread so that many machines do not try at once. */
export const PATIENTLY = [
  {
    ErrorEquals: ['States.ALL'],
    IntervalSeconds: 5,
    BackoffRate: 2,
    MaxDelaySeconds: 120,
    MaxAttempts: 8,
    JitterStrategy: 'FULL',
  },
];

/** What went wrong with a call, as a text. */
const WHAT_WENT_WRONG = "$states.errorOutput.Error & ': ' & $states.errorOutput.Cause";

/** Going on elsewhere after an error, with its text as the variable `reason`. */
export function onError(next: string): State[] {
  return [{ ErrorEquals: ['States.ALL'], Assign: { reason: jsonata(WHAT_WENT_WRONG) }, Next: next }];
}

import type { Duration } from 'aws-cdk-lib/core';
import { PATIENTLY, type State, call, choose, done, jsonata, onError, when } from './states';

/** The longest pause before a restart, and so between two looks, in seconds. */
export const LONGEST_PAUSE = 900;

/** Whom a run that takes nobody's place is told. */
export const NOBODY = '-';

/** The metric of a job that says each restart as 1. */
export interface RestartMetric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: { readonly [name: string]: unknown };
}

/** How often a job is started again. */
export interface Restarting {
  readonly pollInterval: Duration;
  readonly maxRestarts: number;
  readonly healthyAfter: Duration;
  /** What counts the restarts. */
  readonly restarts?: RestartMetric;
}

/** A run that lasted has earned its restarts back; a stream that completes has ended as little as one that failed. */
export function restarting(supervision: Restarting): { [name: string]: State } {
  const { maxRestarts, healthyAfter, pollInterval, restarts } = supervision;
  const lasted = `$millis() - $startedAt >= ${healthyAfter.toMilliseconds()}`;
  const pause = `$min([${LONGEST_PAUSE}, ${pollInterval.toSeconds()} * $power(2, $restarts - 1)])`;
  return {
    Count: {
      Type: 'Pass',
      Assign: {
        restarts: jsonata(`(${lasted} ? 0 : $restarts) + 1`),
        looks: jsonata('$looks + 4'),
        marker: '',
      },
      Next: 'AreRestartsLeft',
    },
    AreRestartsLeft: choose('Alert', when(`$restarts <= ${maxRestarts}`, restarts === undefined ? 'BackOff' : 'Tell')),
    ...(restarts === undefined ? {} : { Tell: telling(restarts) }),
    BackOff: { Type: 'Wait', Seconds: jsonata(pause), Next: 'Search' },
  };
}

/** Restarts go on when nobody can be told of them. */
function telling({ namespace, name, dimensions }: RestartMetric): State {
  const datum = {
    MetricName: name,
    Unit: 'Count',
    Value: 1,
    Dimensions: Object.entries(dimensions).map(([key, value]) => ({ Name: key, Value: value })),
  };
  return call('cloudwatch:putMetricData', {
    Arguments: { Namespace: namespace, MetricData: [datum] },
    Retry: PATIENTLY,
    Catch: [{ ErrorEquals: ['States.ALL'], Next: 'BackOff' }],
    Next: 'BackOff',
  });
}

export function handingOver(machineArn: string): { [name: string]: State } {
  return {
    HandOver: call('sfn:startExecution', {
      Arguments: {
        StateMachineArn: machineArn,
        Input: jsonata(
          "$string({'step': $step, 'startedAt': $startedAt, 'restarts': $restarts, 'correlationId': $correlationId})",
        ),
      },
      Retry: PATIENTLY,
      Catch: onError('Alert'),
      Next: 'HandedOver',
    }),
    HandedOver: done({ Outcome: 'handed over', StepId: jsonata('$step') }),
  };
}

export function givingUp(jobName: string, topicArn: string | undefined): { [name: string]: State } {
  const failed = { Type: 'Fail', Error: 'JobIsDown', Cause: jsonata('$reason') };
  if (topicArn === undefined) {
    return { Alert: failed };
  }
  return {
    Alert: call('sns:publish', {
      Arguments: {
        TopicArn: topicArn,
        Subject: `Nobody keeps streaming job ${jobName} running`,
        Message: jsonata(
          `'${jobName} on ' & $cluster & ' is not kept running any more, after ' & $restarts & ' ends without a lasting run: ' & $reason & '. It is down, unless the reason is a call that was refused. Start ' & $states.context.StateMachine.Name & ' when the cause is gone: it takes over what runs.'`,
        ),
      },
      Retry: PATIENTLY,
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }],
      Next: 'Failed',
    }),
    Failed: failed,
  };
}

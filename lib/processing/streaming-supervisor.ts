import type { Duration } from 'aws-cdk-lib/core';
import { type Machine, PATIENTLY, type State, call, choose, done, jsonata, onError, when } from './states';

/**
 * How often an execution looks before it hands over to a new one. A look is nine events, a restart about three looks, and
 * an execution has 25,000 events.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/tutorial-continue-new.html
 */
const LOOKS = 2000;

/** The states of a step that will end some time. */
const ACTIVE = ['PENDING', 'RUNNING', 'CANCEL_PENDING'];

/** The longest pause before a restart, in seconds. */
const LONGEST_PAUSE = 900;

/** What a supervisor keeps running, and how. */
export interface Supervision {
  readonly jobName: string;
  readonly clusterId: string;
  readonly stepArgs: string[];
  /** The option by which the job learns the correlation id. */
  readonly correlationOption?: string;
  readonly machineArn: string;
  readonly pollInterval: Duration;
  readonly maxRestarts: number;
  readonly healthyAfter: Duration;
  /** The topic that learns when restarts are used up. */
  readonly topicArn?: string;
}

/**
 * A machine that keeps one streaming job running: it takes over the step of that name that is there already, or adds one;
 * looks at it now and then; and adds it again when it ended by itself, later each time, until restarts are used up.
 *
 * Every restart goes through the search, so that two supervisors of one job end up looking at the same step.
 */
export function supervisor(supervision: Supervision): Machine {
  const { jobName, clusterId, pollInterval, topicArn } = supervision;
  return {
    Comment: `Keeps ${jobName} running`,
    StartAt: 'Begin',
    States: {
      Begin: begin(clusterId),
      IsStepKnown: choose('Search', when("$step != ''", 'Look')),
      ...searching(jobName),
      ...starting(supervision),
      Pause: { Type: 'Wait', Seconds: pollInterval.toSeconds(), Next: 'Look' },
      ...looking(),
      ...cancelled(),
      ...restarting(supervision),
      ...handingOver(supervision.machineArn),
      ...givingUp(jobName, topicArn),
    },
  };
}

/** An execution starts with nothing, or with what the one before it knew. */
function begin(clusterId: string): State {
  return {
    Type: 'Pass',
    Assign: {
      cluster: clusterId,
      step: given('step', "''"),
      startedAt: given('startedAt', '$millis()'),
      restarts: given('restarts', '0'),
      correlationId: given('correlationId', '$states.context.Execution.Name'),
      looks: 0,
      marker: '',
      state: '',
      reason: '',
    },
    Next: 'IsStepKnown',
  };
}

function given(name: string, otherwise: string): string {
  return jsonata(`$exists($states.input.${name}) ? $states.input.${name} : ${otherwise}`);
}

/** EMR lists steps by the page. */
function searching(jobName: string): { [name: string]: State } {
  const states = ACTIVE.map((state) => `'${state}'`).join(',');
  const request = `{'ClusterId': $cluster, 'StepStates': [${states}]}`;
  const found = `$states.result.Steps[Name = '${jobName}']`;
  return {
    Search: call('emr:listSteps', {
      Arguments: jsonata(`$marker = '' ? ${request} : $merge([${request}, {'Marker': $marker}])`),
      Assign: {
        step: jsonata(`$count(${found}) = 0 ? '' : ${found}[0].Id`),
        marker: jsonata("$exists($states.result.Marker) ? $states.result.Marker : ''"),
      },
      Retry: PATIENTLY,
      Catch: onError('Alert'),
      Next: 'IsStepFound',
    }),
    IsStepFound: choose('Start', when("$step != ''", 'Look'), when("$marker != ''", 'Search')),
  };
}

/** Not tried again by itself: after an answer that was lost the step may be there, which the search will tell. */
function starting({ jobName, stepArgs, correlationOption }: Supervision): { [name: string]: State } {
  const told = correlationOption === undefined ? [] : [correlationOption, jsonata('$correlationId')];
  const step = {
    Name: jobName,
    ActionOnFailure: 'CONTINUE',
    HadoopJarStep: { Jar: 'command-runner.jar', Args: [...stepArgs, ...told] },
  };
  return {
    Start: call('emr:addJobFlowSteps', {
      Arguments: { JobFlowId: jsonata('$cluster'), Steps: [step] },
      Assign: { step: jsonata('$states.result.StepIds[0]'), startedAt: jsonata('$millis()') },
      Catch: onError('Count'),
      Next: 'Pause',
    }),
  };
}

function looking(): { [name: string]: State } {
  const isActive = `$state in [${ACTIVE.map((state) => `'${state}'`).join(',')}]`;
  const status = '$states.result.Step.Status';
  const details = ['Reason', 'Message', 'LogFile'].map((field) => `${status}.FailureDetails.${field}`);
  return {
    Look: call('emr:describeStep', {
      Arguments: { ClusterId: jsonata('$cluster'), StepId: jsonata('$step') },
      Assign: {
        state: jsonata(`${status}.State`),
        reason: jsonata(`$trim(${[`'step ' & $step & ' is ' & ${status}.State`, ...details].join(" & ' ' & ")})`),
        looks: jsonata('$looks + 1'),
      },
      Retry: PATIENTLY,
      Catch: onError('Alert'),
      Next: 'Judge',
    }),
    Judge: choose(
      'Count',
      when(`${isActive} and $looks < ${LOOKS}`, 'Pause'),
      when(isActive, 'HandOver'),
      when("$state = 'CANCELLED'", 'WhoCancelled'),
    ),
  };
}

/** A person cancels a step to drain the job; the end of the cluster cancels steps too, and nobody meant that. */
function cancelled(): { [name: string]: State } {
  const status = '$states.result.Cluster.Status';
  return {
    WhoCancelled: call('emr:describeCluster', {
      Arguments: { ClusterId: jsonata('$cluster') },
      Assign: {
        state: jsonata(`${status}.State`),
        reason: jsonata(`'the cluster is ' & ${status}.State & ': ' & ${status}.StateChangeReason.Message`),
      },
      Retry: PATIENTLY,
      Catch: onError('Alert'),
      Next: 'IsClusterThere',
    }),
    IsClusterThere: choose('Drained', when("$contains($state, 'TERMINAT')", 'Alert')),
    Drained: done({ Outcome: 'drained', StepId: jsonata('$step') }),
  };
}

/** A run that lasted has earned its restarts back; a stream that completes has ended as little as one that failed. */
function restarting({ maxRestarts, healthyAfter, pollInterval }: Supervision): { [name: string]: State } {
  const lasted = `$millis() - $startedAt >= ${healthyAfter.toMilliseconds()}`;
  const pause = `$min([${LONGEST_PAUSE}, ${pollInterval.toSeconds()} * $power(2, $restarts - 1)])`;
  return {
    Count: {
      Type: 'Pass',
      Assign: {
        restarts: jsonata(`(${lasted} ? 0 : $restarts) + 1`),
        looks: jsonata('$looks + 3'),
        marker: '',
      },
      Next: 'AreRestartsLeft',
    },
    AreRestartsLeft: choose('Alert', when(`$restarts <= ${maxRestarts}`, 'BackOff')),
    BackOff: { Type: 'Wait', Seconds: jsonata(pause), Next: 'Search' },
  };
}

function handingOver(machineArn: string): { [name: string]: State } {
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

function givingUp(jobName: string, topicArn: string | undefined): { [name: string]: State } {
  const failed = { Type: 'Fail', Error: 'JobIsDown', Cause: jsonata('$reason') };
  if (topicArn === undefined) {
    return { Alert: failed };
  }
  return {
    Alert: call('sns:publish', {
      Arguments: {
        TopicArn: topicArn,
        Subject: `Streaming job ${jobName} is down`,
        Message: jsonata(
          `'${jobName} on ' & $cluster & ' is down after ' & $restarts & ' ends without a lasting run: ' & $reason & '. Start ' & $states.context.StateMachine.Name & ' when the cause is gone.'`,
        ),
      },
      Retry: PATIENTLY,
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Failed' }],
      Next: 'Failed',
    }),
    Failed: failed,
  };
}

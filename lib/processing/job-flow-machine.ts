import type { Duration } from 'aws-cdk-lib/core';
import { type Machine, PATIENTLY, type State, call, choose, done, jsonata, onError, when } from './states';

/** How often an execution looks at its cluster at most: nine events each, of the 25,000 that it has. */
const LOOKS = 2000;

/** How long the machine may outlive its own deadline, to end the cluster. */
const GRACE_SECONDS = 3600;

/** What a flow runs, and for how long. */
export interface Flow {
  readonly name: string;
  /** RunJobFlow's parameters without the name and the steps. */
  readonly request: { [name: string]: unknown };
  readonly timeout: Duration;
}

/**
 * A machine that starts a cluster with the steps of its input, waits for its end, and ends it when anything goes wrong.
 *
 * The deadline is one of its own states: Step Functions stops an execution at its time-out without another step, and the
 * cluster would run on.
 */
export function jobFlowMachine(flow: Flow): Machine {
  const seconds = flow.timeout.toSeconds();
  return {
    Comment: `Runs ${flow.name} on a cluster of its own, which always ends`,
    StartAt: 'Begin',
    TimeoutSeconds: seconds + GRACE_SECONDS,
    States: {
      Begin: {
        Type: 'Pass',
        Assign: { startedAt: jsonata('$millis()'), cluster: '', state: '', reason: '', unfinished: 0 },
        Next: 'AreThereSteps',
      },
      AreThereSteps: choose('NoSteps', when('$count($states.input.Steps[HadoopJarStep.Jar]) > 0', 'Run')),
      NoSteps: {
        Type: 'Fail',
        Error: 'InvalidInput',
        Cause: "'Steps' must be a list of steps with a Name and a HadoopJarStep; see RunJobFlow of the EMR API",
      },
      Run: run(flow),
      Pause: { Type: 'Wait', Seconds: Math.max(30, Math.ceil(seconds / LOOKS)), Next: 'Look' },
      ...looking(seconds),
      ...verdict(),
      ...terminating(),
      Failed: { Type: 'Fail', Error: 'JobFlowFailed', Cause: jsonata('$reason') },
    },
  };
}

/** Only what EMR refused is tried again: after an answer that was lost there may be a cluster already. */
function run({ name, request }: Flow): State {
  const steps =
    "[$states.input.Steps.{'Name': Name, 'ActionOnFailure': 'TERMINATE_CLUSTER', 'HadoopJarStep': HadoopJarStep}]";
  return call('emr:runJobFlow', {
    Arguments: {
      ...request,
      Name: jsonata(`$exists($states.input.Name) ? $states.input.Name : '${name}'`),
      Steps: jsonata(steps),
    },
    Assign: { cluster: jsonata('$states.result.JobFlowId') },
    Retry: [{ ErrorEquals: ['Emr.EmrException'], IntervalSeconds: 15, BackoffRate: 2, MaxAttempts: 4 }],
    Catch: onError('Failed'),
    Next: 'Pause',
  });
}

function looking(seconds: number): { [name: string]: State } {
  const status = '$states.result.Cluster.Status';
  return {
    Look: call('emr:describeCluster', {
      Arguments: { ClusterId: jsonata('$cluster') },
      Assign: {
        state: jsonata(`${status}.State`),
        reason: jsonata(
          `$cluster & ' is ' & ${status}.State & ': ' & ${status}.StateChangeReason.Code & ' ' & ${status}.StateChangeReason.Message`,
        ),
      },
      Retry: PATIENTLY,
      Catch: onError('Terminate'),
      Next: 'Judge',
    }),
    Judge: choose(
      'Pause',
      when("$state in ['TERMINATED','TERMINATED_WITH_ERRORS']", 'ListUnfinished'),
      when(`$millis() - $startedAt > ${seconds * 1000}`, 'Terminate', {
        reason: jsonata(`$cluster & ' runs longer than ${seconds} seconds'`),
      }),
    ),
  };
}

/** A cluster that a person ends is TERMINATED too: only its steps tell whether the work is done. */
function verdict(): { [name: string]: State } {
  const steps = '$states.result.Steps';
  const details = ['Reason', 'Message', 'LogFile'].map((field) => `Status.FailureDetails.${field}`);
  const told = `${steps}.($trim(${['Name', 'Status.State', ...details].join(" & ' ' & ")}))`;
  return {
    ListUnfinished: call('emr:listSteps', {
      Arguments: {
        ClusterId: jsonata('$cluster'),
        StepStates: ['PENDING', 'RUNNING', 'CANCEL_PENDING', 'CANCELLED', 'FAILED', 'INTERRUPTED'],
      },
      Assign: {
        unfinished: jsonata(`$count(${steps})`),
        reason: jsonata(`$count(${steps}) = 0 ? $reason : $reason & '; ' & $join(${told}, '; ')`),
      },
      Retry: PATIENTLY,
      Catch: onError('Failed'),
      Next: 'IsAllDone',
    }),
    IsAllDone: choose('Failed', when("$state = 'TERMINATED' and $unfinished = 0", 'Done')),
    Done: done({ ClusterId: jsonata('$cluster') }),
  };
}

function terminating(): { [name: string]: State } {
  return {
    Terminate: call('emr:terminateJobFlows', {
      Arguments: { JobFlowIds: [jsonata('$cluster')] },
      Retry: PATIENTLY,
      Catch: [
        {
          ErrorEquals: ['States.ALL'],
          Assign: { reason: jsonata("$reason & '; it could not be terminated: ' & $states.errorOutput.Cause") },
          Next: 'Failed',
        },
      ],
      Next: 'Failed',
    }),
  };
}

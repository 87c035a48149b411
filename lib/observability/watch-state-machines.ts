import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Duration } from 'aws-cdk-lib/core';
import { Severity } from '../foundation';
import type { StreamingJob } from '../processing';
import { awsMetric } from './known-metrics';
import { MissingData } from './missing-data';
import { Concern, type WatchAlarm, type WatchGraph, type WatchParts } from './watch-parts';

const NOTHING_ENDED = MissingData.fine('no execution has ended');

/** What the alarms of a state machine have in common. */
interface Told {
  readonly id: string;
  readonly severity: Severity;
  readonly meaning: string;
  readonly firstStep: string;
  readonly section: string;
  readonly cause: boolean;
}

/** How long, and how often, a job may be started again before somebody looks at it. */
const RESTARTING = { window: Duration.minutes(30), most: 2 };

/**
 * The alarms and graphs of a streaming job by its supervisor, which fails when restarts are used up or EMR's API refuses for some
 * minutes, and counts restarts where the job has a metric for it.
 */
export function jobWatch({ stateMachine: supervisor, restarts }: StreamingJob, name: string): WatchParts {
  const told: Told = {
    id: `${name}Stopped`,
    severity: Severity.CRITICAL,
    meaning: `nobody keeps the streaming job ${name} running: its restarts are used up, or EMR refused the supervisor's calls and it runs on alone`,
    firstStep:
      'see why the execution failed, mend it, and run lakehouse stream deploy, which starts the job or takes it over',
    section: 'streaming-job-stopped',
    cause: false,
  };
  return {
    alarms: [
      failed(supervisor, 'ExecutionsFailed', told),
      ...(restarts === undefined ? [] : [restarting(restarts, name)]),
    ],
    rows: [
      {
        concern: Concern.STREAMING,
        title: `${name} job`,
        graphs: [
          ...graphs(supervisor),
          ...(restarts === undefined
            ? []
            : [{ title: 'Started again', metrics: [restarts.with({ label: 'restarts' })] }]),
        ],
      },
    ],
  };
}

/** The alarms and graphs of a job flow: one execution is one run. */
export function flowWatch(stateMachine: sfn.IStateMachine, name: string): WatchParts {
  const told: Told = {
    id: `${name}FlowFailed`,
    severity: Severity.CRITICAL,
    meaning: `a run of the job flow ${name} failed`,
    firstStep: 'see which of its steps failed and why',
    section: 'job-flow-failed',
    cause: true,
  };
  const late: Told = {
    ...told,
    id: `${name}FlowTimedOut`,
    meaning: `a run of the job flow ${name} took longer than it may`,
    firstStep: 'see whether its cluster still runs and end it',
  };
  return {
    alarms: [failed(stateMachine, 'ExecutionsFailed', told), failed(stateMachine, 'ExecutionsTimedOut', late)],
    rows: [{ concern: Concern.BATCH, title: `${name} job flow`, graphs: graphs(stateMachine) }],
  };
}

/** A job that ends again and again reads little, and is down when its restarts are used up. */
function restarting(restarts: cloudwatch.Metric, name: string): WatchAlarm {
  const { window, most } = RESTARTING;
  return {
    id: `${name}Restarting`,
    metric: restarts.with({ period: window, statistic: cloudwatch.Stats.SUM }),
    threshold: most,
    severity: Severity.WARNING,
    missingData: MissingData.fine('the job was not started again'),
    meaning: `the streaming job ${name} was started again more than ${most} times in ${window.toHumanString()}`,
    firstStep: 'see why its last step failed, before its restarts are used up',
    section: 'streaming-job-restarting',
  };
}

function failed(machine: sfn.IStateMachine, metricName: string, told: Told): WatchAlarm {
  return { ...told, metric: executions(machine, metricName), threshold: 0, missingData: NOTHING_ENDED };
}

function executions(machine: sfn.IStateMachine, name: string, label?: string): cloudwatch.Metric {
  const options = { statistic: cloudwatch.Stats.SUM, period: Duration.minutes(5), label };
  return awsMetric('AWS/States', name, { StateMachineArn: machine.stateMachineArn }, options);
}

function graphs(machine: sfn.IStateMachine): WatchGraph[] {
  const time = { statistic: cloudwatch.Stats.MAXIMUM, period: Duration.minutes(5), label: 'longest' };
  return [
    {
      title: 'Executions',
      metrics: [
        executions(machine, 'ExecutionsStarted', 'started'),
        executions(machine, 'ExecutionsSucceeded', 'succeeded'),
        executions(machine, 'ExecutionsFailed', 'failed'),
        executions(machine, 'ExecutionsTimedOut', 'timed out'),
      ],
    },
    {
      title: 'Duration',
      unit: 'milliseconds',
      metrics: [awsMetric('AWS/States', 'ExecutionTime', { StateMachineArn: machine.stateMachineArn }, time)],
    },
  ];
}

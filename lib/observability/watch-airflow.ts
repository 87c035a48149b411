import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Severity } from '../foundation';
import { awsMetric } from './known-metrics';
import { MissingData } from './missing-data';
import { Concern, type WatchAlarm, type WatchGraph, type WatchParts } from './watch-parts';

const HEARTBEAT_TELLS = MissingData.fine('nothing; the alarm on the scheduler tells when the environment is silent');

/** What an environment runs on, and what graphs call it. */
const CONTAINERS = { Scheduler: 'scheduler', BaseWorker: 'first worker', AdditionalWorker: 'further workers' };

/** Airflow's metrics of an environment. */
class AirflowMetrics {
  constructor(private readonly environment: string) {}

  /** A metric of a part of Airflow, for example of the scheduler. */
  public of(part: string, name: string, statistic: string, label?: string): cloudwatch.Metric {
    const dimensions = { Function: part, Environment: this.environment };
    return awsMetric('AmazonMWAA', name, dimensions, { statistic, period: Duration.minutes(5), label });
  }

  /** A metric of the containers of a part of Airflow, for each part. */
  public ofContainers(name: string): cloudwatch.Metric[] {
    const options = { statistic: cloudwatch.Stats.AVERAGE, period: Duration.minutes(5) };
    return Object.entries(CONTAINERS).map(([Cluster, label]) =>
      awsMetric('AWS/MWAA', name, { Cluster, Environment: this.environment }, { ...options, label }),
    );
  }

  /**
   * How many runs of any DAG failed. MWAA says it of each DAG, by how long the run took, and in every version; of failed tasks
   * Airflow 3.0 says nothing, and others count each attempt, whether or not it is retried.
   *
   * @see https://github.com/apache/airflow/issues/52254
   */
  public failedRuns(): cloudwatch.MathExpression {
    const from = `SCHEMA("AmazonMWAA", DAG, Environment) WHERE Environment = '${this.environment}'`;
    const expression = `SELECT COUNT(DAGDurationFailed) FROM ${from}`;
    return new cloudwatch.MathExpression({ expression, usingMetrics: {}, period: Duration.minutes(5) });
  }

  /** The same, for each DAG by its name. */
  public failedRunsOfEach(): cloudwatch.MathExpression {
    const which = `{AmazonMWAA,DAG,Environment} MetricName="DAGDurationFailed" Environment="${this.environment}"`;
    return new cloudwatch.MathExpression({
      expression: `SEARCH('${which}', 'SampleCount', 300)`,
      usingMetrics: {},
      label: "${PROP('Dim.DAG')}",
      period: Duration.minutes(5),
    });
  }
}

/** The alarms and graphs of an Airflow environment. */
export function airflowWatch(environment: string, name: string): WatchParts {
  const metrics = new AirflowMetrics(environment);
  return {
    alarms: [schedulerAlarm(metrics, name), ...workAlarms(metrics, name)],
    rows: [{ concern: Concern.PLATFORM, title: name, graphs: graphs(metrics) }],
  };
}

function schedulerAlarm(metrics: AirflowMetrics, name: string): WatchAlarm {
  return {
    id: `${name}SchedulerGone`,
    metric: metrics.of('Scheduler', 'SchedulerHeartbeat', cloudwatch.Stats.SUM),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 3,
    severity: Severity.CRITICAL,
    missingData: MissingData.alarming('a scheduler without a heartbeat starts nothing'),
    meaning: 'the Airflow scheduler has had no heartbeat for a quarter of an hour: nothing is started',
    firstStep: 'see the state of the environment and the log of the scheduler',
    section: 'airflow-scheduler-gone',
    cause: true,
  };
}

function workAlarms(metrics: AirflowMetrics, name: string): WatchAlarm[] {
  return [
    {
      id: `${name}DagRunsFailed`,
      metric: metrics.failedRuns(),
      threshold: 0,
      severity: Severity.WARNING,
      missingData: HEARTBEAT_TELLS,
      meaning: 'a run of a DAG failed: a task of it did, and the retries of the task are used up',
      firstStep: 'see the log of the task in Airflow',
      section: 'airflow-dag-runs-failed',
    },
    {
      id: `${name}TasksQueued`,
      metric: metrics.of('Executor', 'QueuedTasks', cloudwatch.Stats.MINIMUM),
      threshold: 0,
      evaluationPeriods: 6,
      severity: Severity.WARNING,
      missingData: HEARTBEAT_TELLS,
      meaning: 'the queue of tasks has not been empty for half an hour: there are too few workers, or they hang',
      firstStep: 'see how many workers there are and what they run',
      section: 'airflow-tasks-queued',
    },
    {
      id: `${name}ImportErrors`,
      metric: metrics.of('DAG Processing', 'ImportErrors', cloudwatch.Stats.MAXIMUM),
      threshold: 0,
      evaluationPeriods: 2,
      severity: Severity.WARNING,
      missingData: HEARTBEAT_TELLS,
      meaning: 'Airflow cannot import a DAG file: its DAGs are not scheduled',
      firstStep: 'see the import errors on the first page of Airflow',
      section: 'airflow-import-errors',
    },
  ];
}

function graphs(metrics: AirflowMetrics): WatchGraph[] {
  const { MAXIMUM, SUM } = cloudwatch.Stats;
  return [
    {
      title: 'Tasks',
      metrics: [
        metrics.of('Executor', 'RunningTasks', MAXIMUM, 'running'),
        metrics.of('Executor', 'QueuedTasks', MAXIMUM, 'queued'),
      ],
    },
    { title: 'Runs of DAGs that failed', metrics: [metrics.failedRunsOfEach()] },
    { title: 'Heartbeats of the scheduler', metrics: [metrics.of('Scheduler', 'SchedulerHeartbeat', SUM)] },
    { title: 'Processors busy', metrics: metrics.ofContainers('CPUUtilization'), unit: 'percent' },
    { title: 'Memory in use', metrics: metrics.ofContainers('MemoryUtilization'), unit: 'percent' },
    { title: 'Import errors', metrics: [metrics.of('DAG Processing', 'ImportErrors', MAXIMUM)] },
  ];
}

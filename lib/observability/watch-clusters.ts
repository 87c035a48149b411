import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Severity } from '../foundation';
import type { IBatchCluster, IStreamingCluster } from '../processing';
import { MissingData } from './missing-data';
import { Concern, type WatchAlarm, type WatchGraph, type WatchParts } from './watch-parts';

/** A metric of the cluster by name and statistic. */
type MetricOf = (name: string, options?: cloudwatch.MetricOptions) => cloudwatch.Metric;

const GONE_TELLS = MissingData.fine('nothing; the alarm on a cluster that is gone tells when it is silent');

/** The alarms and graphs of a standing batch cluster. */
export function batchClusterWatch(cluster: IBatchCluster, name: string): WatchParts {
  const metric: MetricOf = (metricName, options) => cluster.metric(metricName, options);
  return {
    // Without the cluster no run takes place, and the tables it loads grow old.
    alarms: clusterAlarms(metric, name, 'the batch cluster', true),
    rows: [{ concern: Concern.BATCH, title: `${name} cluster`, graphs: clusterGraphs(metric) }],
  };
}

/** The alarms and graphs of a cluster for streaming jobs, which must run something at any time. */
export function streamingClusterWatch(cluster: IStreamingCluster, name: string): WatchParts {
  const metric: MetricOf = (metricName, options) => cluster.metric(metricName, options);
  const idle: WatchAlarm = {
    id: `${name}NothingRuns`,
    metric: metric('AppsRunning'),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 3,
    severity: Severity.CRITICAL,
    missingData: GONE_TELLS,
    meaning: 'no streaming job has run on the streaming cluster for a quarter of an hour',
    firstStep: 'run lakehouse stream status, and see why the supervisors of the jobs failed',
    section: 'streaming-nothing-runs',
  };
  return {
    alarms: [...clusterAlarms(metric, name, 'the streaming cluster', false), idle],
    rows: [{ concern: Concern.STREAMING, title: `${name} cluster`, graphs: clusterGraphs(metric) }],
  };
}

function clusterAlarms(metric: MetricOf, name: string, the: string, cause: boolean): WatchAlarm[] {
  const gone = { ...goneAlarm(metric, name, the), cause };
  return [...yarnAlarms(metric, name, the), ...hdfsAlarms(metric, name, the), gone];
}

function yarnAlarms(metric: MetricOf, name: string, the: string): WatchAlarm[] {
  return [
    {
      id: `${name}AppsFailed`,
      // YARN counts from the start of the cluster: without the difference the first failure would be an alarm for ever.
      metric: new cloudwatch.MathExpression({
        expression: 'DIFF(total)',
        usingMetrics: { total: metric('AppsFailed') },
        period: Duration.minutes(5),
      }),
      threshold: 0,
      severity: Severity.WARNING,
      missingData: GONE_TELLS,
      meaning: `an application on ${the} failed`,
      firstStep: 'see why its step failed',
      section: 'application-failed',
    },
    {
      id: `${name}UnhealthyNodes`,
      metric: metric('MRUnhealthyNodes'),
      threshold: 0,
      evaluationPeriods: 3,
      severity: Severity.WARNING,
      missingData: GONE_TELLS,
      meaning: `nodes of ${the} are unhealthy, most often because their disks are full`,
      firstStep: 'see the reason that the nodes give',
      section: 'unhealthy-nodes',
    },
  ];
}

function hdfsAlarms(metric: MetricOf, name: string, the: string): WatchAlarm[] {
  return [
    {
      id: `${name}HdfsFull`,
      metric: metric('HDFSUtilization'),
      threshold: 80,
      evaluationPeriods: 3,
      severity: Severity.WARNING,
      missingData: GONE_TELLS,
      meaning: `HDFS on ${the} is over 80 percent full; jobs stop when it is full`,
      firstStep: 'remove what dead applications left',
      section: 'hdfs-full',
    },
    {
      id: `${name}MissingBlocks`,
      metric: metric('MissingBlocks'),
      threshold: 0,
      severity: Severity.CRITICAL,
      missingData: GONE_TELLS,
      meaning: `HDFS on ${the} has lost blocks; tables are not affected`,
      firstStep: 'replace the cluster',
      section: 'missing-blocks',
    },
  ];
}

function goneAlarm(metric: MetricOf, name: string, the: string): WatchAlarm {
  return {
    id: `${name}ClusterGone`,
    metric: metric('LiveDataNodes', { statistic: cloudwatch.Stats.MINIMUM }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: 3,
    severity: Severity.CRITICAL,
    missingData: MissingData.alarming('a standing cluster that reports nothing is gone'),
    meaning: `${the} has reported no data node for a quarter of an hour`,
    firstStep: 'see the state of the cluster and why it changed',
    section: 'cluster-gone',
  };
}

function clusterGraphs(metric: MetricOf): WatchGraph[] {
  const shown = (labels: { [name: string]: string }): cloudwatch.IMetric[] =>
    Object.entries(labels).map(([name, label]) => metric(name, { label }));
  return [
    {
      title: 'Applications',
      metrics: shown({ AppsRunning: 'running', AppsPending: 'pending', AppsFailed: 'failed so far' }),
    },
    { title: 'Nodes', metrics: shown({ MRActiveNodes: 'active', MRLostNodes: 'lost', MRUnhealthyNodes: 'unhealthy' }) },
    {
      title: 'Memory free and HDFS full',
      unit: 'percent',
      metrics: shown({ YARNMemoryAvailablePercentage: 'memory free', HDFSUtilization: 'HDFS full' }),
    },
  ];
}

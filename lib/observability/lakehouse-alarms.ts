import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type IAlertTopics, Severity } from '../foundation';
import type { IBatchCluster } from '../processing';
import { LakehouseMetrics } from './lakehouse-metrics';

/** What an alarm watches and what it means. */
interface Watch {
  readonly metric: cloudwatch.Metric;
  /** Whether the metric is a total that never falls, of which only the growth is news. */
  readonly total?: boolean;
  readonly threshold: number;
  readonly operator?: cloudwatch.ComparisonOperator;
  readonly evaluationPeriods?: number;
  readonly severity: Severity;
  readonly missingData: cloudwatch.TreatMissingData;
  readonly meaning: string;
  /** The section of the runbook. */
  readonly runbook: string;
}

/** Properties of LakehouseAlarms. */
export interface LakehouseAlarmsProps {
  /** The environment's name. */
  readonly environment: string;

  /** Where alarms go. */
  readonly topics: IAlertTopics;

  /**
   * The pipelines to watch by name.
   *
   * @default - none
   */
  readonly pipelines?: string[];

  /**
   * The batch cluster to watch.
   *
   * @default - none
   */
  readonly batchCluster?: IBatchCluster;

  /**
   * Where the runbooks are; an alarm's description ends with this address and the section.
   *
   * @default 'docs/operations/runbook.md'
   */
  readonly runbook?: string;
}

/**
 * The alarms of a lakehouse. Each has a severity that picks its topic, a choice for missing data, and a description that
 * says what it means and where its runbook is.
 */
export class LakehouseAlarms extends Construct {
  /** The alarms by id. */
  public readonly alarms: { [id: string]: cloudwatch.Alarm } = {};

  private readonly topics: IAlertTopics;
  private readonly runbook: string;

  constructor(scope: Construct, id: string, props: LakehouseAlarmsProps) {
    super(scope, id);
    this.topics = props.topics;
    this.runbook = props.runbook ?? 'docs/operations/runbook.md';
    const metrics = new LakehouseMetrics(props.environment);
    for (const pipeline of props.pipelines ?? []) {
      this.watchPipeline(pipeline, metrics);
    }
    if (props.batchCluster !== undefined) {
      this.watchCluster(props.batchCluster);
    }
  }

  private watchPipeline(pipeline: string, metrics: LakehouseMetrics): void {
    this.define(`${capitalized(pipeline)}RunsFailed`, {
      metric: metrics.ofPipeline('RunsFailed', pipeline),
      threshold: 0,
      severity: Severity.CRITICAL,
      // A run that did not take place emits nothing; that it should have is a matter of freshness, not of failure.
      missingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      meaning: `a run of ${pipeline} failed: its datasets stay as they were and its watermark has not moved`,
      runbook: 'run-failed',
    });
  }

  private watchCluster(cluster: IBatchCluster): void {
    this.define('BatchAppsFailed', {
      // YARN counts from the start of the cluster: without the difference the first failure would be an alarm for ever.
      metric: cluster.metric('AppsFailed'),
      total: true,
      threshold: 0,
      severity: Severity.WARNING,
      missingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      meaning: 'an application on the batch cluster failed',
      runbook: 'application-failed',
    });
    this.define('BatchUnhealthyNodes', {
      metric: cluster.metric('MRUnhealthyNodes'),
      threshold: 0,
      evaluationPeriods: 3,
      severity: Severity.WARNING,
      missingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      meaning: 'nodes of the batch cluster are unhealthy, most often because their disks are full',
      runbook: 'unhealthy-nodes',
    });
    this.define('BatchHdfsFull', {
      metric: cluster.metric('HDFSUtilization'),
      threshold: 80,
      evaluationPeriods: 3,
      severity: Severity.WARNING,
      missingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      meaning: 'HDFS on the batch cluster is over 80 percent full; jobs stop when it is full',
      runbook: 'hdfs-full',
    });
    this.define('BatchMissingBlocks', {
      metric: cluster.metric('MissingBlocks'),
      threshold: 0,
      severity: Severity.CRITICAL,
      missingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      meaning: 'HDFS on the batch cluster has lost blocks; the cluster must be replaced, tables are not affected',
      runbook: 'missing-blocks',
    });
    this.define('BatchClusterGone', {
      metric: cluster.metric('LiveDataNodes', { statistic: cloudwatch.Stats.MINIMUM }),
      threshold: 1,
      operator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      severity: Severity.CRITICAL,
      // A heartbeat: a standing cluster that reports nothing is gone.
      missingData: cloudwatch.TreatMissingData.BREACHING,
      meaning: 'the batch cluster reports no data node for a quarter of an hour',
      runbook: 'cluster-gone',
    });
  }

  private define(id: string, watch: Watch): void {
    const period = Duration.minutes(5);
    const metric = watch.metric.with({ period });
    const alarm = new cloudwatch.Alarm(this, id, {
      metric:
        watch.total === true
          ? new cloudwatch.MathExpression({ expression: 'DIFF(total)', usingMetrics: { total: metric }, period })
          : metric,
      threshold: watch.threshold,
      comparisonOperator: watch.operator ?? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: watch.evaluationPeriods ?? 1,
      treatMissingData: watch.missingData,
      alarmDescription: `${watch.severity}: ${watch.meaning}. Runbook: ${this.runbook}#${watch.runbook}`,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.topics.topic(watch.severity)));
    alarm.addOkAction(new actions.SnsAction(this.topics.topic(Severity.INFO)));
    this.alarms[id] = alarm;
  }
}

/** `ingest` becomes `Ingest`, `late-data` becomes `LateData`. */
function capitalized(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

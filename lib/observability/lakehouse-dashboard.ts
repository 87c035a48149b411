import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { IBatchCluster } from '../processing';
import { LakehouseMetrics } from './lakehouse-metrics';

/** Width of a widget: three in a row of the dashboard's 24 columns. */
const THIRD = 8;

/** Properties of a LakehouseDashboard. */
export interface LakehouseDashboardProps {
  /** The environment's name. */
  readonly environment: string;

  /**
   * The pipelines to show by name.
   *
   * @default - none
   */
  readonly pipelines?: string[];

  /**
   * The datasets to show by name.
   *
   * @default - none
   */
  readonly datasets?: string[];

  /**
   * The batch cluster to show.
   *
   * @default - none
   */
  readonly batchCluster?: IBatchCluster;

  /**
   * The alarms to show in the first row.
   *
   * @default - none
   */
  readonly alarms?: cloudwatch.IAlarm[];
}

/** The dashboard of a lakehouse: alarms, health of the runs, rows of each dataset, and the cluster. */
export class LakehouseDashboard extends Construct {
  /** The dashboard. */
  public readonly dashboard: cloudwatch.Dashboard;

  private readonly metrics: LakehouseMetrics;

  constructor(scope: Construct, id: string, props: LakehouseDashboardProps) {
    super(scope, id);
    this.metrics = new LakehouseMetrics(props.environment);
    this.dashboard = new cloudwatch.Dashboard(this, 'Resource', { defaultInterval: Duration.days(1) });
    const alarms = props.alarms ?? [];
    if (alarms.length > 0) {
      this.dashboard.addWidgets(
        new cloudwatch.AlarmStatusWidget({ title: 'Alarms', alarms, width: 3 * THIRD, height: 3 }),
      );
    }
    this.showRuns(props.pipelines ?? []);
    this.showRows(props.datasets ?? []);
    if (props.batchCluster !== undefined) {
      this.showCluster(props.batchCluster);
    }
  }

  private showRuns(pipelines: string[]): void {
    if (pipelines.length === 0) {
      return;
    }
    const each = (name: string): cloudwatch.IMetric[] =>
      pipelines.map((pipeline) => this.metrics.ofPipeline(name, pipeline).with({ label: `${pipeline} ${name}` }));
    this.section('Runs');
    this.dashboard.addWidgets(
      this.graph('Succeeded', each('RunsSucceeded')),
      this.graph('Failed', each('RunsFailed')),
      this.graph('Duration in seconds', each('RunDuration')),
    );
  }

  private showRows(datasets: string[]): void {
    if (datasets.length === 0) {
      return;
    }
    const each = (name: string): cloudwatch.IMetric[] =>
      datasets.map((dataset) => this.metrics.ofDataset(name, dataset).with({ label: dataset }));
    this.section('Rows');
    this.dashboard.addWidgets(
      this.graph('Read from the source', each('RowsRead')),
      this.graph('Merged into silver', each('RowsMerged')),
      this.graph('Rejected to the dead letters', each('RowsRejected')),
    );
  }

  private showCluster(cluster: IBatchCluster): void {
    this.section('Batch cluster');
    const metrics = (...names: string[]): cloudwatch.IMetric[] => names.map((name) => cluster.metric(name));
    this.dashboard.addWidgets(
      this.graph('Applications', metrics('AppsRunning', 'AppsPending', 'AppsFailed')),
      this.graph('Nodes', metrics('CoreNodesRunning', 'TaskNodesRunning', 'MRUnhealthyNodes')),
      this.graph('Use in percent', metrics('YARNMemoryAvailablePercentage', 'HDFSUtilization')),
    );
  }

  private section(title: string): void {
    this.dashboard.addWidgets(new cloudwatch.TextWidget({ markdown: `## ${title}`, width: 3 * THIRD, height: 1 }));
  }

  private graph(title: string, left: cloudwatch.IMetric[]): cloudwatch.GraphWidget {
    return new cloudwatch.GraphWidget({ title, left, width: THIRD, height: 6 });
  }
}

import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Annotations, Duration, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { textOnce } from '../foundation';
import { failAll, problem } from '../private';
import { problemsOf } from './known-metrics';
import { referTo } from './refer-to';
import type { Watch } from './watch';
import { Concern, type WatchGraph, type WatchRow } from './watch-parts';

/** The grid of a dashboard is 24 wide: three graphs side by side. */
const GRID = 24;
const THIRD = GRID / 3;
const HEIGHT = 6;

/** The most alarms of one widget. */
const MOST_ALARMS = 100;

/** The most widgets of a dashboard. */
const MOST_WIDGETS = 500;

/** Properties of LakehouseDashboards. */
export interface LakehouseDashboardsProps {
  /** What is shown; the same that is given to the alarms. */
  readonly watch: Watch[];

  /**
   * The alarms that the dashboard of the platform shows first, for example `alarms.all()`.
   *
   * @default - none
   */
  readonly alarms?: cloudwatch.IAlarm[];
}

/**
 * The dashboards of a lakehouse, one for each concern that has something to show. Three cost nothing, each further one of
 * the account 3 USD a month.
 *
 * Fails when a dashboard would have more widgets than CloudWatch takes.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Dashboards.html
 */
export class LakehouseDashboards extends Construct {
  /** The dashboards by concern. */
  public readonly dashboards: { [concern: string]: cloudwatch.Dashboard } = {};

  constructor(scope: Construct, id: string, props: LakehouseDashboardsProps) {
    super(scope, id);
    const rows = props.watch.flatMap((watch) => watch.bind(this).rows);
    const alarms = props.alarms ?? [];
    for (const concern of Object.values(Concern)) {
      const shown = rows.filter((row) => row.concern === concern);
      const lines = [
        ...(concern === Concern.PLATFORM ? alarmLines(alarms) : []),
        ...shown.flatMap((row) => linesOf(row, Stack.of(this).region)),
      ];
      if (lines.length > 0) {
        this.define(concern, lines);
      }
    }
    this.warn(rows);
  }

  private define(concern: Concern, lines: cloudwatch.IWidget[][]): void {
    const widgets = lines.flat().length;
    if (widgets > MOST_WIDGETS) {
      const remedy = 'watch some of it in dashboards of their own';
      const many = { path: 'watch', must: `at most ${MOST_WIDGETS} widgets on the dashboard ${concern}`, got: widgets };
      failAll(`dashboards '${this.node.path}'`, [problem({ ...many, remedy })]);
    }
    const dashboard = new cloudwatch.Dashboard(this, concern, { defaultInterval: Duration.days(1) });
    lines.forEach((line) => dashboard.addWidgets(...line));
    if (dashboard.node.defaultChild instanceof cloudwatch.CfnDashboard) {
      const resource = dashboard.node.defaultChild;
      resource.dashboardBody = textOnce(resource, resource.dashboardBody);
    }
    this.dashboards[concern] = dashboard;
  }

  /** A metric that nobody emits is an empty graph, and nobody knows why. */
  private warn(rows: WatchRow[]): void {
    const metrics = rows.flatMap(({ graphs }) => graphs.flatMap((graph) => graph.metrics));
    for (const text of new Set(metrics.flatMap(problemsOf).map(problem))) {
      Annotations.of(this).addWarningV2('cdk-lakehouse:UnknownMetric', text);
    }
  }
}

function alarmLines(alarms: cloudwatch.IAlarm[]): cloudwatch.IWidget[][] {
  return inParts(alarms, MOST_ALARMS).map((part) => [
    new cloudwatch.AlarmStatusWidget({
      title: 'Alarms',
      alarms: part.map(referTo),
      width: GRID,
      height: 2 + Math.ceil(part.length / 4),
    }),
  ]);
}

function linesOf({ title, graphs }: WatchRow, region: string): cloudwatch.IWidget[][] {
  const heading = new cloudwatch.TextWidget({ markdown: `## ${title}`, width: GRID, height: 1 });
  return [[heading], ...inParts(graphs, GRID / THIRD).map((part) => part.map((graph) => widgetOf(graph, region)))];
}

/** The region is said, so that a dashboard shared with another one shows the same. */
function widgetOf({ title, metrics, unit, numbers = false }: WatchGraph, region: string): cloudwatch.IWidget {
  const shape = { region, width: THIRD, height: HEIGHT };
  return numbers
    ? new cloudwatch.SingleValueWidget({ title, metrics, ...shape })
    : new cloudwatch.GraphWidget({
        title,
        left: metrics,
        leftYAxis: { min: 0, label: unit, showUnits: false },
        ...shape,
      });
}

function inParts<T>(items: T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

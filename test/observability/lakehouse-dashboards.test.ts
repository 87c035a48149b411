import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Stack } from 'aws-cdk-lib/core';
import { Concern, LakehouseDashboards, Watch, type WatchRow } from '../../lib/observability';
import { resourcesIn, warningsOf } from '../support/stacks';
import { OwnWatch, QUEUE_ALARM } from './own-watch';
import { Watched } from './watched';

interface Widget {
  readonly type: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: {
    readonly title?: string;
    readonly markdown?: string;
    readonly region?: string;
    readonly view?: string;
    readonly alarms?: string[];
    readonly metrics?: unknown[][];
    readonly yAxis?: { readonly left: { readonly label?: string; readonly min: number; readonly showUnits: boolean } };
  };
}

/** The widgets of each dashboard by its concern; references stand as `<Id>`. */
function widgetsIn(stack: Stack): { [concern: string]: Widget[] } {
  const dashboards = resourcesIn<{ DashboardBody: unknown }>(stack, 'AWS::CloudWatch::Dashboard');
  return Object.fromEntries(
    Object.entries(dashboards).map(([id, { Properties }]) => {
      const [, parts]: [string, unknown[]] = JSON.parse(JSON.stringify(Properties.DashboardBody))['Fn::Join'] ?? [
        '',
        [Properties.DashboardBody],
      ];
      const text = parts.map((part) => (typeof part === 'string' ? part : `<${Object.values(part ?? {}).join('.')}>`));
      const body: { widgets: Widget[] } = JSON.parse(text.join(''));
      return [id.replace(/^Dashboards(.*)[0-9A-F]{8}$/, '$1'), body.widgets];
    }),
  );
}

function ofEverything(): { [concern: string]: Widget[] } {
  const watched = new Watched();
  const watch = Object.values(watched.all());
  const alarms = watched.alarms(watch);
  new LakehouseDashboards(watched.stack, 'Dashboards', { watch, alarms: alarms.all() });
  return widgetsIn(watched.stack);
}

function rows(count: number, concern = Concern.BATCH): WatchRow[] {
  const graphs = Array.from({ length: count }, (_, index) => ({
    title: `Graph ${index}`,
    metrics: [QUEUE_ALARM.metric],
  }));
  return [{ concern, title: 'Queues', graphs }];
}

describe('LakehouseDashboards', () => {
  test('show what an app adds to one of them', () => {
    const { stack } = new Watched();
    const { dashboards } = new LakehouseDashboards(stack, 'Dashboards', { watch: [new OwnWatch([], rows(1))] });
    dashboards[Concern.BATCH]?.addWidgets(new cloudwatch.TextWidget({ markdown: 'of the app' }));
    expect(widgetsIn(stack)[Concern.BATCH]?.at(-1)?.properties.markdown).toBe('of the app');
  });

  test('are one for each concern, with a heading for each thing that is watched', () => {
    const dashboards = ofEverything();
    const headings = Object.entries(dashboards).map(([concern, widgets]) => [
      concern,
      widgets.flatMap(({ properties }) => properties.markdown?.replace('## ', '') ?? []),
    ]);
    expect(Object.fromEntries(headings)).toEqual({
      Zones: ['Buckets', 'Rows from landing to silver'],
      Streaming: ['Kafka', 'loader on flight-events', 'Streaming cluster', 'Flights job'],
      Batch: ['Batch cluster', 'Nightly job flow', 'Serverless', 'Runs of ingest'],
      Tables: ['Freshness and quality', 'Quality scores'],
      Platform: ['Airflow', 'Athena queries', 'Alerts'],
    });
  });

  test('fill the grid without gaps in a row, and name their region', () => {
    for (const widgets of Object.values(ofEverything())) {
      for (const { type, x, width, properties } of widgets) {
        expect(x + width).toBeLessThanOrEqual(24);
        expect(type === 'metric' ? [x % 8, width, properties.region] : [x, width]).toEqual(
          type === 'metric' ? [0, 8, 'us-east-1'] : [0, 24],
        );
      }
      expect(widgets.length).toBeLessThan(40);
    }
  });

  test('have a title on every graph, a label on every line, and the unit at the axis', () => {
    const graphs = Object.values(ofEverything())
      .flat()
      .filter(({ type }) => type === 'metric');
    expect(graphs.length).toBeGreaterThan(30);
    for (const { properties } of graphs) {
      expect(properties.title).toMatch(/^[A-Z]/);
      expect(properties.yAxis?.left).toMatchObject({ min: 0, showUnits: false });
      const shown = (properties.metrics ?? [])
        .map((metric) => JSON.stringify(metric.at(-1)))
        .filter((options) => !options.includes('"visible":false'));
      const unlabelled = shown.filter((options) => !options.includes('"label":'));
      expect([properties.title, shown.length > 1 ? unlabelled : []]).toEqual([properties.title, []]);
    }
    const labels = new Set(graphs.map(({ properties }) => properties.yAxis?.left.label));
    expect([...labels]).toEqual(expect.arrayContaining(['bytes', 'rows', 'seconds', 'percent', 'milliseconds']));
  });

  test('measure a bucket in all its storage classes', () => {
    const sizes = ofEverything().Zones?.find(({ properties }) => properties.title?.startsWith('Size of the buckets'));
    expect(sizes?.properties.metrics).toHaveLength(5);
    expect(JSON.stringify(sizes?.properties.metrics?.[0])).toMatch(
      /SUM\(SEARCH\('\{AWS\/S3,BucketName,StorageType\} MetricName=\\"BucketSizeBytes\\" BucketName=\\"<Fixture\w+>\\"', 'Average', 86400\)\)/,
    );
  });

  test('show all alarms first on the platform', () => {
    const watched = new Watched();
    const watch = Object.values(watched.all());
    const alarms = watched.alarms(watch).all();
    new LakehouseDashboards(watched.stack, 'Dashboards', { watch, alarms });
    const [first] = widgetsIn(watched.stack).Platform ?? [];
    expect(first).toMatchObject({ type: 'alarm', x: 0, y: 0, width: 24 });
    expect(first?.properties.alarms).toHaveLength(alarms.length);
  });

  test('show no more than a hundred alarms in a widget', () => {
    const watched = new Watched();
    const own = new OwnWatch(Array.from({ length: 150 }, (_, index) => ({ id: `Queue${index}Old` })));
    const { dashboards } = new LakehouseDashboards(watched.stack, 'Dashboards', {
      watch: [own],
      alarms: watched.alarms([own]).all(),
    });
    expect(Object.keys(dashboards)).toEqual(['Platform']);
    const sizes = widgetsIn(watched.stack).Platform?.map(({ properties }) => properties.alarms?.length);
    expect(sizes).toEqual([100, 50]);
  });

  test('are only those that have something to show', () => {
    const watched = new Watched();
    const watch = [Watch.pipeline('ingest', watched.metrics)];
    const { dashboards } = new LakehouseDashboards(watched.stack, 'Dashboards', { watch });
    expect(Object.keys(dashboards)).toEqual(['Batch']);
    const none = new LakehouseDashboards(watched.stack, 'None', { watch: [] });
    expect(none.dashboards).toEqual({});
  });

  test('show the numbers of a watch of your own, and warn of a metric that nobody emits', () => {
    const watched = new Watched();
    const metric = new cloudwatch.Metric({
      namespace: 'AWS/SNS',
      metricName: 'Sent',
      statistic: 'Sum',
      dimensionsMap: { TopicName: 'x' },
    });
    const graphs = [{ title: 'Queue', metrics: [QUEUE_ALARM.metric, metric], numbers: true }];
    const own = new OwnWatch([], [{ concern: Concern.STREAMING, title: 'Orders', graphs }]);
    new LakehouseDashboards(watched.stack, 'Dashboards', { watch: [own] });
    expect(widgetsIn(watched.stack).Streaming?.[1]?.properties.view).toBe('singleValue');
    expect(warningsOf(watched.stack)).toEqual([expect.stringContaining('with the dimensions TopicName, got "Sent"')]);
  });

  test('fail with more widgets than CloudWatch takes', () => {
    const watched = new Watched();
    const make = (count: number): LakehouseDashboards =>
      new LakehouseDashboards(watched.stack, `Dashboards${count}`, { watch: [new OwnWatch([], rows(count))] });
    expect(() => make(500)).toThrow("'watch' must be at most 500 widgets on the dashboard Batch, got 501");
    expect(Object.keys(make(499).dashboards)).toEqual(['Batch']);
  });
});

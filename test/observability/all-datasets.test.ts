import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { DataContracts } from '../../lib/contracts';
import { LakehouseDashboards, type Watch, type WatchGraph } from '../../lib/observability';
import { writeManyDatasets } from '../support/many-datasets';
import { resourcesIn, warningsOf } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';
import { Watched } from './watched';

/** Contracts of so many datasets. */
function contractsOf(datasets: number): DataContracts {
  const directory = temporaryDirectory();
  writeManyDatasets(directory, { datasets });
  return DataContracts.fromDirectory(directory);
}

interface Body {
  readonly widgets: { readonly properties: { readonly title?: string; readonly metrics?: unknown[] } }[];
}

describe('Watches of more than 25 datasets', () => {
  const watched = new Watched();
  const contracts = contractsOf(26);
  const watch = [watched.tables({}, contracts), watched.quality({}, contracts)];
  const alarms = watched.alarms(watch);
  new LakehouseDashboards(watched.stack, 'Dashboards', { watch });

  test('look for one stale table each, and for what is wrong with rows in all of them at once', () => {
    const ids = watched.asked(...watch).map(({ id }) => id);
    expect(ids.filter((id) => id.endsWith('Stale'))).toHaveLength(26);
    expect(ids.filter((id) => !id.endsWith('Stale'))).toEqual(['RowsRejected', 'QualityLow', 'ExpectationsUnmet']);
  });

  test('ask with a query that an alarm can have', () => {
    const metricsOf = (id: string) => watched.template(alarms.alarms[id]).Metrics;
    const of = `FROM SCHEMA("Lakehouse", Dataset, Environment) WHERE Environment = 'dev'`;
    const asked = { Id: 'expr_1', Period: 300, ReturnData: true };
    expect(metricsOf('RowsRejected')).toEqual([
      expect.objectContaining({ ...asked, Expression: `SELECT SUM(RowsRejected) ${of}` }),
    ]);
    expect(metricsOf('QualityLow')).toEqual([
      expect.objectContaining({ ...asked, Expression: `SELECT MIN(QualityScore) ${of}` }),
    ]);
    expect(warningsOf(watched.stack)).toEqual([]);
  });

  test('tell of quality by the least that one of them promises', () => {
    const directory = temporaryDirectory();
    writeManyDatasets(directory, { datasets: 26 });
    const [name] = readdirSync(join(directory, 'silver'));
    const file = join(directory, 'silver', name);
    const promise = 'slaProperties:\n  - property: quality\n    value: 90\n    unit: percent';
    writeFileSync(file, readFileSync(file, 'utf8').replace('slaProperties:', promise));
    const other = new Watched();
    const { alarms: asked } = other.alarms([other.quality({}, DataContracts.fromDirectory(directory))]);
    expect(other.template(asked.ExpectationsUnmet).Threshold).toBe(90);
  });

  test('show those datasets of many that stand out', () => {
    const graphs = watch.flatMap((each) => each.bind(watched.stack).rows).flatMap((row) => row.graphs);
    const shown = graphs.map(({ title, metrics }) => [title, metrics.map(expressionOf)]);
    expect(shown).toContainEqual(['Read into landing: the 25 highest', [`SORT(${search('RowsRead')}, SUM, DESC, 25)`]]);
    expect(shown).toContainEqual([
      'Rows that kept every rule, of those read: the 25 lowest',
      [`SORT(${search('QualityScore', 'Minimum')}, MIN, ASC, 25)`],
    ]);
    expect(shown).toContainEqual([
      'Times the dataset was brought up to its source, in an hour: the 25 lowest',
      [`SORT(${search('DatasetLoaded', 'Sum', 3600)}, SUM, ASC, 25)`],
    ]);
    expect(shown).toContainEqual([
      'Share of rows rejected',
      [`100 * SUM(${search('RowsRejected')}) / SUM(${search('RowsRead')})`],
    ]);
    const bodies = Object.values(resourcesIn<{ DashboardBody: string }>(watched.stack, 'AWS::CloudWatch::Dashboard'));
    const widgets = bodies.flatMap(({ Properties }): Body['widgets'] => JSON.parse(Properties.DashboardBody).widgets);
    expect(widgets.map(({ properties }) => properties.title)).toEqual(expect.arrayContaining(titles(graphs)));
  });
});

describe('Watches of 25 datasets', () => {
  test('look at each of them', () => {
    const watched = new Watched();
    const contracts = contractsOf(25);
    const watch: Watch[] = [watched.tables({}, contracts), watched.quality({}, contracts)];
    expect(watched.asked(...watch)).toHaveLength(4 * 25);
    const [graph] = watch.flatMap((each) => each.bind(watched.stack).rows).flatMap((row) => row.graphs);
    expect(graph).toMatchObject({ title: 'Read into landing' });
    expect(graph?.metrics).toHaveLength(25);
  });
});

function titles(graphs: WatchGraph[]): string[] {
  return graphs.map(({ title }) => title);
}

function expressionOf(metric: cloudwatch.IMetric): string | undefined {
  return metric.toMetricConfig().mathExpression?.expression;
}

function search(metric: string, statistic = 'Sum', period = 300): string {
  return `SEARCH('{Lakehouse,Dataset,Environment} MetricName="${metric}" Environment="dev"', '${statistic}', ${period})`;
}

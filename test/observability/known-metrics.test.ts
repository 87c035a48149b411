import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { LakehouseMetrics, Watch } from '../../lib/observability';
import { AWS_METRICS } from '../../lib/observability/aws-metrics';
import { awsMetric, metricProblem, metricsIn, problemsOf } from '../../lib/observability/known-metrics';
import { metricCatalogue } from '../../lib/observability/metric-catalogue';
import { Watched } from './watched';

/** The metrics that a search on a dashboard finds: namespace, dimensions, name and statistic. */
function searched({ expression }: cloudwatch.MathExpression): [string, string, string[], string][] {
  return [...expression.matchAll(/SEARCH\('\{([^,}]+),([^}]+)\} MetricName="(\w+)" .*?', '(\w+)', \d+\)/g)].map(
    ([, namespace = '', dimensions = '', name = '', statistic = '']) => [
      namespace,
      name,
      dimensions.split(','),
      statistic,
    ],
  );
}

const FUNCTIONS: { readonly [name: string]: string } = {
  SUM: 'Sum',
  MIN: 'Minimum',
  MAX: 'Maximum',
  COUNT: 'SampleCount',
};

/** The metrics that a query of an alarm goes through, in the same way. */
function queried({ expression }: cloudwatch.MathExpression): [string, string, string[], string][] {
  return [...expression.matchAll(/^SELECT (\w+)\((\w+)\) FROM SCHEMA\("([^"]+)", ([^)]+)\)/g)].map(
    ([, of = '', name = '', namespace = '', dimensions = '']) => [
      namespace,
      name,
      dimensions.split(', '),
      FUNCTIONS[of] ?? of,
    ],
  );
}

/** The problems of a metric; one that measures nothing is one. */
function complaints(metric: cloudwatch.IMetric): string[] {
  const found = metric instanceof cloudwatch.MathExpression ? [...searched(metric), ...queried(metric)] : [];
  const all = [...found.flatMap((parts) => metricProblem(...parts)), ...problemsOf(metric)];
  const isEmpty = metricsIn(metric).length + found.length === 0;
  return [
    ...all.map(({ got, must, path }) => `${path} must be ${must}, got ${String(got)}`),
    ...(isEmpty ? ['empty'] : []),
  ];
}

describe('The metrics that watches use', () => {
  const watched = new Watched();
  const watches = Object.entries(watched.all());

  test('are those of every watch there is', () => {
    const factories = Object.getOwnPropertyNames(Watch).filter(
      (name) => !['length', 'name', 'prototype'].includes(name),
    );
    expect(watches.map(([name]) => name)).toEqual(factories);
  });

  test.each(watches)(
    'are documented by AWS or in our catalogue, with these dimensions and a statistic that fits: %s',
    (_, watch) => {
      const { alarms, rows } = watch.bind(watched.stack);
      const used = [
        ...alarms.map(({ id, metric }): [string, cloudwatch.IMetric] => [id, metric]),
        ...rows.flatMap(({ graphs }) =>
          graphs.flatMap(({ title, metrics }) =>
            metrics.map((metric): [string, cloudwatch.IMetric] => [title, metric]),
          ),
        ),
      ];
      expect(used.length).toBeGreaterThan(0);
      expect(used.flatMap(([where, metric]) => complaints(metric).map((text) => `${where}: ${text}`))).toEqual([]);
    },
  );

  test('are none that Airflow 3.0 does not emit: it counts no task that fails by itself', () => {
    const airflow = watches.find(([name]) => name === 'airflow')?.[1].bind(watched.stack);
    const shown = (airflow?.rows ?? []).flatMap(({ graphs }) => graphs.flatMap(({ metrics }) => metrics));
    const used = [...(airflow?.alarms ?? []).map(({ metric }) => metric), ...shown];
    const names = used.flatMap(metricsIn).map(({ metricName }) => metricName);
    expect(names).toContain('RunningTasks');
    expect(names).not.toContain('TaskInstanceFailures');
  });

  test('are of namespaces whose pages are named', () => {
    for (const { page, groups } of Object.values(AWS_METRICS)) {
      expect(page).toMatch(/^https:\/\/docs\.aws\.amazon\.com\/.+\.html$/);
      const names = groups.flatMap((group) => group.names.map((name) => `${name} ${group.dimensions.join()}`));
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('know nothing of ZooKeeper, which clusters with KRaft do not have', () => {
    expect(JSON.stringify(AWS_METRICS['AWS/Kafka'])).not.toMatch(/ZooKeeper/);
  });
});

describe('A metric', () => {
  const controllers = { 'Cluster Name': 'lake' };
  const maximum = { statistic: 'Maximum' };

  test.each<[string, string, string[], string, string]>([
    [
      'another name',
      'ActiveControllers',
      ['Cluster Name'],
      'Maximum',
      'one of AWS/Kafka with the dimensions Cluster Name',
    ],
    [
      'a dimension more',
      'CpuUser',
      ['Cluster Name', 'Broker ID', 'Topic'],
      'Average',
      'dimensions Broker ID, Cluster Name, Topic',
    ],
    ['a dimension less', 'CpuUser', ['Cluster Name'], 'Average', 'one of AWS/Kafka with the dimensions Cluster Name'],
    ['no dimension', 'CpuUser', [], 'Average', 'one of AWS/Kafka with the dimensions none'],
    ['the sum of a level', 'CpuUser', ['Cluster Name', 'Broker ID'], 'Sum', 'Average or Maximum or Minimum'],
  ])('is refused with %s', (_, name, dimensions, statistic, must) => {
    expect(metricProblem('AWS/Kafka', name, dimensions, statistic)).toEqual([
      expect.objectContaining({ must: expect.stringContaining(must) }),
    ]);
    const map = Object.fromEntries(dimensions.map((dimension) => [dimension, '1']));
    expect(() => awsMetric('AWS/Kafka', name, map, { statistic })).toThrow(must);
  });

  test('is taken under its name and dimensions, in any order', () => {
    expect(metricProblem('AWS/Kafka', 'CpuUser', ['Broker ID', 'Cluster Name'], 'Average')).toEqual([]);
    expect(awsMetric('AWS/Kafka', 'ActiveControllerCount', controllers, maximum)).toMatchObject({
      namespace: 'AWS/Kafka',
      metricName: 'ActiveControllerCount',
      dimensions: controllers,
      statistic: 'Maximum',
    });
  });

  test('of a namespace that is not used here is not judged', () => {
    expect(metricProblem('AWS/SQS', 'Whatever', [], 'Sum')).toEqual([]);
  });

  test('of ours must be in the catalogue', () => {
    const { namespace } = metricCatalogue();
    expect(metricProblem(namespace, 'RowsRead', ['Environment', 'Dataset'], 'Sum')).toEqual([]);
    expect(metricProblem(namespace, 'RowsRed', ['Environment', 'Dataset'], 'Sum')).toHaveLength(1);
    expect(metricProblem(namespace, 'RowsRead', ['Dataset'], 'Sum')).toHaveLength(1);
    expect(metricProblem(namespace, 'RunDuration', ['Environment', 'Pipeline'], 'Sum')).toHaveLength(1);
  });
});

describe('LakehouseMetrics', () => {
  const own = new LakehouseMetrics('dev');

  test('have the namespace, names and dimensions of the catalogue', () => {
    const { namespace, metrics } = metricCatalogue();
    expect(LakehouseMetrics.namespace()).toBe(namespace);
    for (const { name, dimensions } of metrics) {
      const metric = dimensions.includes('Dataset') ? own.ofDataset(name, 'flights') : own.ofPipeline(name, 'ingest');
      expect(metric).toMatchObject({ namespace, metricName: name });
      expect(Object.keys(metric.dimensions ?? {})).toEqual(dimensions);
    }
  });

  test('add counts up and show the longest duration', () => {
    expect(own.ofDataset('RowsRead', 'flights').statistic).toBe('Sum');
    expect(own.ofPipeline('RunDuration', 'ingest').statistic).toBe('Maximum');
  });

  test('fail on a name that the catalogue does not have with these dimensions', () => {
    expect(() => own.ofDataset('RowsRed', 'flights')).toThrow(
      "'name' must be a metric with the dimensions Environment and Dataset, got \"RowsRed\"; did you mean 'RowsRead'?",
    );
    expect(() => own.ofPipeline('RowsRead', 'ingest')).toThrow(/with the dimensions Environment and Pipeline/);
  });
});

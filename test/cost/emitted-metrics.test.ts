import { customMetrics } from '../../lib/cost/emitted-metrics';
import { type Declared, costOf, estimate, lineOf } from './estimates';

function alarm(namespace: string, name: string, dimensions: { [name: string]: string } = {}): Declared {
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  return { Type: 'AWS::CloudWatch::Alarm', Properties: { Namespace: namespace, MetricName: name, Dimensions } };
}

function dashboard(...rows: string[][]): Declared {
  const DashboardBody = JSON.stringify({ widgets: [{ properties: { metrics: rows } }] });
  return { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody } };
}

function metricsOf(...declared: Declared[]): string[] {
  return [
    ...customMetrics(
      declared.map(({ Type, Properties }, id) => ({ id: `${id}`, name: `${id}`, type: Type, properties: Properties })),
    ),
  ];
}

describe('customMetrics', () => {
  test('has what alarms and dashboards read once, in whatever order its dimensions are', () => {
    const read = metricsOf(
      alarm('Ours', 'Lag', { A: '1', B: '2' }),
      dashboard(['Ours', 'Lag', 'B', '2', 'A', '1'], ['Ours', 'Lag', 'A', '1']),
    );
    expect(read).toEqual(['Ours Lag A=1 B=2', 'Ours Lag A=1']);
  });

  test("has none of AWS's own", () => {
    expect(metricsOf(alarm('AWS/S3', 'BucketSizeBytes'), dashboard(['AmazonMWAA', 'QueuedTasks']))).toEqual([]);
  });

  test('has those inside of expressions, and those that log filters make', () => {
    const Metric = { Namespace: 'Ours', MetricName: 'Lag' };
    const math = {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: { Metrics: [{ MetricStat: { Metric } }, { Expression: 'a' }] },
    };
    const MetricTransformations = [{ MetricNamespace: 'Ours', MetricName: 'Refused' }];
    const filter = { Type: 'AWS::Logs::MetricFilter', Properties: { MetricTransformations } };
    expect(metricsOf(math, filter)).toEqual(['Ours Lag', 'Ours Refused']);
  });

  test('has all of the catalogue for the datasets and pipelines that are read', () => {
    const found = metricsOf(
      alarm('Lakehouse', 'RunsFailed', { Environment: 'dev', Pipeline: 'ingest' }),
      dashboard(['Lakehouse', 'RowsRead', 'Dataset', 'flights', 'Environment', 'dev']),
      dashboard(['Lakehouse', 'RowsRead', 'Dataset', 'planes', 'Environment', 'dev']),
    );
    expect(found).toContain('Lakehouse BytesLanded Dataset=planes Environment=dev');
    expect(found).toContain('Lakehouse RunDuration Environment=dev Pipeline=ingest');
    expect(found.filter((name) => name.includes(' RowsRead '))).toHaveLength(2);
    expect(new Set(found.map((name) => name.split(' ').slice(2).join(' ')))).toEqual(
      new Set(['Dataset=flights Environment=dev', 'Dataset=planes Environment=dev', 'Environment=dev Pipeline=ingest']),
    );
  });

  test('is empty for a body that is no dashboard', () => {
    expect(metricsOf({ Type: 'AWS::CloudWatch::Dashboard' })).toEqual([]);
  });
});

test('request metrics of a bucket cost as custom ones', () => {
  const Properties = { MetricsConfigurations: [{ Id: 'EntireBucket' }] };
  const made = estimate({ Bucket: { Type: 'AWS::S3::Bucket', Properties } });
  expect(costOf(made, 'CloudWatch')).toBeCloseTo(16 * 0.3, 6);
});

test('an alarm on a query costs each metric that the query goes through', () => {
  const stale = ['flights', 'planes', 'weather'].map((Dataset): [string, Declared] => [
    Dataset,
    alarm('Lakehouse', 'DatasetLoaded', { Environment: 'dev', Dataset }),
  ]);
  const Expression = 'SELECT SUM(RowsRejected) FROM SCHEMA("Lakehouse", Dataset, Environment)';
  const Query = { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [{ Expression }] } };
  const made = estimate({ ...Object.fromEntries(stale), Query });
  expect(lineOf(made, 'alarms').quantity).toBe(3 + 3);
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Stack } from 'aws-cdk-lib/core';
import * as yaml from 'yaml';
import { AlertTopics, LakeKey } from '../../lib/foundation';
import { LakehouseAlarms, LakehouseDashboard, LakehouseMetrics } from '../../lib/observability';
import { BatchCluster, type IBatchCluster } from '../../lib/processing';
import { resourcesIn, testStack, theOnly } from '../support/stacks';

interface Measured {
  readonly Namespace: string;
  readonly MetricName: string;
  readonly Dimensions: { readonly Name: string; readonly Value: string }[];
  readonly Period: number;
}

interface Alarm extends Measured {
  readonly Metrics?: {
    readonly Id: string;
    readonly MetricStat?: { Metric: Measured; Period: number; Stat: string };
  }[];
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly Statistic: string;
  readonly TreatMissingData: string;
  readonly AlarmDescription: string;
  readonly AlarmActions: { readonly Ref: string }[];
  readonly OKActions: { readonly Ref: string }[];
}

interface Catalogue {
  readonly namespace: string;
  readonly metrics: { readonly name: string; readonly dimensions: string[] }[];
}

/**
 * The metrics of EMR that we use, as AWS documents them.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_ViewingMetrics.html
 */
const EMR_METRICS = [
  'AppsFailed',
  'AppsPending',
  'AppsRunning',
  'CoreNodesRunning',
  'HDFSUtilization',
  'LiveDataNodes',
  'MRUnhealthyNodes',
  'MissingBlocks',
  'TaskNodesRunning',
  'YARNMemoryAvailablePercentage',
];

function catalogue(): Catalogue {
  const file = path.resolve(__dirname, '..', '..', 'contracts', 'metrics.yaml');
  const content: Catalogue = yaml.parse(fs.readFileSync(file, 'utf8'));
  return content;
}

function clusterIn(stack: Stack): IBatchCluster {
  const instanceRole = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  return BatchCluster.fromBatchClusterAttributes(stack, 'Cluster', { clusterId: 'j-1', instanceRole });
}

/** What an alarm measures, by itself or inside its expression. */
function measured(alarm: Alarm): Measured {
  const [stat] = (alarm.Metrics ?? []).flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat]));
  return stat === undefined ? alarm : { ...stat.Metric, Period: stat.Period };
}

function alarmsOf(runbook?: string): { stack: Stack; topics: AlertTopics; alarms: Alarm[] } {
  const stack = testStack();
  const topics = new AlertTopics(stack, 'Alerts', { encryptionKey: new LakeKey(stack, 'Key').key });
  new LakehouseAlarms(stack, 'Alarms', {
    environment: 'dev',
    topics,
    pipelines: ['ingest', 'late-data'],
    batchCluster: clusterIn(stack),
    runbook,
  });
  const alarms = Object.values(resourcesIn<Alarm>(stack, 'AWS::CloudWatch::Alarm'));
  return { stack, topics, alarms: alarms.map(({ Properties }) => Properties) };
}

function dashboardOf(stack: Stack): string {
  return JSON.stringify(theOnly(stack, 'AWS::CloudWatch::Dashboard')).replaceAll('\\"', '"');
}

describe('LakehouseMetrics', () => {
  test('have the namespace, names and dimensions of the catalogue', () => {
    const { namespace, metrics } = catalogue();
    const own = new LakehouseMetrics('dev');
    expect(LakehouseMetrics.namespace()).toBe(namespace);
    for (const { name, dimensions } of metrics) {
      const metric = dimensions.includes('Dataset') ? own.ofDataset(name, 'flights') : own.ofPipeline(name, 'ingest');
      expect(metric).toMatchObject({ namespace, metricName: name });
      expect(Object.keys(metric.dimensions ?? {})).toEqual(dimensions);
    }
  });

  test('add counts up and show the longest duration', () => {
    const own = new LakehouseMetrics('dev');
    expect(own.ofDataset('RowsRead', 'flights').statistic).toBe('Sum');
    expect(own.ofPipeline('RunDuration', 'ingest').statistic).toBe('Maximum');
  });

  test('fail on a name that the catalogue does not have with these dimensions', () => {
    const own = new LakehouseMetrics('dev');
    expect(() => own.ofDataset('RowsRed', 'flights')).toThrow(
      "'name' must be a metric with the dimensions Environment and Dataset, got \"RowsRed\"; did you mean 'RowsRead'?",
    );
    expect(() => own.ofPipeline('RowsRead', 'ingest')).toThrow(/with the dimensions Environment and Pipeline/);
  });
});

describe('LakehouseAlarms', () => {
  test('watch metrics that exist', () => {
    const known = catalogue().metrics.map(({ name }) => name);
    for (const { Namespace, MetricName } of alarmsOf().alarms.map(measured)) {
      expect(Namespace === 'AWS/ElasticMapReduce' ? EMR_METRICS : known).toContain(MetricName);
    }
  });

  test('tell the critical topic about a failed run of each pipeline', () => {
    const { stack, topics, alarms } = alarmsOf();
    const failed = alarms.filter(({ MetricName }) => MetricName === 'RunsFailed');
    expect(failed.map(({ Dimensions }) => Dimensions.find(({ Name }) => Name === 'Pipeline')?.Value)).toEqual([
      'ingest',
      'late-data',
    ]);
    for (const alarm of failed) {
      expect(alarm).toMatchObject({
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        EvaluationPeriods: 1,
        Statistic: 'Sum',
        TreatMissingData: 'notBreaching',
        AlarmActions: [stack.resolve(topics.critical.topicArn)],
        OKActions: [stack.resolve(topics.info.topicArn)],
      });
    }
  });

  test.each([
    ['AppsFailed', 0, 'warning', 'notBreaching'],
    ['MRUnhealthyNodes', 0, 'warning', 'notBreaching'],
    ['HDFSUtilization', 80, 'warning', 'notBreaching'],
    ['MissingBlocks', 0, 'critical', 'notBreaching'],
    ['LiveDataNodes', 1, 'critical', 'breaching'],
  ])('watch %s of the cluster', (name, threshold, severity, missing) => {
    const { stack, topics, alarms } = alarmsOf();
    const topic = severity === 'critical' ? topics.critical : topics.warning;
    const found = alarms.filter((alarm) => measured(alarm).MetricName === name);
    expect(found.map(measured)).toMatchObject([{ Dimensions: [{ Name: 'JobFlowId', Value: 'j-1' }] }]);
    expect(found).toMatchObject([
      {
        Threshold: threshold,
        TreatMissingData: missing,
        AlarmActions: [stack.resolve(topic.topicArn)],
      },
    ]);
  });

  test('end when no further application fails, because YARN counts from the start of the cluster', () => {
    const alarm = alarmsOf().alarms.find(({ Metrics }) => Metrics !== undefined);
    expect(alarm?.Metrics).toMatchObject([
      { Expression: 'DIFF(total)' },
      { Id: 'total', ReturnData: false, MetricStat: { Stat: 'Maximum', Period: 300 } },
    ]);
  });

  test('say how urgent they are, what they mean and where the runbook is', () => {
    for (const { AlarmDescription } of alarmsOf().alarms) {
      expect(AlarmDescription).toMatch(/^(critical|warning): .{20,}\. Runbook: docs\/operations\/runbook\.md#[a-z-]+$/);
    }
    expect(alarmsOf('https://example.com/runbook').alarms[0]?.AlarmDescription).toContain(
      'Runbook: https://example.com/runbook#run-failed',
    );
  });

  test('have periods that CloudWatch takes', () => {
    for (const { Period } of alarmsOf().alarms.map(measured)) {
      expect(Period % 60).toBe(0);
    }
  });

  test('watch nothing when there is nothing to watch', () => {
    const stack = testStack();
    const topics = new AlertTopics(stack, 'Alerts', { encryptionKey: new LakeKey(stack, 'Key').key });
    const { alarms } = new LakehouseAlarms(stack, 'Alarms', { environment: 'dev', topics });
    expect(alarms).toEqual({});
    expect(resourcesIn(stack, 'AWS::CloudWatch::Alarm')).toEqual({});
  });
});

describe('LakehouseDashboard', () => {
  test('shows alarms, runs, rows and the cluster', () => {
    const stack = testStack();
    const cluster = clusterIn(stack);
    const topics = new AlertTopics(stack, 'Alerts', { encryptionKey: new LakeKey(stack, 'Key').key });
    const watched = { environment: 'dev', pipelines: ['ingest'], batchCluster: cluster };
    const { alarms } = new LakehouseAlarms(stack, 'Alarms', { ...watched, topics });
    const all = { ...watched, datasets: ['flights', 'weather'], alarms: Object.values(alarms) };
    new LakehouseDashboard(stack, 'Dashboard', all);
    const body = dashboardOf(stack);
    for (const text of [
      '## Runs',
      '## Rows',
      '## Batch cluster',
      '"type":"alarm"',
      '"flights"',
      '"weather"',
      '"j-1"',
    ]) {
      expect(body).toContain(text);
    }
    const { namespace, metrics } = catalogue();
    const shown = [...body.matchAll(/\["(Lakehouse|AWS\/ElasticMapReduce)","(\w+)"/g)].map(([, space, name]) => ({
      space,
      name,
    }));
    expect(shown.length).toBeGreaterThan(10);
    for (const { space, name } of shown) {
      expect(space === namespace ? metrics.map((metric) => metric.name) : EMR_METRICS).toContain(name);
    }
  });

  test('leaves out what there is not', () => {
    const stack = testStack();
    new LakehouseDashboard(stack, 'Dashboard', { environment: 'dev' });
    expect(dashboardOf(stack)).not.toContain('##');
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { load } from 'js-yaml';
import { sorted } from '../private';
import { type TemplateResource, at, joinedText, listAt, parsedText, textAt } from './template-reader';

/** The catalogue of the metrics that jobs emit. */
const CATALOGUE = path.resolve(__dirname, '..', '..', 'contracts', 'metrics.yaml');

/** A metric that is billed by itself: where it is, its name, and names and values of its dimensions in turn. */
interface Metric {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: string[];
}

/**
 * The custom metrics of a lake, each once: those that its alarms and dashboards read and no AWS service emits, those its
 * log filters make, and all others of the catalogue for the same datasets and pipelines.
 */
export function customMetrics(resources: TemplateResource[]): Set<string> {
  const read = resources.flatMap(metricsOf).filter(isCustom);
  return new Set([...read, ...catalogued(read)].map(keyOf));
}

/** Those of AWS are free, or in the line of what emits them, as Airflow's are. */
function isCustom({ namespace }: Metric): boolean {
  return !namespace.startsWith('AWS/') && namespace !== 'AmazonMWAA';
}

function keyOf({ namespace, name, dimensions }: Metric): string {
  const pairs = pairsOf(dimensions).map((pair) => pair.join('='));
  return [namespace, name, ...sorted(pairs, (pair) => pair)].join(' ');
}

function metricsOf({ type, properties }: TemplateResource): Metric[] {
  switch (type) {
    case 'AWS::CloudWatch::Alarm':
      return [properties, ...listAt(properties, 'Metrics').map((metric) => at(metric, 'MetricStat', 'Metric'))].flatMap(
        (metric) => metricOf(metric),
      );
    case 'AWS::Logs::MetricFilter':
      return listAt(properties, 'MetricTransformations').flatMap((made) => [
        {
          namespace: textAt(made, 'MetricNamespace') ?? '',
          name: textAt(made, 'MetricName') ?? '',
          dimensions: listAt(made, 'Dimensions').flatMap(pairOf),
        },
      ]);
    case 'AWS::CloudWatch::Dashboard':
      return shownMetrics(at(properties, 'DashboardBody'));
    default:
      return [];
  }
}

function metricOf(metric: unknown): Metric[] {
  const [namespace, name] = [textAt(metric, 'Namespace'), textAt(metric, 'MetricName')];
  return namespace === undefined || name === undefined
    ? []
    : [{ namespace, name, dimensions: listAt(metric, 'Dimensions').flatMap(pairOf) }];
}

function pairOf(dimension: unknown): string[] {
  return [textAt(dimension, 'Name') ?? textAt(dimension, 'Key') ?? '', joinedText(at(dimension, 'Value'))];
}

/** The metrics of a dashboard, options left out. */
function shownMetrics(body: unknown): Metric[] {
  const widgets = listAt(parsedText(joinedText(body)), 'widgets');
  return widgets
    .flatMap((widget) => listAt(widget, 'properties', 'metrics'))
    .flatMap((row) => {
      const [namespace, name, ...dimensions] = listAt(row).filter((part) => typeof part === 'string');
      return namespace === undefined || name === undefined ? [] : [{ namespace, name, dimensions }];
    });
}

function pairsOf(dimensions: string[]): [string, string][] {
  return dimensions.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, dimensions[index + 1] ?? '']] : [],
  );
}

/** The metrics of the catalogue, with every value that its dimensions have among metrics of its namespace. */
function catalogued(read: Metric[]): Metric[] {
  const catalogue: unknown = load(fs.readFileSync(CATALOGUE, 'utf8'));
  const namespace = textAt(catalogue, 'namespace') ?? '';
  const seen = read.filter((metric) => metric.namespace === namespace).flatMap(({ dimensions }) => pairsOf(dimensions));
  const valuesOf = (name: string): string[] => [
    ...new Set(seen.filter((pair) => pair[0] === name).map(([, value]) => value)),
  ];
  // a supervisor emits for its own dataset alone, which an alarm reads
  const ofJobs = listAt(catalogue, 'metrics').filter((metric) => !listAt(metric, 'emittedBy').includes('supervisor'));
  return ofJobs.flatMap((metric) => {
    const names = listAt(metric, 'dimensions').map(String);
    const combined = names.reduce<string[][]>(
      (rows, name) => rows.flatMap((row) => valuesOf(name).map((value) => row.concat(name, value))),
      [[]],
    );
    return combined.map((dimensions) => ({ namespace, name: textAt(metric, 'name') ?? '', dimensions }));
  });
}

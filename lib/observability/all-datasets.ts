import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Duration } from 'aws-cdk-lib/core';
import type { DataContract } from '../contracts';
import type { LakehouseMetrics } from './lakehouse-metrics';
import { pascal } from './pascal';
import type { WatchGraph } from './watch-parts';

/**
 * How many datasets are watched one by one where one alarm and one query can watch them all. CloudFormation takes 500
 * resources in a stack, CloudWatch 500 metrics in a graph; and nobody reads a graph of more lines.
 */
const MOST_APART = 25;

/** What queries call the statistics of our metrics. */
const FUNCTIONS: { readonly [statistic: string]: string } = { Sum: 'SUM', Minimum: 'MIN', Maximum: 'MAX' };

/** A graph of a metric of datasets. */
export interface DatasetsGraph {
  readonly title: string;
  /** A metric of the catalogue. */
  readonly metric: string;
  readonly unit?: string;
  /** Which datasets are shown where they are too many. */
  readonly shown: 'highest' | 'lowest';
  readonly period?: Duration;
}

/** What an alarm on a metric of datasets watches. */
export interface Watched {
  /** What the alarm's id begins with. */
  readonly id: string;
  /** What a text calls it. */
  readonly of: string;
  readonly metric: cloudwatch.IMetric;
  /** The datasets that it is about. */
  readonly datasets: DataContract[];
}

/** Each dataset; many as one, beside which the graphs tell which of them it is. */
export function watchedIn(datasets: DataContract[], metrics: LakehouseMetrics, name: string): Watched[] {
  return areMany(datasets)
    ? [{ id: '', of: 'some dataset', metric: overAll(metrics, name), datasets }]
    : datasets.map((contract) => {
        const { dataset } = contract;
        return { id: pascal(dataset), of: dataset, metric: metrics.ofDataset(name, dataset), datasets: [contract] };
      });
}

/** Whether datasets are too many for an alarm and a line each. */
export function areMany(datasets: DataContract[]): boolean {
  return datasets.length > MOST_APART;
}

/** A line for each dataset; of many, for those where the metric is the highest or the lowest. */
export function graphOf(datasets: DataContract[], metrics: LakehouseMetrics, graph: DatasetsGraph): WatchGraph {
  const { title, metric, unit, shown, period } = graph;
  return areMany(datasets)
    ? { title: `${title}: the ${MOST_APART} ${shown}`, unit, metrics: [ranked(metrics, graph)] }
    : {
        title,
        unit,
        metrics: datasets.map(({ dataset: label }) => metrics.ofDataset(metric, label).with({ label, period })),
      };
}

/**
 * A metric of datasets over all of the environment, the sum, the least or the most of theirs, which an alarm can watch.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
 */
function overAll(metrics: LakehouseMetrics, name: string): cloudwatch.MathExpression {
  const { namespace, statistic, period, environment } = partsOf(metrics, name);
  const of = `SCHEMA("${namespace}", Dataset, Environment) WHERE Environment = '${environment}'`;
  const expression = `SELECT ${FUNCTIONS[statistic]}(${name}) FROM ${of}`;
  return new cloudwatch.MathExpression({ expression, usingMetrics: {}, label: name, period });
}

/**
 * All lines of a metric of datasets, for an expression to go on with.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-search-expressions.html
 */
export function searched(metrics: LakehouseMetrics, name: string, period?: Duration): string {
  const { namespace, statistic, environment, ...usual } = partsOf(metrics, name);
  const which = `{${namespace},Dataset,Environment} MetricName="${name}" Environment="${environment}"`;
  return `SEARCH('${which}', '${statistic}', ${(period ?? usual.period).toSeconds()})`;
}

function ranked(metrics: LakehouseMetrics, { metric, shown, period }: DatasetsGraph): cloudwatch.MathExpression {
  const { statistic, ...usual } = partsOf(metrics, metric);
  const order = shown === 'highest' ? 'DESC' : 'ASC';
  return new cloudwatch.MathExpression({
    expression: `SORT(${searched(metrics, metric, period)}, ${FUNCTIONS[statistic]}, ${order}, ${MOST_APART})`,
    usingMetrics: {},
    label: "${PROP('Dim.Dataset')}",
    period: period ?? usual.period,
  });
}

/** A metric of any dataset says how the catalogue has it. */
function partsOf(metrics: LakehouseMetrics, name: string) {
  const { namespace, statistic, period, dimensions = {} } = metrics.ofDataset(name, 'any');
  return { namespace, statistic, period, environment: String(dimensions.Environment) };
}

import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { type Problem, didYouMean, fail, sorted } from '../private';
import { AWS_METRICS, MetricKind } from './aws-metrics';
import { metricCatalogue } from './metric-catalogue';

/** A metric that AWS or our jobs emit. */
export interface KnownMetric {
  readonly name: string;
  readonly dimensions: string[];
  readonly unit: string;
  readonly kind: MetricKind;
}

/**
 * What may be asked of a kind of metric; `Average` of events is their share where each request says 0 or 1, and how often
 * something took its time is a number of samples.
 */
const STATISTICS: { [kind in MetricKind]: string[] } = {
  [MetricKind.LEVEL]: ['Average', 'Maximum', 'Minimum'],
  [MetricKind.EVENTS]: ['Sum', 'Average'],
  [MetricKind.TOTAL]: ['Maximum'],
  [MetricKind.DURATION]: ['Average', 'Maximum', 'SampleCount', 'p50', 'p90', 'p99'],
};

/** A known metric and the text of its dimensions, for each alarm and each graph is compared with hundreds of them. */
interface ListedMetric extends KnownMetric {
  readonly set: string;
}

let loaded: Map<string, ListedMetric[]> | undefined;

/** The known metrics by namespace. */
function knownMetrics(): Map<string, ListedMetric[]> {
  loaded ??= new Map([
    ...Object.entries(AWS_METRICS).map(([namespace, { groups }]): [string, ListedMetric[]] => [
      namespace,
      groups.flatMap(({ names, ...group }) => names.map((name) => listed({ ...group, name }))),
    ]),
    [
      metricCatalogue().namespace,
      metricCatalogue().metrics.map(({ name, dimensions, unit }) =>
        listed({ name, dimensions, unit, kind: kindOf(unit) }),
      ),
    ],
  ]);
  return loaded;
}

function listed(metric: KnownMetric): ListedMetric {
  return { ...metric, set: setOf(metric.dimensions) };
}

/** Dimensions in one order. */
function setOf(dimensions: string[]): string {
  return sorted(dimensions, (dimension) => dimension).join(', ');
}

function kindOf(unit: string): MetricKind {
  return { Seconds: MetricKind.DURATION, Percent: MetricKind.LEVEL }[unit] ?? MetricKind.EVENTS;
}

/**
 * What is wrong with a metric: a name or dimensions that nobody emits, or a statistic that says nothing about its kind.
 * Namespaces that are not known here are not judged.
 */
export function metricProblem(namespace: string, name: string, dimensions: string[], statistic: string): Problem[] {
  const known = knownMetrics().get(namespace);
  if (known === undefined) {
    return [];
  }
  const set = setOf(dimensions);
  const alike = known.filter((metric) => metric.set === set);
  const found = alike.find((metric) => metric.name === name);
  if (found === undefined) {
    const names = alike.map((metric) => metric.name);
    return [
      {
        path: 'metric',
        must: `one of ${namespace} with the dimensions ${set === '' ? 'none' : set}`,
        got: name,
        remedy: didYouMean(name, names),
      },
    ];
  }
  const allowed = STATISTICS[found.kind];
  return allowed.includes(statistic)
    ? []
    : [
        {
          path: `statistic of ${name}`,
          must: allowed.join(' or '),
          got: statistic,
          remedy: `it is of kind ${found.kind}`,
        },
      ];
}

/** A metric of AWS that is in the list, five minutes wide; another is an error. */
export function awsMetric(
  namespace: string,
  metricName: string,
  dimensionsMap: { [name: string]: string },
  options: cloudwatch.MetricOptions & { readonly statistic: string },
): cloudwatch.Metric {
  const [problem] = metricProblem(namespace, metricName, Object.keys(dimensionsMap), options.statistic);
  return problem === undefined
    ? new cloudwatch.Metric({ namespace, metricName, dimensionsMap, ...options })
    : fail(problem);
}

/** The metrics inside a metric: itself, or the ones its expression is made of. */
export function metricsIn(metric: cloudwatch.IMetric): cloudwatch.Metric[] {
  if (metric instanceof cloudwatch.Metric) {
    return [metric];
  }
  return metric instanceof cloudwatch.MathExpression ? Object.values(metric.usingMetrics).flatMap(metricsIn) : [];
}

/** The problems of all metrics inside a metric. */
export function problemsOf(metric: cloudwatch.IMetric): Problem[] {
  return metricsIn(metric).flatMap(({ namespace, metricName, dimensions = {}, statistic }) =>
    metricProblem(namespace, metricName, Object.keys(dimensions), statistic),
  );
}

import type { Pricer } from './charge';
import { customMetrics } from './emitted-metrics';
import { type TemplateResource, at, listAt, numberAt, textAt } from './template-reader';

/** Metrics of the requests to one bucket, or one part of it. */
const REQUEST_METRICS = 16;

/** A query of an alarm over all metrics of a name in a namespace. */
const QUERY = /^SELECT \w+\((\w+)\) FROM SCHEMA\("([^"]+)"/;

/** An alarm is billed by the metrics it reads, those of a query too; a band of anomalies has two of its own. */
export function priceAlarm({ properties }: TemplateResource, pricer: Pricer): void {
  const metrics = listAt(properties, 'Metrics');
  const read = metrics.filter((metric) => at(metric, 'MetricStat') !== undefined);
  const bands = metrics.filter((metric) => textAt(metric, 'Expression')?.includes('ANOMALY_DETECTION_BAND'));
  const periods = [numberAt(properties, 'Period'), ...read.map((metric) => numberAt(metric, 'MetricStat', 'Period'))];
  const fast = periods.some((period) => period !== undefined && period < 60);
  pricer.add({
    service: 'CloudWatch',
    item: fast ? 'high-resolution alarms' : 'alarms',
    price: fast ? 'cloudwatch.alarm-high-resolution' : 'cloudwatch.alarm',
    quantity: Math.max(1, read.length, queriedMetrics(metrics, pricer)) + 2 * bands.length,
  });
}

/** How many metrics the queries of an alarm go through. */
function queriedMetrics(metrics: unknown[], pricer: Pricer): number {
  return metrics
    .map((metric) => QUERY.exec(textAt(metric, 'Expression') ?? ''))
    .filter((query) => query !== null)
    .reduce((sum, [, name, namespace]) => {
      const all = [...customMetrics(pricer.resources)];
      return sum + all.filter((key) => key.startsWith(`${namespace} ${name} `)).length;
    }, 0);
}

/** All that is written about the lake: its own metrics, those of requests to its buckets, and logs. */
export function priceTelemetry(pricer: Pricer): void {
  const requests = pricer
    .ofType('AWS::S3::Bucket')
    .reduce((sum, { properties }) => sum + listAt(properties, 'MetricsConfigurations').length, 0);
  for (const [item, quantity] of [
    ['custom metrics', pricer.assumed.customMetrics ?? customMetrics(pricer.resources).size],
    ['metrics of requests to buckets', requests * REQUEST_METRICS],
  ] as const) {
    pricer.add({ service: 'CloudWatch', item, price: 'cloudwatch.metric', quantity });
  }
  priceLogs(pricer.ofType('AWS::Logs::LogGroup'), pricer);
}

/** Logs are stored for the retention of their group; the month's gigabytes are spread evenly over the groups. */
function priceLogs(groups: TemplateResource[], pricer: Pricer): void {
  if (groups.length === 0) {
    return;
  }
  const { logGigabytes, queriedLogGigabytes } = pricer.assumed;
  const months = groups.map(({ properties }) => (numberAt(properties, 'RetentionInDays') ?? 3650) / (365 / 12));
  const kept = months.reduce((sum, each) => sum + each, 0) / groups.length;
  for (const [item, price, quantity] of [
    ['logs written', 'logs.ingest', logGigabytes],
    ['logs kept', 'logs.storage', logGigabytes * kept],
    ['logs queried', 'logs.query', queriedLogGigabytes],
  ] as const) {
    pricer.add({ service: 'CloudWatch', item, price, quantity });
  }
}

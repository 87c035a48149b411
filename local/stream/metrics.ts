import { GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import type { Aws } from './aws';

/** Metrics that differ in their name only, by what they are called here. */
export interface Measured {
  readonly namespace: string;
  readonly names: { readonly [name: string]: string };
  readonly dimensions: { readonly [name: string]: string };
}

/** The newest maximum of a minute of each metric since a moment; one that has none is left out. */
export async function newestValues(
  aws: Aws,
  { namespace, names, dimensions }: Measured,
  since: number,
): Promise<{ [name: string]: number }> {
  const Dimensions = Object.entries(dimensions).map(([key, Value]) => ({ Name: key, Value }));
  const MetricDataQueries = Object.entries(names).map(([name, MetricName]) => {
    const Metric = { Namespace: namespace, MetricName, Dimensions };
    return { Id: name.toLowerCase(), MetricStat: { Metric, Period: 60, Stat: 'Maximum' } };
  });
  const command = new GetMetricDataCommand({
    StartTime: new Date(since),
    EndTime: new Date(Date.now()),
    ScanBy: 'TimestampDescending',
    MetricDataQueries,
  });
  const { MetricDataResults = [] } = await aws.call({ action: 'cloudwatch:GetMetricData', resource: namespace }, () =>
    aws.cloudwatch.send(command),
  );
  const found = Object.keys(names).flatMap((name) => {
    const value = MetricDataResults.find(({ Id }) => Id === name.toLowerCase())?.Values?.[0];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(found);
}

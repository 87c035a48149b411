import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { IAthenaWorkgroup } from '../consumption';
import { awsMetric } from './known-metrics';
import { Concern, type WatchParts } from './watch-parts';

/**
 * The graphs of a workgroup. There are no alarms: a query that fails tells whoever ran it, each query has its byte limit, and
 * a month that costs too much is the budget's to tell.
 */
export function workgroupWatch(workgroup: IAthenaWorkgroup, name: string): WatchParts {
  const queries = (metric: string, state: string, statistic: string, label: string): cloudwatch.Metric => {
    const dimensions = { QueryState: state, QueryType: 'DML', WorkGroup: workgroup.workgroupName };
    return awsMetric('AWS/Athena', metric, dimensions, { statistic, period: Duration.hours(1), label });
  };
  const { AVERAGE, MAXIMUM, SUM } = cloudwatch.Stats;
  return {
    alarms: [],
    rows: [
      {
        concern: Concern.PLATFORM,
        title: `${name} queries`,
        graphs: [
          {
            title: 'Scanned in an hour',
            unit: 'bytes',
            metrics: [
              queries('ProcessedBytes', 'SUCCEEDED', SUM, 'succeeded'),
              queries('ProcessedBytes', 'CANCELED', SUM, 'stopped'),
            ],
          },
          {
            title: 'Time of a query',
            unit: 'milliseconds',
            metrics: [
              queries('TotalExecutionTime', 'SUCCEEDED', AVERAGE, 'average'),
              queries('TotalExecutionTime', 'SUCCEEDED', MAXIMUM, 'longest'),
              queries('QueryQueueTime', 'SUCCEEDED', MAXIMUM, 'longest in the queue'),
            ],
          },
        ],
      },
    ],
  };
}

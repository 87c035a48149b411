import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Severity } from '../foundation';
import type { IServerlessSpark } from '../processing';
import { MissingData } from './missing-data';
import { Concern, type WatchParts } from './watch-parts';

/** The alarms and graphs of an application of EMR Serverless. */
export function serverlessWatch(application: IServerlessSpark, name: string): WatchParts {
  const jobs = (metric: string, label?: string): cloudwatch.Metric =>
    application.metric(metric, { statistic: cloudwatch.Stats.MAXIMUM, period: Duration.minutes(5), label });
  return {
    alarms: [
      {
        id: `${name}JobsFailed`,
        metric: jobs('FailedJobs'),
        threshold: 0,
        severity: Severity.WARNING,
        missingData: MissingData.fine('the application is stopped, as it is when nobody uses it'),
        meaning: 'a job on EMR Serverless failed',
        firstStep: 'see the details of the job run',
        section: 'serverless-job-failed',
      },
    ],
    rows: [
      {
        concern: Concern.BATCH,
        title: name,
        graphs: [
          {
            title: 'Jobs',
            metrics: [jobs('RunningJobs', 'running'), jobs('PendingJobs', 'pending'), jobs('FailedJobs', 'failed')],
          },
        ],
      },
    ],
  };
}

import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Zone } from '../contracts';
import { Severity } from '../foundation';
import { type ILakeStorage, REQUEST_METRICS_ID } from '../storage';
import { awsMetric } from './known-metrics';
import { MissingData } from './missing-data';
import { pascal } from './pascal';
import { Concern, type WatchAlarm, type WatchGraph, type WatchOptions, type WatchParts } from './watch-parts';

/** The share of requests that may fail for a quarter of an hour. */
const MAXIMUM_ERRORS = 0.01;

/** The alarms and graphs of the buckets of a lake. */
export function storageWatch(storage: ILakeStorage, options: WatchOptions): WatchParts {
  const name = options.name ?? '';
  const measured = storage.measuredZones;
  return {
    alarms: measured.map((zone) => failingAlarm(storage, zone, name)),
    rows: [
      {
        concern: Concern.ZONES,
        title: `${name === '' ? '' : `${name}: `}Buckets`,
        graphs: [sizes(storage), objects(storage), ...measured.map((zone) => errors(storage, zone))],
      },
    ],
  };
}

function failingAlarm(storage: ILakeStorage, zone: Zone, name: string): WatchAlarm {
  return {
    id: `${name}${pascal(zone.name)}RequestsFail`,
    // Each request says 0 or 1, so their average is the share that failed. Errors of the caller are no alarm: a job that
    // looks for an object which is not there yet makes one each time.
    metric: requests(storage, zone, '5xxErrors', cloudwatch.Stats.AVERAGE),
    threshold: MAXIMUM_ERRORS,
    evaluationPeriods: 3,
    severity: Severity.WARNING,
    missingData: MissingData.fine('nobody asked the bucket for anything'),
    meaning: `S3 has failed more than one in a hundred requests to the ${zone.name} bucket for a quarter of an hour`,
    firstStep: 'see whether a job makes more requests to one prefix than S3 takes',
    section: 's3-requests-fail',
  };
}

function requests(
  storage: ILakeStorage,
  zone: Zone,
  metric: string,
  statistic: string,
  label?: string,
): cloudwatch.Metric {
  const dimensions = { BucketName: storage.bucket(zone).bucketName, FilterId: REQUEST_METRICS_ID };
  return awsMetric('AWS/S3', metric, dimensions, { statistic, period: Duration.minutes(5), label });
}

/** The bytes in all storage classes, noncurrent versions too; S3 measures once a day. */
function sizes(storage: ILakeStorage): WatchGraph {
  const metrics = Zone.all().map((zone) => {
    const ofBucket = `{AWS/S3,BucketName,StorageType} MetricName="BucketSizeBytes" BucketName="${storage.bucket(zone).bucketName}"`;
    return new cloudwatch.MathExpression({
      expression: `SUM(SEARCH('${ofBucket}', 'Average', 86400))`,
      usingMetrics: {},
      label: zone.name,
      period: Duration.days(1),
    });
  });
  return { title: 'Size of the buckets, all storage classes', unit: 'bytes', metrics };
}

function objects(storage: ILakeStorage): WatchGraph {
  const metrics = Zone.all().map((zone) => {
    const dimensions = { BucketName: storage.bucket(zone).bucketName, StorageType: 'AllStorageTypes' };
    const options = { statistic: cloudwatch.Stats.AVERAGE, period: Duration.days(1), label: zone.name };
    return awsMetric('AWS/S3', 'NumberOfObjects', dimensions, options);
  });
  return { title: 'Objects in the buckets', metrics };
}

function errors(storage: ILakeStorage, zone: Zone): WatchGraph {
  const { SUM } = cloudwatch.Stats;
  return {
    title: `Requests to ${zone.name} that fail`,
    metrics: [
      requests(storage, zone, '4xxErrors', SUM, "the caller's error"),
      requests(storage, zone, '5xxErrors', SUM, "S3's error"),
    ],
  };
}

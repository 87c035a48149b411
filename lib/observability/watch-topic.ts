import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Severity } from '../foundation';
import { fail } from '../private';
import type { IKafkaTopic } from '../streaming';
import { MissingData } from './missing-data';
import { pascal } from './pascal';
import { Concern, type TopicWatchOptions, type WatchAlarm, type WatchParts } from './watch-parts';

/** The lag of a consumer group on a topic. */
export function topicWatch(topic: IKafkaTopic, consumerGroup: string, options: TopicWatchOptions): WatchParts {
  const maximum = options.maximumLag ?? Duration.minutes(15);
  if (!maximum.isUnresolved() && maximum.toMilliseconds() < 1000) {
    const remedy = 'the metric is in whole seconds';
    fail({ path: 'maximumLag', must: 'a second or more', got: `${maximum.toMilliseconds()} ms`, remedy });
  }
  const name = options.name ?? pascal(`${topic.topicName} ${consumerGroup}`);
  const label = `${consumerGroup} on ${topic.topicName}`;
  return {
    alarms: [
      {
        id: `${name}Lagging`,
        metric: topic.metricEstimatedMaxTimeLag(consumerGroup),
        threshold: maximum.toSeconds(),
        evaluationPeriods: 3,
        severity: options.severity ?? Severity.WARNING,
        missingData: MissingData.fine(
          'the group is rebalancing or has committed nothing yet; the job has an alarm of its own',
        ),
        meaning: `${label} has been more than ${maximum.toHumanString()} behind for a quarter of an hour`,
        firstStep: 'see whether the consumer runs, and whether more comes in than it can take',
        section: 'consumer-lagging',
      },
      ...(options.progress === undefined ? [] : [standing({ topic, consumerGroup, name, label }, options.progress)]),
    ],
    rows: [
      {
        concern: Concern.STREAMING,
        title: label,
        graphs: [
          {
            title: 'Behind',
            unit: 'seconds',
            metrics: [topic.metricEstimatedMaxTimeLag(consumerGroup, { label: 'to catch up' })],
          },
          {
            title: 'Records to read',
            metrics: [
              topic.metricSumOffsetLag(consumerGroup, { label: 'all partitions' }),
              topic.metricMaxOffsetLag(consumerGroup, {
                label: 'worst partition',
                statistic: cloudwatch.Stats.MAXIMUM,
              }),
            ],
          },
        ],
      },
    ],
  };
}

/** A group that reads nothing though there is something to read: its job hangs, or is not there. */
function standing(
  group: { readonly topic: IKafkaTopic; readonly consumerGroup: string; readonly name: string; readonly label: string },
  progress: cloudwatch.Metric,
): WatchAlarm {
  const waiting = group.topic.metricSumOffsetLag(group.consumerGroup, { statistic: cloudwatch.Stats.MINIMUM });
  return {
    id: `${group.name}Standing`,
    metric: new cloudwatch.MathExpression({
      // no report of rows is no row: who is down reports nothing
      expression: 'IF(waiting > 0 AND FILL(read, 0) == 0, 1, 0)',
      usingMetrics: { waiting, read: progress },
      period: Duration.minutes(5),
    }),
    threshold: 0,
    evaluationPeriods: 3,
    severity: Severity.CRITICAL,
    missingData: MissingData.fine(
      'the group has no lag, or has committed nothing yet; the job has an alarm of its own',
    ),
    meaning: `${group.label} has read nothing for a quarter of an hour, and the topic has records`,
    firstStep: 'see whether the job runs, and which batch it is at',
    section: 'stream-stands',
  };
}

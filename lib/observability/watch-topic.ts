import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Severity } from '../foundation';
import { fail } from '../private';
import type { IKafkaTopic } from '../streaming';
import { MissingData } from './missing-data';
import { pascal } from './pascal';
import { Concern, type TopicWatchOptions, type WatchParts } from './watch-parts';

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

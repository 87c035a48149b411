import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Duration } from 'aws-cdk-lib/core';
import { type IAlertTopics, Severity } from '../foundation';
import { awsMetric } from './known-metrics';
import { MissingData } from './missing-data';
import { Concern, type WatchAlarm, type WatchParts } from './watch-parts';

/**
 * The alarms and graphs of the topics that alerts go to. What a topic cannot deliver, another one tells.
 *
 * SNS counts an e-mail as delivered when it is sent: one that bounces is no failure.
 */
export function deliveriesWatch(topics: IAlertTopics): WatchParts {
  const each = (name: string): cloudwatch.IMetric[] =>
    Object.values(Severity).map((severity) => deliveries(topics.topic(severity), name, severity));
  return {
    alarms: [
      undelivered(topics, Severity.CRITICAL, Severity.WARNING),
      undelivered(topics, Severity.WARNING, Severity.CRITICAL),
    ],
    rows: [
      {
        concern: Concern.PLATFORM,
        title: 'Alerts',
        graphs: [
          { title: 'Published', metrics: each('NumberOfMessagesPublished') },
          { title: 'Not delivered', metrics: each('NumberOfNotificationsFailed') },
        ],
      },
    ],
  };
}

function undelivered(topics: IAlertTopics, of: Severity, toldBy: Severity): WatchAlarm {
  return {
    id: `Alerts${of.charAt(0).toUpperCase()}${of.slice(1)}Undelivered`,
    metric: deliveries(topics.topic(of), 'NumberOfNotificationsFailed'),
    threshold: 0,
    severity: toldBy,
    missingData: MissingData.fine('no alert was sent'),
    meaning: `an alert of the ${of} topic did not reach a subscriber`,
    firstStep: 'see the subscriptions of the topic and whether their endpoints answer',
    section: 'alerts-undelivered',
  };
}

function deliveries(topic: sns.ITopic, name: string, label?: string): cloudwatch.Metric {
  const options = { statistic: cloudwatch.Stats.SUM, period: Duration.minutes(5), label };
  return awsMetric('AWS/SNS', name, { TopicName: topic.topicName }, options);
}

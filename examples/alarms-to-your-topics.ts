/** Alarms and dashboards over things that exist already and one of your own, told to topics that exist already. */
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { App, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { foundation, observability, streaming } from '../lib';

const { MissingData, Watch } = observability;

/** A watch of your own: which alarms, which rows of dashboards. */
class OrdersWatch extends Watch {
  public bind(scope: Construct): observability.WatchParts {
    const queue = sqs.Queue.fromQueueArn(scope, 'Orders', 'arn:aws:sqs:eu-central-1:111122223333:orders');
    const age = queue.metricApproximateAgeOfOldestMessage();
    const { WARNING: severity } = foundation.Severity;
    const missingData = MissingData.fine('the queue is empty');
    const [meaning, firstStep] = ['orders have waited for ten minutes', 'see the consumer of the queue'];
    const watched = { id: 'OrdersWait', metric: age, threshold: 600, severity, missingData };
    const alarm = { ...watched, meaning, firstStep, section: 'orders' };
    return { alarms: [alarm], rows: [] };
  }
}

const app = new App();
const stack = new Stack(app, 'Watch', { env: { account: '111122223333', region: 'eu-central-1' } });
const topicOf = (name: string): sns.ITopic =>
  sns.Topic.fromTopicArn(stack, name, stack.formatArn({ service: 'sns', resource: name }));
const attributes = { critical: topicOf('page'), warning: topicOf('tickets'), info: topicOf('news') };
const topics = foundation.AlertTopics.fromAlertTopicsAttributes(stack, 'Topics', attributes);
const cluster = streaming.KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', {
  clusterArn: 'arn:aws:kafka:eu-central-1:111122223333:cluster/events/1-2',
  brokerCount: 3,
});

const watch = [Watch.kafka(cluster), new OrdersWatch()];
const alarms = new observability.LakehouseAlarms(stack, 'Alarms', { topics, watch, runbook: 'https://wiki/runbook' });
new observability.LakehouseDashboards(stack, 'Dashboards', { watch, alarms: alarms.all() });
app.synth();

/** Alarms and a dashboard over a cluster that exists already, told to topics that exist already. */
import * as iam from 'aws-cdk-lib/aws-iam';
import * as sns from 'aws-cdk-lib/aws-sns';
import { App, Stack } from 'aws-cdk-lib/core';
import { foundation, observability, processing } from '../lib';

const app = new App();
const stack = new Stack(app, 'Watch', { env: { account: '111122223333', region: 'eu-central-1' } });

const topicOf = (name: string): sns.ITopic =>
  sns.Topic.fromTopicArn(stack, name, stack.formatArn({ service: 'sns', resource: name }));
const topics = foundation.AlertTopics.fromAlertTopicsAttributes(stack, 'Topics', {
  critical: topicOf('page'),
  warning: topicOf('tickets'),
  info: topicOf('news'),
});
const batchCluster = processing.BatchCluster.fromBatchClusterAttributes(stack, 'Cluster', {
  clusterId: 'j-2AXXXXXXGAPLF',
  instanceRole: iam.Role.fromRoleName(stack, 'Instances', 'nightly-instances'),
});

const watched = { environment: 'dev', pipelines: ['ingest'], batchCluster };
const { alarms } = new observability.LakehouseAlarms(stack, 'Alarms', { ...watched, topics });
new observability.LakehouseDashboard(stack, 'Dashboard', { ...watched, alarms: Object.values(alarms) });

app.synth();

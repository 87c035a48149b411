/** A job that reads a topic and writes a table, kept running; the operator may start it, and is told when it is down. */
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Stack } from 'aws-cdk-lib/core';
import { catalog, contracts, foundation, processing, storage, streaming } from '../lib';

const app = new App();
const stack = new Stack(app, 'Live', { env: { account: '111122223333', region: 'eu-central-1' } });

const { key } = new foundation.LakeKey(stack, 'Key');
const { vpc } = new foundation.LakeNetwork(stack, 'Network', { availabilityZones: ['eu-central-1a', 'eu-central-1b'] });
const zones = new storage.LakeStorage(stack, 'Zones', { encryptionKey: key });
const alerts = new foundation.AlertTopics(stack, 'Alerts', { encryptionKey: key });

const kafka = streaming.KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', {
  clusterArn: 'arn:aws:kafka:eu-central-1:111122223333:cluster/events/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-2',
});
const trips = catalog.IcebergTable.fromIcebergTableAttributes(stack, 'Trips', {
  databaseName: 'lakehouse_silver',
  tableName: 'trips',
  bucket: zones.bucket(contracts.Zone.SILVER),
});

const cluster = new processing.StreamingCluster(stack, 'Cluster', { vpc, storage: zones, maxUnits: 4 });
const job = cluster.addJob('trips', {
  entryPoint: 'workloads/jobs/main.py',
  codeDirectory: 'workloads/jobs',
  correlationOption: '--correlation-id',
  takeOverOption: '--take-over-from',
  from: kafka.addTopic('Topic', { topicName: 'trips', partitions: 6 }),
  to: [trips],
  alerts,
  encryptionKey: key,
});
job.grantStart(new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));

app.synth();

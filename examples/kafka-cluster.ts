import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { foundation, streaming } from '../lib';

const app = new App();
const stack = new Stack(app, 'Streaming', { env: { region: 'eu-west-1' } });
const { vpc } = new foundation.LakeNetwork(stack, 'Network', {
  availabilityZones: ['eu-west-1a', 'eu-west-1b', 'eu-west-1c'],
});

const cluster = new streaming.KafkaCluster(stack, 'Kafka', {
  vpc,
  brokers: streaming.KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') }),
});
const departures = cluster.addTopic('Departures', {
  topicName: 'flights.departures',
  partitions: 6,
  retention: Duration.days(3),
});

// A producer and a consumer may do what they do and no more, on this topic and in this group alone.
const principal = new iam.ServicePrincipal('ec2.amazonaws.com');
const feed = new iam.Role(stack, 'Feed', { assumedBy: principal });
const board = new iam.Role(stack, 'Board', { assumedBy: principal });
departures.grants.produce(feed);
departures.grants.consume(board, 'departures-board');

// The network lets in who is named, on the port of IAM.
const clients = new ec2.SecurityGroup(stack, 'Clients', { vpc });
cluster.connections.allowDefaultPortFrom(clients);

app.synth();

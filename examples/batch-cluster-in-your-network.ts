/** A Spark cluster in a network that exists already, with an application on it that reads one table. */
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { App, Stack } from 'aws-cdk-lib/core';
import { catalog, contracts, processing, storage } from '../lib';

const app = new App();
const stack = new Stack(app, 'Nightly', { env: { region: 'eu-central-1' } });

const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Network', {
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  availabilityZones: ['eu-central-1a', 'eu-central-1b'],
  privateSubnetIds: ['subnet-0a1b2c3d4e5f60718', 'subnet-0b1c2d3e4f5061728'],
});
const zones = new storage.LakeStorage(stack, 'Zones');

const cluster = new processing.BatchCluster(stack, 'Cluster', {
  vpc,
  storage: zones,
  architecture: processing.InstanceArchitecture.ARM_64,
  maxTaskUnits: 8,
});
cluster.addApplication('Report', { entryPoint: 'workloads/jobs/main.py', codeDirectory: 'workloads/jobs' });

const flights = catalog.IcebergTable.fromIcebergTableAttributes(stack, 'Flights', {
  databaseName: 'lakehouse_silver',
  tableName: 'flights',
  bucket: zones.bucket(contracts.Zone.SILVER),
});
flights.grants.read(cluster);

app.synth();

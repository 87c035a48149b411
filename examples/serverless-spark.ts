/** Spark for questions of the moment: no cluster, a cap, and nothing to pay while nobody asks. */
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Duration, Stack } from 'aws-cdk-lib/core';
import { catalog, contracts, foundation, processing, storage } from '../lib';

const app = new App();
const stack = new Stack(app, 'Adhoc', { env: { region: 'eu-central-1' } });

const { key } = new foundation.LakeKey(stack, 'Key');
const { vpc } = new foundation.LakeNetwork(stack, 'Network', { availabilityZones: ['eu-central-1a', 'eu-central-1b'] });
const zones = new storage.LakeStorage(stack, 'Zones', { encryptionKey: key });

const spark = new processing.ServerlessSpark(stack, 'Spark', {
  vpc,
  storage: zones,
  encryptionKey: key,
  architecture: processing.InstanceArchitecture.ARM_64,
  maxVcpus: 32,
  idleTimeout: Duration.minutes(5),
});
const trips = catalog.IcebergTable.fromIcebergTableAttributes(stack, 'Trips', {
  databaseName: 'lakehouse_silver',
  tableName: 'trips',
  bucket: zones.bucket(contracts.Zone.SILVER),
});
trips.grants.read(spark);
spark.grants.run(new iam.Role(stack, 'Analyst', { assumedBy: new iam.AccountRootPrincipal() }));

app.synth();

/** One Iceberg table without a contract, in a database and a bucket that exist already. The ids are yours to keep. */
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import { catalog, contracts } from '../lib';

const app = new App();
const stack = new Stack(app, 'Trips', { env: { region: 'eu-central-1' } });
const { IcebergType, PartitionTransform } = contracts;

const trips = new catalog.IcebergTable(stack, 'Trips', {
  databaseName: 'rides',
  tableName: 'trips',
  bucket: s3.Bucket.fromBucketName(stack, 'Bucket', 'rides-of-the-city'),
  columns: [
    { id: 1, name: 'id', type: IcebergType.LONG, required: true },
    { id: 2, name: 'started_at', type: IcebergType.TIMESTAMPTZ },
    { id: 3, name: 'stops', type: IcebergType.list(IcebergType.STRING), nestedIds: { element: 4 } },
  ],
  partitionFields: [{ id: 1000, column: 'started_at', transform: PartitionTransform.DAY }],
  identifierColumns: ['id'],
});

const writer = new iam.Role(stack, 'Writer', { assumedBy: new iam.ServicePrincipal('glue.amazonaws.com') });
trips.grants.readWrite(writer);

app.synth();

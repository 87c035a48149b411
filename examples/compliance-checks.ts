import { App, CfnOutput, Stack, Validations } from 'aws-cdk-lib/core';
import { compliance, contracts, storage } from '../lib';

// Everything in the app is looked at, whoever wrote it: an error fails synthesis, a warning is reported.
const app = new App();
Validations.of(app).addPlugins(new compliance.LakehouseChecks());

const stack = new Stack(app, 'Lake', { env: { region: 'eu-west-1' } });
const zones = new storage.LakeStorage(stack, 'Zones');
const { bucketName } = zones.bucket(contracts.Zone.GOLD);
const shared = new CfnOutput(stack, 'Gold', { value: bucketName, exportName: 'lake-gold' });

// What is meant is acknowledged where it is, with the reason; the report lists it.
Validations.of(shared).acknowledge({
  id: 'LakehouseChecks::cross-stack-export',
  reason: 'the bucket is retained for good, and the stacks of two other teams import its name',
});

app.synth();

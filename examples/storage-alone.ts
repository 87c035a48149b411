/** The buckets of a lake in an app of your own, with a key of their own and raw extracts that go after half a year. */
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib/core';
import { contracts, storage } from '../lib';

const app = new App();
const stack = new Stack(app, 'Lake', { env: { region: 'eu-central-1' } });

const zones = new storage.LakeStorage(stack, 'Zones', {
  landingLifecycle: {
    transitions: [{ tier: storage.StorageTier.INFREQUENT_ACCESS, after: Duration.days(30) }],
    expireAfter: Duration.days(180),
  },
});
new CfnOutput(stack, 'Landing', { value: zones.bucket(contracts.Zone.LANDING).bucketName });

app.synth();

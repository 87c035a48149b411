/** The ground floor alone: a network that costs one NAT gateway, a key, and topics that tell people. */
import { App, Stack } from 'aws-cdk-lib/core';
import { foundation } from '../lib';

const app = new App();
const stack = new Stack(app, 'Ground', { env: { region: 'eu-central-1' } });

const { key } = new foundation.LakeKey(stack, 'Key');
new foundation.LakeNetwork(stack, 'Network', {
  availabilityZones: ['eu-central-1a', 'eu-central-1b'],
  natGateways: 1,
  encryptionKey: key,
});
new foundation.AlertTopics(stack, 'Alerts', {
  encryptionKey: key,
  criticalEmails: ['oncall@example.com'],
  warningEmails: ['data-team@example.com'],
});

app.synth();

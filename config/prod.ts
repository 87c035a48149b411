import type { LakehouseConfig } from '../lib/config';

/** What people depend on. Replace the account by your own, and say who is told. */
export const prod: LakehouseConfig = {
  environment: 'prod',
  region: 'us-east-1',
  account: '222222222222',
  production: true,
  availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
  network: { cidr: '10.20.0.0/16', natGateways: 3, flowLogRetentionDays: 365 },
  storage: {
    landing: {
      transitions: [
        { tier: 'INFREQUENT_ACCESS', afterDays: 30 },
        { tier: 'GLACIER_FLEXIBLE', afterDays: 90 },
        { tier: 'DEEP_ARCHIVE', afterDays: 365 },
      ],
    },
    logRetentionDays: 365,
  },
  batch: {
    release: 'emr-7.14.0',
    architecture: 'arm64',
    coreUnits: 4,
    maxTaskUnits: 32,
    onDemandTaskUnits: 4,
    spotTimeoutMinutes: 15,
    stepConcurrency: 4,
  },
  sources: [{ name: 'nycflights' }],
  alerts: { criticalEmails: [], warningEmails: [] },
};

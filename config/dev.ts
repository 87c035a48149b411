import { RemovalPolicy } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from '../lib/config';

/** One person's or one team's playground: small, in whatever account deploys it, and deletable. */
export const dev: LakehouseConfig = {
  environment: 'dev',
  region: 'us-east-1',
  availabilityZones: ['us-east-1a', 'us-east-1b'],
  removalPolicy: RemovalPolicy.DESTROY,
  network: { natGateways: 1, flowLogRetentionDays: 7 },
  storage: {
    landing: { transitions: [], expireAfterDays: 30, noncurrentExpireAfterDays: 1 },
    bronze: { noncurrentExpireAfterDays: 7 },
    silver: { noncurrentExpireAfterDays: 7 },
    gold: { noncurrentExpireAfterDays: 7 },
    logRetentionDays: 14,
  },
  batch: { release: 'emr-7.14.0', architecture: 'x86_64', coreUnits: 1, maxTaskUnits: 2, spotTimeoutMinutes: 5 },
  sources: [{ name: 'nycflights' }],
};

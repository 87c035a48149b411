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
    requestMetrics: ['landing'],
  },
  kafka: { instanceType: 'm7g.large', storageGib: 20, monitoring: 'DEFAULT', logRetentionDays: 7 },
  streaming: { architecture: 'x86_64', coreUnits: 1, maxUnits: 2, maxRestarts: 2 },
  batch: { release: 'emr-7.14.0', architecture: 'x86_64', coreUnits: 1, maxTaskUnits: 2, spotTimeoutMinutes: 5 },
  sources: [{ name: 'nycflights' }],
  jobFlow: { architecture: 'x86_64', coreUnits: 1, maxTaskUnits: 2, spotTimeoutMinutes: 5, idleMinutes: 5 },
  serverless: { architecture: 'x86_64', maxVcpus: 8, idleMinutes: 5 },
  airflow: { size: 'mw1.micro' },
  athena: { scanLimitGib: 10, resultRetentionDays: 7 },
  observability: { logRetentionDays: 7 },
  budget: { monthlyUsd: 2500 },
};

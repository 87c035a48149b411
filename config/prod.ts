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
    requestMetrics: ['landing', 'silver', 'gold'],
  },
  alerts: { criticalEmails: [], warningEmails: [] },
  kafka: {
    instanceType: 'm7g.xlarge',
    storageGib: 500,
    maxStorageGib: 2000,
    monitoring: 'PER_TOPIC_PER_BROKER',
    logRetentionDays: 365,
  },
  streaming: { architecture: 'arm64', coreUnits: 2, maxUnits: 8, maxRestarts: 10 },
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
  jobFlow: { architecture: 'arm64', coreUnits: 4, maxTaskUnits: 64, onDemandTaskUnits: 8, spotTimeoutMinutes: 30 },
  serverless: { architecture: 'arm64', maxVcpus: 64, idleMinutes: 15 },
  airflow: { size: 'mw1.medium', minWorkers: 2, maxWorkers: 10 },
  athena: { scanLimitGib: 1000, resultRetentionDays: 30 },
  observability: { logRetentionDays: 365 },
  budget: { monthlyUsd: 12_000 },
};

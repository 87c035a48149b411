import type { LakehouseConfig } from '../lib/config';

/** As prod, smaller: releases are tried here first. Replace the account by your own. */
export const staging: LakehouseConfig = {
  environment: 'staging',
  region: 'us-east-1',
  account: '111111111111',
  availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
  network: { cidr: '10.10.0.0/16', natGateways: 1, flowLogRetentionDays: 30 },
  storage: {
    landing: { transitions: [{ tier: 'INFREQUENT_ACCESS', afterDays: 30 }], expireAfterDays: 180 },
    logRetentionDays: 30,
    requestMetrics: ['landing'],
  },
  alerts: { criticalEmails: [], warningEmails: [] },
  kafka: { instanceType: 'm7g.large', storageGib: 100, maxStorageGib: 200, logRetentionDays: 30 },
  streaming: { architecture: 'arm64', coreUnits: 1, maxUnits: 4 },
  batch: {
    release: 'emr-7.14.0',
    architecture: 'arm64',
    coreUnits: 2,
    maxTaskUnits: 8,
    spotTimeoutMinutes: 10,
    stepConcurrency: 2,
  },
  sources: [{ name: 'nycflights' }],
  jobFlow: { architecture: 'arm64', coreUnits: 2, maxTaskUnits: 16, onDemandTaskUnits: 0, spotTimeoutMinutes: 15 },
  serverless: { architecture: 'arm64', maxVcpus: 16 },
  airflow: { size: 'mw1.small', maxWorkers: 2 },
  athena: { scanLimitGib: 100, resultRetentionDays: 14 },
  observability: { logRetentionDays: 30 },
  budget: { monthlyUsd: 4000 },
};

import { Duration } from 'aws-cdk-lib/core';
import type { AlertTopicsProps, LakeNetworkProps } from '../foundation';
import { type BatchClusterProps, EmrRelease, InstanceArchitecture } from '../processing';
import { type LakeStorageProps, StorageTier, type ZoneLifecycle } from '../storage';
import type { LakehouseConfig, ZoneStorageConfig } from './lakehouse-config';

/** The properties of the network that the values stand for. */
export function networkPropsOf({ network = {}, availabilityZones }: LakehouseConfig): LakeNetworkProps {
  return {
    availabilityZones,
    cidr: network.cidr,
    natGateways: network.natGateways,
    flowLogRetention: network.flowLogRetentionDays,
  };
}

/** The properties of the buckets that the values stand for. */
export function storagePropsOf({ storage = {} }: LakehouseConfig): LakeStorageProps {
  return {
    landingLifecycle: lifecycleOf(storage.landing),
    bronzeLifecycle: lifecycleOf(storage.bronze),
    silverLifecycle: lifecycleOf(storage.silver),
    goldLifecycle: lifecycleOf(storage.gold),
    archiveLifecycle: lifecycleOf(storage.archive),
    logRetention: days(storage.logRetentionDays),
  };
}

/** The properties of the batch cluster that the values stand for. */
export function batchPropsOf(config: LakehouseConfig): Omit<BatchClusterProps, 'vpc' | 'storage'> {
  const { batch = {} } = config;
  return {
    release: batch.release === undefined ? undefined : EmrRelease.fromLabel(batch.release),
    architecture: batch.architecture === undefined ? undefined : InstanceArchitecture.fromName(batch.architecture),
    coreUnits: batch.coreUnits,
    maxTaskUnits: batch.maxTaskUnits,
    onDemandTaskUnits: batch.onDemandTaskUnits,
    spotTimeout: batch.spotTimeoutMinutes === undefined ? undefined : Duration.minutes(batch.spotTimeoutMinutes),
    stepConcurrency: batch.stepConcurrency,
    terminationProtection: config.production,
  };
}

/** The properties of the topics that the values stand for. */
export function alertPropsOf({ alerts = {} }: LakehouseConfig): Omit<AlertTopicsProps, 'encryptionKey'> {
  return { criticalEmails: alerts.criticalEmails, warningEmails: alerts.warningEmails };
}

/** The name of the secret of each source. */
export function sourceSecretsOf({ environment, sources = [] }: LakehouseConfig): { [source: string]: string } {
  return Object.fromEntries(
    sources.map(({ name, secretName }) => [name, secretName ?? `lakehouse/${environment}/sources/${name}`]),
  );
}

/** The lifecycle that the values of a zone stand for; what is left out stays the zone's default. */
export function lifecycleOf(zone: ZoneStorageConfig | undefined): ZoneLifecycle | undefined {
  if (zone === undefined) {
    return undefined;
  }
  return {
    transitions: zone.transitions?.map(({ tier, afterDays }) => ({
      tier: StorageTier.fromName(tier),
      after: Duration.days(afterDays),
    })),
    expireAfter: days(zone.expireAfterDays),
    noncurrentExpireAfter: days(zone.noncurrentExpireAfterDays),
  };
}

function days(count: number | undefined): Duration | undefined {
  return count === undefined ? undefined : Duration.days(count);
}

import { type Problem, didYouMean } from '../private';
import type {
  AlertsConfig,
  BatchConfig,
  LakehouseConfig,
  NetworkConfig,
  SourceConfig,
  StorageConfig,
  ZoneStorageConfig,
} from './lakehouse-config';

/** All members of a type; the compiler sees that none is missing. */
type Members<T> = { [member in keyof Required<T>]: true };

const CONFIG: Members<LakehouseConfig> = {
  environment: true,
  region: true,
  availabilityZones: true,
  account: true,
  production: true,
  namePrefix: true,
  removalPolicy: true,
  network: true,
  storage: true,
  batch: true,
  sources: true,
  alerts: true,
  tags: true,
};
const NETWORK: Members<NetworkConfig> = { cidr: true, natGateways: true, flowLogRetentionDays: true };
const STORAGE: Members<StorageConfig> = {
  landing: true,
  bronze: true,
  silver: true,
  gold: true,
  archive: true,
  logRetentionDays: true,
};
const ZONE: Members<ZoneStorageConfig> = { transitions: true, expireAfterDays: true, noncurrentExpireAfterDays: true };
const BATCH: Members<BatchConfig> = {
  release: true,
  architecture: true,
  coreUnits: true,
  maxTaskUnits: true,
  onDemandTaskUnits: true,
  spotTimeoutMinutes: true,
  stepConcurrency: true,
};
const SOURCE: Members<SourceConfig> = { name: true, secretName: true };
const ALERTS: Members<AlertsConfig> = { criticalEmails: true, warningEmails: true };

/**
 * Members that no section has. TypeScript refuses them in a literal, but values also come from files and from Python.
 */
export function unknownMembers(config: LakehouseConfig): Problem[] {
  const { storage = {} } = config;
  const zones = [storage.landing, storage.bronze, storage.silver, storage.gold, storage.archive];
  return [
    ...unknownOf('', config, CONFIG),
    ...unknownOf('network.', config.network, NETWORK),
    ...unknownOf('storage.', config.storage, STORAGE),
    ...zones.flatMap((zone) => unknownOf('storage.', zone, ZONE)),
    ...unknownOf('batch.', config.batch, BATCH),
    ...(config.sources ?? []).flatMap((source) => unknownOf('sources.', source, SOURCE)),
    ...unknownOf('alerts.', config.alerts, ALERTS),
  ];
}

function unknownOf(section: string, values: object | undefined, members: { [member: string]: true }): Problem[] {
  const known = Object.keys(members);
  return Object.entries(values ?? {})
    .filter(([member]) => !known.includes(member))
    .map(([member, got]: [string, unknown]) => ({
      path: `${section}${member}`,
      must: 'left out, because there is no such setting',
      got,
      remedy: /^auto_?terminat|^idle/i.test(member)
        ? 'a standing cluster never ends by itself: managed scaling shrinks it to its core, and CloudFormation owns the rest'
        : didYouMean(member, known),
    }));
}

export type {
  AlertsConfig,
  BatchConfig,
  LakehouseConfig,
  NetworkConfig,
  SourceConfig,
  StorageConfig,
  TransitionConfig,
  ZoneStorageConfig,
} from './lakehouse-config';
export { alertPropsOf, batchPropsOf, networkPropsOf, sourceSecretsOf, storagePropsOf } from './resolve';
export { validateConfig } from './validate';

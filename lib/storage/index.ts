export {
  ArtifactPrefix,
  type ILakeStorage,
  LakeStorage,
  type LakeStorageAttributes,
  type LakeStorageProps,
} from './lake-storage';
export { StorageTier, type TierTransition, type ZoneLifecycle } from './zone-lifecycle';

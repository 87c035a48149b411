import { Duration, Size } from 'aws-cdk-lib/core';
import { Zone } from '../../contracts';
import { type Problem } from '../../private';
import {
  type LakeStorageProps,
  StorageTier,
  type TierTransition,
  type ZoneLifecycle,
  lifecycleProblems,
  withDefaults,
} from '../../storage';
import type { LakehouseConfig } from '../lakehouse-config';
import { oneOf, positiveDays, unknownName } from '../problems';

/** Values for the buckets. */
export interface StorageConfig {
  /**
   * How raw extracts age.
   *
   * @default - Standard-IA at 30 days, Glacier Flexible Retrieval at 90
   */
  readonly landing?: ZoneStorageConfig;

  /**
   * How the files of bronze tables age.
   *
   * @default - Standard-IA at 30 days, Glacier Instant Retrieval at 180
   */
  readonly bronze?: ZoneStorageConfig;

  /**
   * How the files of silver tables age.
   *
   * @default - Intelligent-Tiering at 30 days
   */
  readonly silver?: ZoneStorageConfig;

  /**
   * How the files of gold tables age.
   *
   * @default - Intelligent-Tiering at 30 days
   */
  readonly gold?: ZoneStorageConfig;

  /**
   * How archived data ages.
   *
   * @default - Standard-IA at 30 days, Glacier Flexible Retrieval at 90, Deep Archive at 365
   */
  readonly archive?: ZoneStorageConfig;

  /**
   * Days that access logs and cluster logs are kept.
   *
   * @default 90
   */
  readonly logRetentionDays?: number;

  /**
   * The zones whose buckets publish request metrics, so that errors of S3 are alarms: landing, bronze, silver, gold, archive.
   * CloudWatch bills about 16 metrics for each.
   *
   * @default - none
   */
  readonly requestMetrics?: string[];
}

/** Values for the ageing of one zone. */
export interface ZoneStorageConfig {
  /**
   * Moves to colder tiers.
   *
   * @default - those of the zone
   */
  readonly transitions?: TransitionConfig[];

  /**
   * Days until objects are deleted; refused for zones that hold tables.
   *
   * @default - they are kept
   */
  readonly expireAfterDays?: number;

  /**
   * Moves of overwritten or deleted versions, by the days since they were; any tier, because no table reads them.
   *
   * @default - they stay where they are
   */
  readonly noncurrentTransitions?: TransitionConfig[];

  /**
   * Days that an overwritten or deleted version is kept.
   *
   * @default 30
   */
  readonly noncurrentExpireAfterDays?: number;

  /**
   * How many of an object's newest overwritten versions are kept however old they are, 1 to 100.
   *
   * @default - none
   */
  readonly noncurrentVersionsKept?: number;

  /**
   * KiB of the smallest object that moves to another tier, at least 128.
   *
   * @default 128
   */
  readonly minimumObjectKib?: number;

  /**
   * KiB of the largest object that moves to another tier.
   *
   * @default - any size moves
   */
  readonly maximumObjectKib?: number;

  /**
   * Days until the parts of an upload that never finished are removed.
   *
   * @default 7
   */
  readonly abortUploadsAfterDays?: number;
}

/** A move to a colder tier. */
export interface TransitionConfig {
  /** The tier: INFREQUENT_ACCESS, INTELLIGENT_TIERING, GLACIER_INSTANT, GLACIER_FLEXIBLE or DEEP_ARCHIVE. */
  readonly tier: string;

  /** The age in days. */
  readonly afterDays: number;
}

/**
 * The properties of the buckets that the values stand for.
 *
 * @internal
 */
export function storagePropsOf({ storage = {} }: LakehouseConfig): LakeStorageProps {
  return {
    landingLifecycle: lifecycleOf(storage.landing),
    bronzeLifecycle: lifecycleOf(storage.bronze),
    silverLifecycle: lifecycleOf(storage.silver),
    goldLifecycle: lifecycleOf(storage.gold),
    archiveLifecycle: lifecycleOf(storage.archive),
    logRetention: days(storage.logRetentionDays),
    requestMetrics: storage.requestMetrics?.map((zone) => Zone.of(zone)),
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function storageRules({ storage = {} }: LakehouseConfig): Problem[] {
  const { landing, bronze, silver, gold, archive } = storage;
  const zones: { [name: string]: ZoneStorageConfig | undefined } = { landing, bronze, silver, gold, archive };
  return [
    ...Zone.all().flatMap((zone) => zoneRules(zone, zones[zone.name])),
    ...positiveDays('storage.logRetentionDays', storage.logRetentionDays),
    ...(storage.requestMetrics ?? []).flatMap((zone) => oneOf('storage.requestMetrics', 'zones', zone, ZONES)),
  ];
}

const ZONES = Zone.all().map(({ name }) => name);

function zoneRules(zone: Zone, values: ZoneStorageConfig | undefined): Problem[] {
  const path = `storage.${zone.name}`;
  const unreadable = [
    ...moveRules(`${path}.transitions`, values?.transitions),
    ...moveRules(`${path}.noncurrentTransitions`, values?.noncurrentTransitions),
    ...positiveDays(`${path}.expireAfterDays`, values?.expireAfterDays),
    ...positiveDays(`${path}.noncurrentExpireAfterDays`, values?.noncurrentExpireAfterDays),
    ...positiveDays(`${path}.abortUploadsAfterDays`, values?.abortUploadsAfterDays),
    ...positiveKib(`${path}.minimumObjectKib`, values?.minimumObjectKib),
    ...positiveKib(`${path}.maximumObjectKib`, values?.maximumObjectKib),
  ];
  if (unreadable.length > 0) {
    return unreadable;
  }
  // Settings in days have that in their names, and tiers are texts; the construct's are not.
  return lifecycleProblems(path, withDefaults(zone, lifecycleOf(values)), zone.holdsTables).map((found) => ({
    path: found.path.replace(/after$/i, '$&Days').replace(/ObjectSize$/, 'ObjectKib'),
    must: found.must,
    got: found.got,
    remedy: found.remedy.replaceAll(/StorageTier\.(\w+)/g, "'$1'"),
  }));
}

function moveRules(path: string, moves: TransitionConfig[] = []): Problem[] {
  const names = StorageTier.names();
  return moves.flatMap(({ tier, afterDays }, index) => [
    ...(names.includes(tier) ? [] : [unknownName(path, 'a storage tier', tier, names)]),
    ...positiveDays(`${path}[${index}].afterDays`, afterDays),
  ]);
}

function positiveKib(path: string, value: number | undefined): Problem[] {
  return value === undefined || (Number.isInteger(value) && value > 0)
    ? []
    : [{ path, must: 'a whole number of KiB, at least 1', got: value, remedy: 'correct it' }];
}

/** The lifecycle that the values of a zone stand for; what is left out stays the zone's default. */
function lifecycleOf(zone: ZoneStorageConfig | undefined): ZoneLifecycle | undefined {
  if (zone === undefined) {
    return undefined;
  }
  return {
    transitions: zone.transitions?.map(moveOf),
    expireAfter: days(zone.expireAfterDays),
    noncurrentTransitions: zone.noncurrentTransitions?.map(moveOf),
    noncurrentExpireAfter: days(zone.noncurrentExpireAfterDays),
    noncurrentVersionsKept: zone.noncurrentVersionsKept,
    minimumObjectSize: kib(zone.minimumObjectKib),
    maximumObjectSize: kib(zone.maximumObjectKib),
    abortUploadsAfter: days(zone.abortUploadsAfterDays),
  };
}

function moveOf({ tier, afterDays }: TransitionConfig): TierTransition {
  return { tier: StorageTier.fromName(tier), after: Duration.days(afterDays) };
}

function kib(count: number | undefined): Size | undefined {
  return count === undefined ? undefined : Size.kibibytes(count);
}

function days(count: number | undefined): Duration | undefined {
  return count === undefined ? undefined : Duration.days(count);
}

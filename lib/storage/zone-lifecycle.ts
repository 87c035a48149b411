import { Duration, type Size } from 'aws-cdk-lib/core';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type { StorageTier } from './storage-tier';

/** A move of objects to a cheaper tier at an age. */
export interface TierTransition {
  /** The tier that objects move to. */
  readonly tier: StorageTier;

  /** The age at which they move, in whole days. */
  readonly after: Duration;
}

/** What happens to the objects of a zone as they age. */
export interface ZoneLifecycle {
  /**
   * The moves of current objects, in the order they happen.
   *
   * @default - Iceberg zones: Standard-IA at 30 days and Glacier Instant Retrieval at 180 (bronze), Intelligent-Tiering
   * at 30 days (silver, gold); landing and archive: Standard-IA at 30 days, Glacier Flexible Retrieval at 90,
   * archive also Deep Archive at 365
   */
  readonly transitions?: TierTransition[];

  /**
   * The age at which current objects are deleted, in whole days, at least 1. Refused for zones that hold tables.
   *
   * @default - objects are kept
   */
  readonly expireAfter?: Duration;

  /**
   * The moves of overwritten or deleted versions, by the days since they were. No table reads such a version, so any tier is
   * allowed in every zone; one that is archived must be restored before it can bring a file back.
   *
   * @default - they stay where they are
   */
  readonly noncurrentTransitions?: TierTransition[];

  /**
   * How long an overwritten or deleted version is kept, in whole days, at least 1.
   *
   * @default Duration.days(30)
   */
  readonly noncurrentExpireAfter?: Duration;

  /**
   * How many of an object's newest overwritten versions are kept however old they are, 1 to 100.
   *
   * @default - none
   */
  readonly noncurrentVersionsKept?: number;

  /**
   * The smallest object that moves to another tier, at least 128 KiB: smaller ones are billed as that much where they go.
   *
   * @default - 128 KiB, which is S3's own
   * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
   */
  readonly minimumObjectSize?: Size;

  /**
   * The largest object that moves to another tier; larger ones stay in Standard.
   *
   * @default - any size moves
   */
  readonly maximumObjectSize?: Size;

  /**
   * When the parts of an upload that never finished are removed, in whole days, at least 1.
   *
   * @default Duration.days(7)
   */
  readonly abortUploadsAfter?: Duration;
}

/**
 * How long an overwritten or deleted version is kept when nothing else is said.
 *
 * @internal
 */
export const DEFAULT_NONCURRENT_EXPIRY = Duration.days(30);

/**
 * The rules of a bucket that make a lifecycle true.
 *
 * A filter by size holds for a whole rule, and S3 takes none beside the end of uploads: with sizes, the moves are a rule
 * of their own.
 *
 * @internal
 */
export function lifecycleRules(lifecycle: ZoneLifecycle): s3.LifecycleRule[] {
  const { minimumObjectSize: smallest, maximumObjectSize: largest } = lifecycle;
  const moves: s3.LifecycleRule = {
    transitions: lifecycle.transitions?.map(moveOf),
    noncurrentVersionTransitions: lifecycle.noncurrentTransitions?.map(moveOf),
  };
  const rest: s3.LifecycleRule = {
    id: 'Zone',
    expiration: lifecycle.expireAfter,
    // what marks a deleted object outlives its versions, and every listing goes over it; S3 takes an age for this too
    expiredObjectDeleteMarker: lifecycle.expireAfter === undefined ? true : undefined,
    noncurrentVersionExpiration: lifecycle.noncurrentExpireAfter ?? DEFAULT_NONCURRENT_EXPIRY,
    noncurrentVersionsToRetain: lifecycle.noncurrentVersionsKept,
    abortIncompleteMultipartUploadAfter: lifecycle.abortUploadsAfter ?? Duration.days(7),
  };
  if (smallest === undefined && largest === undefined) {
    return [{ ...rest, ...moves }];
  }
  // S3 counts objects that are larger and smaller than a size, not of it
  const filter = {
    objectSizeGreaterThan: smallest === undefined ? undefined : smallest.toBytes() - 1,
    objectSizeLessThan: largest === undefined ? undefined : largest.toBytes() + 1,
  };
  return [rest, { id: 'Moves', ...filter, ...moves }];
}

function moveOf({ tier, after }: TierTransition): s3.NoncurrentVersionTransition {
  return { storageClass: tier.storageClass, transitionAfter: after };
}

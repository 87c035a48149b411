import { Duration } from 'aws-cdk-lib/core';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { type Problem, didYouMean, fail } from '../private';

/** How fast an object in a storage tier can be read. */
interface TierFacts {
  /** Whether every object is readable at once, which the files of a table must be. */
  readonly readableAtOnce: boolean;
  /** Days an object must be old before S3 moves it there. */
  readonly minimumAge: number;
  /** Days that are billed in the tier even if the object leaves earlier. */
  readonly minimumStay: number;
  /** The order in which objects can move: only to a tier with a higher rank. */
  readonly rank: number;
}

/**
 * A storage tier that objects move to as they age.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
 */
export class StorageTier {
  /** Standard-IA: half the price of Standard, a charge per gigabyte read, 30 days at least. */
  public static readonly INFREQUENT_ACCESS = new StorageTier('INFREQUENT_ACCESS', s3.StorageClass.INFREQUENT_ACCESS, {
    readableAtOnce: true,
    minimumAge: 30,
    minimumStay: 30,
    rank: 1,
  });

  /** Intelligent-Tiering without its archive tiers: follows the real use, every object readable at once. */
  public static readonly INTELLIGENT_TIERING = new StorageTier(
    'INTELLIGENT_TIERING',
    s3.StorageClass.INTELLIGENT_TIERING,
    { readableAtOnce: true, minimumAge: 0, minimumStay: 0, rank: 2 },
  );

  /** Glacier Instant Retrieval: cold, readable at once, 90 days at least. */
  public static readonly GLACIER_INSTANT = new StorageTier(
    'GLACIER_INSTANT',
    s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
    { readableAtOnce: true, minimumAge: 0, minimumStay: 90, rank: 3 },
  );

  /** Glacier Flexible Retrieval: minutes to hours before an object can be read, 90 days at least. Refused for live zones. */
  public static readonly GLACIER_FLEXIBLE = new StorageTier('GLACIER_FLEXIBLE', s3.StorageClass.GLACIER, {
    readableAtOnce: false,
    minimumAge: 0,
    minimumStay: 90,
    rank: 4,
  });

  /** Glacier Deep Archive: up to two days before an object can be read, 180 days at least. Refused for live zones. */
  public static readonly DEEP_ARCHIVE = new StorageTier('DEEP_ARCHIVE', s3.StorageClass.DEEP_ARCHIVE, {
    readableAtOnce: false,
    minimumAge: 0,
    minimumStay: 180,
    rank: 5,
  });

  /**
   * The tier of that name; any other name is an error.
   *
   * @param name for example `GLACIER_INSTANT`
   */
  public static fromName(name: string): StorageTier {
    return (
      TIERS.find((tier) => tier.name === name) ??
      fail({ path: 'tier', must: 'a storage tier', got: name, remedy: didYouMean(name, StorageTier.names()) })
    );
  }

  /** The names of all tiers, from warm to cold. */
  public static names(): string[] {
    return TIERS.map((tier) => tier.name);
  }

  private constructor(
    /** The tier's name, for messages. */
    public readonly name: string,
    /** S3's own storage class. */
    public readonly storageClass: s3.StorageClass,
    /** @internal */
    public readonly _facts: TierFacts,
  ) {}
}

const TIERS = [
  StorageTier.INFREQUENT_ACCESS,
  StorageTier.INTELLIGENT_TIERING,
  StorageTier.GLACIER_INSTANT,
  StorageTier.GLACIER_FLEXIBLE,
  StorageTier.DEEP_ARCHIVE,
];

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
   * The age at which current objects are deleted. Refused for zones that hold tables.
   *
   * @default - objects are kept
   */
  readonly expireAfter?: Duration;

  /**
   * How long an overwritten or deleted version is kept.
   *
   * @default Duration.days(30)
   */
  readonly noncurrentExpireAfter?: Duration;

  /**
   * When the parts of an upload that never finished are removed.
   *
   * @default Duration.days(7)
   */
  readonly abortUploadsAfter?: Duration;
}

/**
 * All that is wrong with a lifecycle, as problems to collect.
 *
 * A live zone holds tables: age says nothing about whether a snapshot still refers to a file, so nothing expires there
 * and nothing goes where a reader would have to wait for a restore.
 *
 * @internal
 */
export function lifecycleProblems(path: string, lifecycle: ZoneLifecycle, live: boolean): Problem[] {
  const moves = lifecycle.transitions ?? [];
  const transitions = moves.flatMap((move, index) => {
    const place = `${path}.transitions[${index}]`;
    return tierProblems(place, move, live).concat(orderProblems(place, moves[index - 1], move));
  });
  return [...transitions, ...expiryProblems(path, lifecycle, live)];
}

function tierProblems(path: string, move: TierTransition, live: boolean): Problem[] {
  const { readableAtOnce, minimumAge } = move.tier._facts;
  const problems: Problem[] = [];
  if (live && !readableAtOnce) {
    problems.push({
      path: `${path}.tier`,
      must: 'a tier that is readable at once, because a table reads old files with every query and fails on an archived one',
      got: move.tier.name,
      remedy: 'use StorageTier.GLACIER_INSTANT, or copy what nobody queries to the archive zone',
    });
  }
  if (move.after.toDays() < minimumAge) {
    problems.push({
      path: `${path}.after`,
      must: `at least ${minimumAge} days for ${move.tier.name}`,
      got: `${move.after.toDays()} days`,
      remedy: 'move the objects later, or use StorageTier.INTELLIGENT_TIERING, which has no minimum age',
    });
  }
  return problems;
}

function orderProblems(path: string, previous: TierTransition | undefined, move: TierTransition): Problem[] {
  if (previous === undefined) {
    return [];
  }
  const problems: Problem[] = [];
  if (move.tier._facts.rank <= previous.tier._facts.rank) {
    problems.push({
      path: `${path}.tier`,
      must: `a colder tier than ${previous.tier.name} before it`,
      got: move.tier.name,
      remedy: 'S3 moves objects only to colder tiers; order the transitions by tier',
    });
  }
  const earliest = previous.after.toDays() + Math.max(1, previous.tier._facts.minimumStay);
  if (move.after.toDays() < earliest) {
    problems.push({
      path: `${path}.after`,
      must: `at least ${earliest} days, because ${previous.tier.name} is billed for ${previous.tier._facts.minimumStay} days`,
      got: `${move.after.toDays()} days`,
      remedy: 'move the objects later or leave the tier before it out',
    });
  }
  return problems;
}

function expiryProblems(path: string, lifecycle: ZoneLifecycle, live: boolean): Problem[] {
  const { expireAfter, transitions = [] } = lifecycle;
  if (expireAfter === undefined) {
    return [];
  }
  if (live) {
    return [
      {
        path: `${path}.expireAfter`,
        must: 'left out, because the age of a file does not say that no snapshot of a table needs it',
        got: `${expireAfter.toDays()} days`,
        remedy: 'delete rows in the table and let snapshot expiry remove the files',
      },
    ];
  }
  const last = transitions.at(-1);
  const earliest = last === undefined ? 1 : last.after.toDays() + Math.max(1, last.tier._facts.minimumStay);
  return expireAfter.toDays() >= earliest
    ? []
    : [
        {
          path: `${path}.expireAfter`,
          must: `at least ${earliest} days, after the last transition and its minimum stay`,
          got: `${expireAfter.toDays()} days`,
          remedy: 'expire the objects later or leave the last transition out',
        },
      ];
}

/**
 * The rule of a bucket that makes a lifecycle true.
 *
 * @internal
 */
export function lifecycleRule(lifecycle: ZoneLifecycle): s3.LifecycleRule {
  return {
    id: 'Zone',
    transitions: lifecycle.transitions?.map(({ tier, after }) => ({
      storageClass: tier.storageClass,
      transitionAfter: after,
    })),
    expiration: lifecycle.expireAfter,
    noncurrentVersionExpiration: lifecycle.noncurrentExpireAfter ?? Duration.days(30),
    abortIncompleteMultipartUploadAfter: lifecycle.abortUploadsAfter ?? Duration.days(7),
  };
}

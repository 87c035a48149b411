import * as s3 from 'aws-cdk-lib/aws-s3';
import { didYouMean, fail } from '../private';

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

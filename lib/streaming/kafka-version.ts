import { Token } from 'aws-cdk-lib/core';
import { didYouMean, fail } from '../private';

/**
 * A version of Apache Kafka on MSK, with KRaft. Versions that still need ZooKeeper are refused: MSK cannot move a cluster
 * from one to the other.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/supported-kafka-versions.html
 */
export class KafkaVersion {
  /** Kafka 3.8 with KRaft. */
  public static readonly V3_8_X_KRAFT = new KafkaVersion('3.8.x.kraft');

  /** Kafka 3.9 with KRaft. */
  public static readonly V3_9_X_KRAFT = new KafkaVersion('3.9.x.kraft');

  /** Kafka 4.0, which has KRaft only. */
  public static readonly V4_0_X_KRAFT = new KafkaVersion('4.0.x.kraft');

  /** Kafka 4.1, which has KRaft only. */
  public static readonly V4_1_X_KRAFT = new KafkaVersion('4.1.x.kraft');

  /** Kafka 4.2, which has KRaft only. */
  public static readonly V4_2_X_KRAFT = new KafkaVersion('4.2.x.kraft');

  /**
   * A version this library does not know.
   *
   * @param version as MSK writes it, for example `4.3.x.kraft`; a version without KRaft, which MSK has from 3.7 on, is an error
   */
  public static of(version: string): KafkaVersion {
    if (!Token.isUnresolved(version) && !/^(3\.([7-9]|\d\d)|([4-9]|\d\d)\.\d+)\.(\d+|x)\.kraft$/.test(version)) {
      fail({
        path: 'version',
        must: 'a version with KRaft, as MSK writes it',
        got: version,
        remedy: "use a version such as '3.9.x.kraft'",
      });
    }
    return new KafkaVersion(version);
  }

  /**
   * A version this library knows.
   *
   * @param version for example `3.9.x.kraft`; any other is an error that names the nearest known one
   */
  public static fromVersion(version: string): KafkaVersion {
    return (
      KNOWN.find((known) => known.version === version) ??
      fail({
        path: 'version',
        must: 'a known version of Kafka',
        got: version,
        remedy: didYouMean(version, KafkaVersion.knownVersions()),
      })
    );
  }

  /** The versions this library knows, as MSK writes them. */
  public static knownVersions(): string[] {
    return KNOWN.map(({ version }) => version);
  }

  private constructor(
    /** The version, as MSK writes it. */
    public readonly version: string,
  ) {}
}

const KNOWN = [
  KafkaVersion.V3_8_X_KRAFT,
  KafkaVersion.V3_9_X_KRAFT,
  KafkaVersion.V4_0_X_KRAFT,
  KafkaVersion.V4_1_X_KRAFT,
  KafkaVersion.V4_2_X_KRAFT,
];

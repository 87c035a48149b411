import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';

/** The instance types of standard brokers: m5 and m7g from large on. */
const STANDARD_TYPE = /^(m5\.(large|([248]|12|16|24)?xlarge)|m7g\.(large|([248]|12|16)?xlarge))$/;

/** The largest volume of a standard broker, in GiB. */
const LARGEST_VOLUME = 16_384;

/** Brokers whose instances and volumes are chosen. */
export interface ProvisionedBrokersOptions {
  /** The instance type without MSK's own prefix: m7g or m5, large or larger. */
  readonly instanceType: ec2.InstanceType;

  /**
   * Brokers in each availability zone. MSK never takes brokers away again without moving their partitions first.
   *
   * @default 1
   */
  readonly perZone?: number;

  /**
   * The volume of each broker, 1 to 16,384 GiB. A volume can grow, once in six hours, and never shrink.
   *
   * @default Size.gibibytes(100)
   */
  readonly storage?: Size;
}

/**
 * The brokers of a cluster: what they run on, and how many there are in each availability zone.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
 */
export class KafkaBrokers {
  /**
   * Standard brokers.
   *
   * @param options their instances and volumes; what is wrong with them is told by the cluster that has them
   */
  public static provisioned(options: ProvisionedBrokersOptions): KafkaBrokers {
    return new KafkaBrokers(
      options.instanceType.toString(),
      options.perZone ?? 1,
      options.storage ?? Size.gibibytes(100),
    );
  }

  private constructor(
    private readonly type: string,
    /** Brokers in each availability zone. */
    public readonly perZone: number,
    private readonly storage: Size,
  ) {}

  /** The instance type, as MSK writes it. */
  public get instanceType(): string {
    return `kafka.${this.type}`;
  }

  /**
   * The volume of each broker in GiB.
   *
   * @internal
   */
  public get _volumeGib(): number {
    return this.storage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
  }

  /**
   * All that MSK would refuse, as problems to collect.
   *
   * @internal
   */
  public get _problems(): Problem[] {
    return [...this.countProblems(), ...this.typeProblems(), ...this.volumeProblems()];
  }

  private countProblems(): Problem[] {
    const got = this.perZone;
    return Token.isUnresolved(got) || (Number.isInteger(got) && got >= 1)
      ? []
      : [
          {
            path: 'brokers.perZone',
            must: 'a whole number of at least 1, because MSK takes only a multiple of the subnets as the number of brokers',
            got,
            remedy: 'use 1 for one broker in each zone',
          },
        ];
  }

  private typeProblems(): Problem[] {
    const got = this.type;
    if (Token.isUnresolved(got) || STANDARD_TYPE.test(got)) {
      return [];
    }
    return [
      got === 't3.small'
        ? {
            path: 'brokers.instanceType',
            must: 'a type that runs Kafka with KRaft',
            got,
            remedy: 'the smallest that does is m7g.large',
          }
        : {
            path: 'brokers.instanceType',
            must: 'an m7g or m5 type, large or larger, without a prefix',
            got,
            remedy: 'use for example m7g.large',
          },
    ];
  }

  private volumeProblems(): Problem[] {
    const got = this.storage.isUnresolved() ? 1 : this.storage.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
    return Number.isInteger(got) && got >= 1 && got <= LARGEST_VOLUME
      ? []
      : [
          {
            path: 'brokers.storage',
            must: `between 1 and ${LARGEST_VOLUME} GiB, in whole GiB`,
            got: `${got} GiB`,
            remedy: 'use Size.gibibytes(100), or more brokers',
          },
        ];
  }
}

import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Size, SizeRoundingBehavior } from 'aws-cdk-lib/core';
import type { Problem } from '../private';
import { type BrokerPaths, brokerProblems } from './broker-problems';

/** What the props are called that hold the values of brokers. */
const IN_PROPS: BrokerPaths = {
  instanceType: 'brokers.instanceType',
  perZone: 'brokers.perZone',
  volumeGib: 'brokers.storage',
};

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
    const volumeGib = this.storage.isUnresolved() ? 1 : this._volumeGib;
    return brokerProblems({ instanceType: this.type, perZone: this.perZone, volumeGib }, IN_PROPS);
  }
}

import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Size } from 'aws-cdk-lib/core';
import type { BrokerKind } from './brokers/broker-kind';
import { ExpressBrokers } from './brokers/express-brokers';
import type { KafkaBrokerType } from './kafka-broker-type';
import type { KafkaStorageMode } from './kafka-storage-mode';
import { StandardBrokers } from './brokers/standard-brokers';

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
   * The volume of each broker, 1 to 16,384 GiB. A volume can grow, once in six hours, and never shrink. Where volumes grow
   * by themselves, it must be raised to what they have before the cluster is changed in any other way, because MSK takes
   * a smaller one for an attempt to shrink them.
   *
   * @default Size.gibibytes(100)
   */
  readonly storage?: Size;

  /**
   * How large a volume may grow by itself, more than `storage` and at most 16,384 GiB: by a tenth or 10 GiB, whichever is
   * more, once in six hours.
   *
   * @default - volumes do not grow by themselves
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand.html
   */
  readonly maxStorage?: Size;

  /**
   * How full the fullest volume is when volumes grow, 10 to 80 percent. Only with `maxStorage`.
   *
   * @default 60
   */
  readonly growAtPercent?: number;

  /**
   * Where records are kept. Topics say what goes to the cheaper tier, with `localRetention`.
   *
   * @default KafkaStorageMode.LOCAL
   */
  readonly storageMode?: KafkaStorageMode;
}

/** Brokers whose storage MSK looks after. */
export interface ExpressBrokersOptions {
  /** The instance type without MSK's own prefix: m7g, large or larger. */
  readonly instanceType: ec2.InstanceType;

  /**
   * Brokers in each of the three availability zones.
   *
   * @default 1
   */
  readonly perZone?: number;

  /**
   * Whether MSK moves partitions to where brokers have room, and onto new brokers.
   *
   * @default true
   */
  readonly rebalancing?: boolean;
}

/**
 * The brokers of a cluster: what they run on, and how many there are in each availability zone.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
 */
export class KafkaBrokers {
  /**
   * Standard brokers, whose volumes and server properties are yours to choose.
   *
   * @param options their instances and volumes; what is wrong with them is told by the cluster that has them
   */
  public static provisioned(options: ProvisionedBrokersOptions): KafkaBrokers {
    return new KafkaBrokers(new StandardBrokers(options));
  }

  /**
   * Express brokers: no volumes to size, up to three times the throughput, three zones, three replicas of which two must
   * have a record, and fewer server properties that are yours to set.
   *
   * @param options their instances; what is wrong with them is told by the cluster that has them
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-broker-types-express.html
   */
  public static express(options: ExpressBrokersOptions): KafkaBrokers {
    return new KafkaBrokers(new ExpressBrokers(options));
  }

  /**
   * What is particular to them.
   *
   * @internal
   */
  public readonly _kind: BrokerKind;

  private constructor(kind: BrokerKind) {
    this._kind = kind;
  }

  /** Whether they are standard or Express brokers. */
  public get type(): KafkaBrokerType {
    return this._kind.type;
  }

  /** The instance type, as MSK writes it. */
  public get instanceType(): string {
    return this._kind.instanceType;
  }

  /** Brokers in each availability zone. */
  public get perZone(): number {
    return this._kind.perZone;
  }

  /** Whether records that topics keep for longer can go to the cheaper tier. */
  public get isTiered(): boolean {
    return this._kind.isTiered;
  }
}

import type * as msk from 'aws-cdk-lib/aws-msk';
import { Size, SizeRoundingBehavior, Token } from 'aws-cdk-lib/core';
import type { Problem } from '../../private';
import { type BrokerKind, type BrokerSurroundings, type VolumeGrowth, countProblems } from './broker-kind';
import { KafkaBrokerType } from '../kafka-broker-type';
import type { ProvisionedBrokersOptions } from '../kafka-brokers';
import { KafkaStorageMode } from '../kafka-storage-mode';

/** The instance types of standard brokers: m5 and m7g from large on. */
const STANDARD_TYPE = /^(m5\.(large|([248]|12|16|24)?xlarge)|m7g\.(large|([248]|12|16)?xlarge))$/;

/** The largest volume of a standard broker, in GiB. */
const LARGEST_VOLUME = 16_384;

/** How full a volume may be when it grows. AWS advises 50 to 60. */
const GROW_AT = { least: 10, most: 80, advised: 60 };

/**
 * Where volumes do not grow by themselves.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-autoexpand.html
 */
const WITHOUT_GROWTH = new Set(['ap-northeast-3', 'af-south-1']);

/** Brokers whose instances and volumes are chosen. */
export class StandardBrokers implements BrokerKind {
  public readonly type = KafkaBrokerType.STANDARD;
  public readonly perZone: number;

  private readonly storage: Size;

  constructor(private readonly options: ProvisionedBrokersOptions) {
    this.perZone = options.perZone ?? 1;
    this.storage = options.storage ?? Size.gibibytes(100);
  }

  public get instanceType(): string {
    return `kafka.${this.options.instanceType.toString()}`;
  }

  public get isTiered(): boolean {
    return this.options.storageMode === KafkaStorageMode.TIERED;
  }

  public get growth(): VolumeGrowth | undefined {
    const { maxStorage, growAtPercent = GROW_AT.advised } = this.options;
    return maxStorage === undefined ? undefined : { mostGib: gibOf(maxStorage), percent: growAtPercent };
  }

  public get properties(): BrokerKind['properties'] {
    return this.isTiered ? { storageMode: KafkaStorageMode.TIERED } : {};
  }

  public get storageInfo(): msk.CfnCluster.StorageInfoProperty {
    return { ebsStorageInfo: { volumeSize: gibOf(this.storage) } };
  }

  public problems(): Problem[] {
    return [
      ...countProblems(this.perZone),
      ...typeProblems(this.options.instanceType.toString()),
      ...volumeProblems('brokers.storage', this.storage),
      ...this.growthProblems(),
    ];
  }

  public problemsAround({ region }: BrokerSurroundings): Problem[] {
    const remedy = 'leave it out, and enlarge storage when the alarm of the disks says so';
    return this.growth !== undefined && WITHOUT_GROWTH.has(region)
      ? [{ path: 'brokers.maxStorage', must: 'left out in a region where volumes do not grow', got: region, remedy }]
      : [];
  }

  private growthProblems(): Problem[] {
    const { maxStorage, growAtPercent: got } = this.options;
    const problems: Problem[] = [];
    if (maxStorage !== undefined) {
      const wrong = volumeProblems('brokers.maxStorage', maxStorage);
      problems.push(...wrong);
      const known = !maxStorage.isUnresolved() && !this.storage.isUnresolved();
      if (wrong.length === 0 && known && gibOf(maxStorage) <= gibOf(this.storage)) {
        problems.push({
          path: 'brokers.maxStorage',
          must: `more than the ${gibOf(this.storage)} GiB that a volume begins with`,
          got: `${gibOf(maxStorage)} GiB`,
          remedy: 'raise it, or leave it out for volumes that do not grow',
        });
      }
    } else if (got !== undefined) {
      const remedy = 'set maxStorage too, or leave it out';
      problems.push({ path: 'brokers.growAtPercent', must: 'given only where volumes grow', got, remedy });
    }
    const { least, most, advised } = GROW_AT;
    const legal =
      got === undefined || Token.isUnresolved(got) || (Number.isInteger(got) && got >= least && got <= most);
    if (maxStorage !== undefined && !legal) {
      const must = `a whole number between ${least} and ${most}`;
      problems.push({ path: 'brokers.growAtPercent', must, got, remedy: `use ${advised}` });
    }
    return problems;
  }
}

function typeProblems(got: string): Problem[] {
  if (Token.isUnresolved(got) || STANDARD_TYPE.test(got)) {
    return [];
  }
  const path = 'brokers.instanceType';
  if (got === 't3.small') {
    return [{ path, must: 'a type that runs Kafka with KRaft', got, remedy: 'the smallest that does is m7g.large' }];
  }
  const must = 'an m7g or m5 type, large or larger, without a prefix';
  return [{ path, must, got, remedy: 'use for example m7g.large, or KafkaBrokers.express for Express brokers' }];
}

function volumeProblems(path: string, size: Size): Problem[] {
  const got = size.isUnresolved() ? 1 : gibOf(size);
  const must = `between 1 and ${LARGEST_VOLUME} GiB, in whole GiB`;
  return Number.isInteger(got) && got >= 1 && got <= LARGEST_VOLUME
    ? []
    : [{ path, must, got: `${got} GiB`, remedy: 'use for example 100 GiB, or more brokers' }];
}

function gibOf(size: Size): number {
  return size.toGibibytes({ rounding: SizeRoundingBehavior.NONE });
}

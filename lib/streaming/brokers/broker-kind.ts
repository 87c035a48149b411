import type * as msk from 'aws-cdk-lib/aws-msk';
import { Token } from 'aws-cdk-lib/core';
import type { Problem } from '../../private';
import type { KafkaBrokerType } from '../kafka-broker-type';
import type { KafkaVersion } from '../kafka-version';

/** How volumes grow by themselves. */
export interface VolumeGrowth {
  /** The size beyond which a volume does not grow, in GiB. */
  readonly mostGib: number;
  /** How full a volume is when it grows. */
  readonly percent: number;
}

/** What is known of the cluster around brokers. */
export interface BrokerSurroundings {
  readonly zones: number;
  readonly version: KafkaVersion;
  readonly region: string;
}

/** One way to run brokers. */
export interface BrokerKind {
  readonly type: KafkaBrokerType;
  /** The instance type, as MSK writes it. */
  readonly instanceType: string;
  /** Brokers in each zone. */
  readonly perZone: number;
  /** Whether the cluster has the cheaper tier for records that are kept for longer. */
  readonly isTiered: boolean;
  /** How volumes grow; undefined when they do not, or are not yours. */
  readonly growth?: VolumeGrowth;
  /** The properties of a cluster that only this kind has. */
  readonly properties: Pick<msk.CfnClusterProps, 'rebalancing' | 'storageMode'>;
  /** The volumes; undefined where they are not yours. */
  readonly storageInfo?: msk.CfnCluster.StorageInfoProperty;
  /** All that MSK would refuse in such brokers. */
  problems(): Problem[];
  /** All that MSK would refuse in the cluster around such brokers. */
  problemsAround(surroundings: BrokerSurroundings): Problem[];
}

/** What is wrong with the number of brokers in each zone. */
export function countProblems(got: number): Problem[] {
  const must =
    'a whole number of at least 1, because MSK takes only a multiple of the subnets as the number of brokers';
  return Token.isUnresolved(got) || (Number.isInteger(got) && got >= 1)
    ? []
    : [{ path: 'brokers.perZone', must, got, remedy: 'use 1 for one broker in each zone' }];
}

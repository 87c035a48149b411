import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Size } from 'aws-cdk-lib/core';
import type { Problem } from '../../private';
import { KafkaBrokers, type KafkaClusterProps, KafkaMonitoring, KafkaStorageMode, KafkaVersion } from '../../streaming';
import type { LakehouseConfig } from '../lakehouse-config';
import { at, oneOf, unless } from '../problems';
import { logRetention } from './network-section';

/** Values for Kafka, on Amazon MSK. */
export interface KafkaConfig {
  /**
   * The version of Kafka, with KRaft.
   *
   * @default '3.9.x.kraft'
   */
  readonly version?: string;

  /**
   * Whether brokers are Express brokers, whose storage MSK looks after, instead of standard ones. It cannot change: MSK would
   * need another cluster.
   *
   * @default false
   */
  readonly express?: boolean;

  /**
   * The instance type of a broker: m7g or m5, large or larger; m7g alone for Express brokers.
   *
   * @default 'm7g.large'
   */
  readonly instanceType?: string;

  /**
   * Brokers in each availability zone. They can become more, and not fewer.
   *
   * @default 1
   */
  readonly brokersPerZone?: number;

  /**
   * The volume of a broker in GiB. It can grow, and not shrink. Where it grew by itself, raise this to what it has before
   * anything else of Kafka is changed. Not for Express brokers.
   *
   * @default 100
   */
  readonly storageGib?: number;

  /**
   * How large a volume may grow by itself, in GiB, when it is 60 percent full: more than `storageGib`. Not for Express brokers.
   *
   * @default - volumes do not grow by themselves
   */
  readonly maxStorageGib?: number;

  /**
   * Whether there is a cheaper tier for what topics keep for longer than `localRetentionDays` of their contracts. It cannot
   * be taken back. Not for Express brokers.
   *
   * @default false
   */
  readonly tieredStorage?: boolean;

  /**
   * How fine the metrics are: DEFAULT, PER_BROKER, PER_TOPIC_PER_BROKER or PER_TOPIC_PER_PARTITION.
   *
   * @default 'PER_BROKER'
   */
  readonly monitoring?: string;

  /**
   * Days that the brokers' logs are kept; one of CloudWatch's periods.
   *
   * @default 90
   */
  readonly logRetentionDays?: number;
}

/**
 * The properties of the cluster that the values stand for.
 *
 * @internal
 */
export function kafkaPropsOf({ kafka = {} }: LakehouseConfig): Omit<KafkaClusterProps, 'vpc'> {
  return {
    version: kafka.version === undefined ? undefined : KafkaVersion.fromVersion(kafka.version),
    brokers: brokersOf(kafka),
    monitoring: MONITORING.find((level) => level === kafka.monitoring),
    logRetention: kafka.logRetentionDays,
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function kafkaRules({ kafka, region, availabilityZones: zones }: LakehouseConfig): Problem[] {
  if (kafka === undefined) {
    return [];
  }
  const { _kind: brokers } = brokersOf(kafka);
  const known = KafkaVersion.knownVersions();
  const version = KafkaVersion.fromVersion(known.find((name) => name === kafka.version) ?? DEFAULT_VERSION);
  const found = [...brokers.problems(), ...brokers.problemsAround({ zones: zones.length, version, region })];
  return [
    ...oneOf('kafka.version', 'a known version of Kafka', kafka.version, known),
    ...oneOf('kafka.monitoring', 'a level of monitoring', kafka.monitoring, MONITORING),
    ...storageProblems(kafka),
    ...found.map((each) => at(PATHS[each.path] ?? `kafka.${each.path}`, each)),
    ...logRetention('kafka.logRetentionDays', kafka.logRetentionDays),
    ...unless(zones.length >= 2, {
      path: 'availabilityZones',
      must: 'at least 2 zones where there is Kafka',
      got: zones,
      remedy: 'add a zone, or leave the section out',
    }),
  ];
}

const DEFAULT_VERSION = KafkaVersion.V3_9_X_KRAFT.version;

const MONITORING = Object.values(KafkaMonitoring);

/** What the problems of brokers are called here. */
const PATHS: { readonly [path: string]: string } = {
  'brokers.perZone': 'kafka.brokersPerZone',
  'brokers.instanceType': 'kafka.instanceType',
  'brokers.storage': 'kafka.storageGib',
  'brokers.maxStorage': 'kafka.maxStorageGib',
  vpcSubnets: 'availabilityZones',
};

/** What only standard brokers have. */
function storageProblems({ express, storageGib, maxStorageGib, tieredStorage }: KafkaConfig): Problem[] {
  const remedy = 'leave it out, or use standard brokers';
  return Object.entries({ storageGib, maxStorageGib, tieredStorage })
    .filter(([, got]) => express === true && got !== undefined)
    .map(([name, got]) => ({ path: `kafka.${name}`, must: 'left out for Express brokers', got, remedy }));
}

function brokersOf({ instanceType: type = 'm7g.large', brokersPerZone: perZone, ...kafka }: KafkaConfig): KafkaBrokers {
  const instanceType = new ec2.InstanceType(type);
  return kafka.express === true
    ? KafkaBrokers.express({ instanceType, perZone })
    : KafkaBrokers.provisioned({
        instanceType,
        perZone,
        storage: gibibytes(kafka.storageGib),
        maxStorage: gibibytes(kafka.maxStorageGib),
        storageMode: kafka.tieredStorage === true ? KafkaStorageMode.TIERED : undefined,
      });
}

function gibibytes(amount: number | undefined): Size | undefined {
  return amount === undefined ? undefined : Size.gibibytes(amount);
}

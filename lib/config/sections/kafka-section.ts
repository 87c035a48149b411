import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Size } from 'aws-cdk-lib/core';
import type { Problem } from '../../private';
import { KafkaBrokers, type KafkaClusterProps, KafkaMonitoring, KafkaVersion } from '../../streaming';
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
   * The instance type of a broker: m7g or m5, large or larger.
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
   * The volume of a broker in GiB. It can grow, and not shrink.
   *
   * @default 100
   */
  readonly storageGib?: number;

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
export function kafkaRules({ kafka, availabilityZones: zones }: LakehouseConfig): Problem[] {
  if (kafka === undefined) {
    return [];
  }
  return [
    ...oneOf('kafka.version', 'a known version of Kafka', kafka.version, KafkaVersion.knownVersions()),
    ...oneOf('kafka.monitoring', 'a level of monitoring', kafka.monitoring, MONITORING),
    ...brokersOf(kafka)._problems.map((found) => at(PATHS[found.path] ?? `kafka.${found.path}`, found)),
    ...logRetention('kafka.logRetentionDays', kafka.logRetentionDays),
    ...unless(zones.length >= 2, {
      path: 'availabilityZones',
      must: 'at least 2 zones where there is Kafka',
      got: zones,
      remedy: 'add a zone, or leave the section out',
    }),
  ];
}

const MONITORING = Object.values(KafkaMonitoring);

/** What the problems of brokers are called here. */
const PATHS: { readonly [path: string]: string } = {
  'brokers.perZone': 'kafka.brokersPerZone',
  'brokers.instanceType': 'kafka.instanceType',
  'brokers.storage': 'kafka.storageGib',
};

function brokersOf({ instanceType = 'm7g.large', brokersPerZone, storageGib }: KafkaConfig): KafkaBrokers {
  return KafkaBrokers.provisioned({
    instanceType: new ec2.InstanceType(instanceType),
    perZone: brokersPerZone,
    storage: storageGib === undefined ? undefined : Size.gibibytes(storageGib),
  });
}

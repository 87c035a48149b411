import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core';
import type { DataContract } from '../contracts';
import type { IKafkaCluster } from './kafka-cluster-base';
import type { IKafkaSchemaRegistry } from './kafka-schema-registry';

/** What happens to old records of a topic. */
export enum KafkaCleanup {
  /** Records go when they are too old, or the topic is too large. */
  DELETE = 'delete',
  /** The newest record of each key stays for ever, older ones go. */
  COMPACT = 'compact',
  /** The newest record of each key stays until it is too old. */
  COMPACT_AND_DELETE = 'compact,delete',
}

/** What a topic is like, on whatever cluster. */
export interface KafkaTopicOptions {
  /**
   * The contract of the dataset that comes from the topic. It gives name, partitions, cleanup, retention and the schema of the
   * records; all but the last a prop here overrides.
   *
   * @default - no contract; topicName and partitions must be given
   */
  readonly contract?: DataContract;

  /**
   * The name: 1 to 249 letters, digits, dots, underscores and hyphens; names with two underscores first are Kafka's own.
   * Another name is another topic.
   *
   * @default - as the contract says
   */
  readonly topicName?: string;

  /**
   * How many partitions there are. They can become more, which sends keys elsewhere, and never fewer.
   *
   * @default - as the contract says
   */
  readonly partitions?: number;

  /**
   * How many brokers hold each partition; 3 on Express brokers. It cannot change: MSK would make another topic of the same
   * name.
   *
   * @default - 3, or the number of brokers where there are fewer
   */
  readonly replicationFactor?: number;

  /**
   * How many replicas must have a record before a producer that waits for all hears so. Refused on Express brokers, where
   * MSK sees to it.
   *
   * @default - 2, and 1 where there are fewer than three replicas
   */
  readonly minInsyncReplicas?: number;

  /**
   * What happens to old records.
   *
   * @default - as the contract says, else KafkaCleanup.DELETE
   */
  readonly cleanup?: KafkaCleanup;

  /**
   * How long records are kept. Refused for a topic that only compacts.
   *
   * @default - as the contract says, else as the cluster's configuration says
   */
  readonly retention?: Duration;

  /**
   * How long records stay on the volumes of the brokers, where the cluster has tiered storage: older ones are in the
   * cheaper tier alone, until `retention`, which must be given then and be three days or more. It can change, and not be
   * taken away. Refused for a topic that compacts.
   *
   * @default - as the contract says, where the cluster has tiered storage; else all records stay on the volumes
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-guidelines-tiered-storage-topic-level-config.html
   */
  readonly localRetention?: Duration;

  /**
   * How large a partition may grow before its oldest records go. Refused for a topic that only compacts.
   *
   * @default - no limit
   */
  readonly retentionSize?: Size;

  /**
   * The largest batch of records the topic takes.
   *
   * @default - as the cluster's configuration says
   */
  readonly maxMessageSize?: Size;

  /**
   * Other configs of the topic by Kafka's own names. Unknown ones and those that have a prop are refused.
   *
   * @default - as the cluster's configuration says
   */
  readonly configs?: { [name: string]: string };

  /**
   * The registry that keeps the schema of the records, which is the contract's, under the name of the topic.
   *
   * @default - no schema is registered
   */
  readonly schemaRegistry?: IKafkaSchemaRegistry;

  /**
   * What happens to the topic, and every record in it, and to its schema, when it leaves the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/** Properties of a KafkaTopic. */
export interface KafkaTopicProps extends KafkaTopicOptions {
  /** The cluster. */
  readonly cluster: IKafkaCluster;
}

/** A topic that exists already. */
export interface KafkaTopicAttributes {
  /** The cluster. */
  readonly cluster: IKafkaCluster;

  /** The name of the topic. */
  readonly topicName: string;
}

/** The Kafka topic a dataset comes from. */
export interface ContractStream {
  /** The topic's name. */
  readonly topicName: string;

  /** How many partitions the topic has. */
  readonly partitions: number;

  /** What happens to old records, as Kafka writes it: `delete`, `compact` or `compact,delete`. */
  readonly cleanup: string;

  /** The columns whose values are the key of a record, so that records of equal values keep their order. */
  readonly keyColumns: string[];

  /**
   * How many days the topic keeps a record.
   *
   * @default - as the cluster's configuration says
   */
  readonly retentionDays?: number;

  /**
   * How many days of these records stay on the volumes of the brokers, where the cluster has tiered storage.
   *
   * @default - all of them
   */
  readonly localRetentionDays?: number;
}

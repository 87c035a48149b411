/**
 * How fine the metrics of a cluster are. Each level has those of the levels before it.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
 */
export enum KafkaMonitoring {
  /** Cluster, volumes, processors and the lag of consumer groups, free of charge. */
  DEFAULT = 'DEFAULT',
  /** Also the threads, requests and throttling of each broker. */
  PER_BROKER = 'PER_BROKER',
  /** Also the traffic of each topic on each broker. */
  PER_TOPIC_PER_BROKER = 'PER_TOPIC_PER_BROKER',
  /** Also the lag of consumer groups on each partition. */
  PER_TOPIC_PER_PARTITION = 'PER_TOPIC_PER_PARTITION',
}

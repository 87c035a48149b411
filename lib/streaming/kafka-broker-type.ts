/**
 * The two types of brokers. A cluster cannot change from one to the other.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
 */
export enum KafkaBrokerType {
  /** Brokers with volumes of their own, all of whose properties are yours to set. */
  STANDARD = 'STANDARD',
  /** Brokers whose storage MSK looks after: three replicas, two of which must have a record. */
  EXPRESS = 'EXPRESS',
}

/**
 * Where standard brokers keep records.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-tiered-storage.html
 */
export enum KafkaStorageMode {
  /** On their volumes. */
  LOCAL = 'LOCAL',
  /** On their volumes, and in a cheaper tier without limit what topics keep for longer. It cannot be taken back. */
  TIERED = 'TIERED',
}

import { KafkaBrokerType } from '../kafka-broker-type';
import type { KafkaBrokers } from '../kafka-brokers';

/**
 * How many replicas of partitions one broker may hold, by the size of its instance. MSK refuses more on Express brokers; on
 * standard ones it then refuses changes of configuration and version.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/limits.html
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html
 */
const LIMITS: { readonly [type in KafkaBrokerType]: { readonly [size: string]: number } } = {
  [KafkaBrokerType.STANDARD]: {
    large: 1500,
    xlarge: 1500,
    '2xlarge': 3000,
    '4xlarge': 6000,
    '8xlarge': 6000,
    '12xlarge': 6000,
    '16xlarge': 6000,
    '24xlarge': 6000,
  },
  [KafkaBrokerType.EXPRESS]: {
    large: 1500,
    xlarge: 2000,
    '2xlarge': 4000,
    '4xlarge': 8000,
    '8xlarge': 16_000,
    '12xlarge': 24_000,
    '16xlarge': 32_000,
  },
};

/** How many replicas of partitions one of the brokers may hold; undefined when its size is known only at deployment. */
export function partitionLimit({ type, instanceType }: KafkaBrokers): number | undefined {
  return LIMITS[type][instanceType.split('.').at(-1) ?? ''];
}

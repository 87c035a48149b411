import type { Pricer } from './charge';
import { type TemplateResource, numberAt, textAt } from './template-reader';

/** The levels of monitoring; each has the metrics of those before it, and the first is free. */
const LEVELS = ['DEFAULT', 'PER_BROKER', 'PER_TOPIC_PER_BROKER', 'PER_TOPIC_PER_PARTITION'];

/** Metrics of the lag of one consumer group on one partition. */
const LAG_METRICS = 3;

/** Brokers of Kafka, their disks and their metrics. The plain lake has x86 brokers, and all else the same. */
export function priceKafka({ name, properties }: TemplateResource, pricer: Pricer): void {
  const type = textAt(properties, 'BrokerNodeGroupInfo', 'InstanceType') ?? '';
  const brokers = numberAt(properties, 'NumberOfBrokerNodes') ?? 0;
  const quantity = brokers * pricer.assumed.hoursPerMonth;
  const price = `msk.${type}`;
  const amount = pricer.amount(price);
  const plain = type.startsWith('kafka.m7g.') ? pricer.amount(price.replace('m7g', 'm5'), amount) : amount;
  const savings = { Graviton: quantity * (plain - amount) };
  pricer.add({ service: 'MSK', item: `${name} ${type} brokers`, price, quantity, savings });
  const disk = numberAt(properties, 'BrokerNodeGroupInfo', 'StorageInfo', 'EBSStorageInfo', 'VolumeSize') ?? 0;
  pricer.add({ service: 'MSK', item: `${name} disks`, price: 'msk.storage', quantity: brokers * disk });
  pricer.add({
    service: 'CloudWatch',
    item: `${name} metrics above the default level`,
    price: 'cloudwatch.metric',
    quantity: metricsOf(textAt(properties, 'EnhancedMonitoring') ?? 'DEFAULT', brokers, pricer),
  });
}

/**
 * The metrics that cost: those of the default level are free, the others are priced as CloudWatch prices metrics.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
 */
function metricsOf(monitoring: string, brokers: number, pricer: Pricer): number {
  const { kafkaBrokerMetrics, kafkaTopicMetrics } = pricer.assumed;
  const topics = pricer.ofType('AWS::MSK::Topic');
  const partitions = topics.reduce((sum, { properties }) => sum + (numberAt(properties, 'PartitionCount') ?? 1), 0);
  const counts = [
    0,
    brokers * kafkaBrokerMetrics,
    brokers * topics.length * kafkaTopicMetrics,
    partitions * LAG_METRICS,
  ];
  return counts.slice(0, LEVELS.indexOf(monitoring) + 1).reduce((sum, count) => sum + count, 0);
}

import type { Pricer } from './charge';
import { type TemplateResource, at, numberAt, textAt } from './template-reader';

/** The levels of monitoring; each has the metrics of those before it, and the first is free. */
const LEVELS = ['DEFAULT', 'PER_BROKER', 'PER_TOPIC_PER_BROKER', 'PER_TOPIC_PER_PARTITION'];

/** Metrics of the lag of one consumer group on one partition. */
const LAG_METRICS = 3;

/** Brokers of Kafka, their storage and their metrics. The plain lake has x86 brokers, and all else the same. */
export function priceKafka(cluster: TemplateResource, pricer: Pricer): void {
  const { name, properties } = cluster;
  const type = textAt(properties, 'BrokerNodeGroupInfo', 'InstanceType') ?? '';
  const brokers = numberAt(properties, 'NumberOfBrokerNodes') ?? 0;
  const quantity = brokers * pricer.assumed.hoursPerMonth;
  const price = `msk.${type}`;
  const amount = pricer.amount(price);
  const plain = type.startsWith('kafka.m7g.') ? pricer.amount(price.replace('m7g', 'm5'), amount) : amount;
  const savings = { Graviton: quantity * (plain - amount) };
  pricer.add({ service: 'MSK', item: `${name} ${type} brokers`, price, quantity, savings });
  const isExpress = type.startsWith('express.');
  priceStorage(cluster, pricer, isExpress ? 0 : brokers);
  if (isExpress) {
    priceExpress(name, pricer);
  }
  pricer.add({
    service: 'CloudWatch',
    item: `${name} metrics above the default level`,
    price: 'cloudwatch.metric',
    quantity: metricsOf(textAt(properties, 'EnhancedMonitoring') ?? 'DEFAULT', brokers, pricer),
  });
}

/** The volumes, as far as they are assumed to have grown, and what is kept in the cheaper tier behind them. */
function priceStorage({ id, name, properties }: TemplateResource, pricer: Pricer, brokers: number): void {
  const first = numberAt(properties, 'BrokerNodeGroupInfo', 'StorageInfo', 'EBSStorageInfo', 'VolumeSize') ?? 0;
  const growth = pricer
    .ofType('AWS::ApplicationAutoScaling::ScalableTarget')
    .find((target) => at(target.properties, 'ResourceId', 'Fn::GetAtt', 0) === id);
  const most = numberAt(growth?.properties, 'MaxCapacity') ?? first;
  const volume = first + pricer.assumed.kafkaGrowth * (most - first);
  pricer.add({ service: 'MSK', item: `${name} disks`, price: 'msk.storage', quantity: brokers * volume });
  if (textAt(properties, 'StorageMode') === 'TIERED') {
    const quantity = pricer.assumed.kafkaKeptGigabytes;
    pricer.add({ service: 'MSK', item: `${name} cheaper tier`, price: 'msk.tiered-storage', quantity });
  }
}

/** Express brokers are paid by what is written to them and kept. */
function priceExpress(name: string, pricer: Pricer): void {
  const { kafkaKeptGigabytes, kafkaWrittenGigabytes } = pricer.assumed;
  const kept = { item: `${name} storage`, price: 'msk.express-storage', quantity: kafkaKeptGigabytes };
  const written = { item: `${name} data written`, price: 'msk.express-written', quantity: kafkaWrittenGigabytes };
  pricer.add({ service: 'MSK', ...kept });
  pricer.add({ service: 'MSK', ...written });
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

import { type Declared, costOf, estimate, lineOf, saved } from './estimates';

function kafka(type: string, monitoring?: string): Declared {
  return {
    Type: 'AWS::MSK::Cluster',
    Properties: {
      NumberOfBrokerNodes: 3,
      BrokerNodeGroupInfo: { InstanceType: type, StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } } },
      EnhancedMonitoring: monitoring,
    },
  };
}

function topic(PartitionCount: number): Declared {
  return { Type: 'AWS::MSK::Topic', Properties: { PartitionCount } };
}

describe('Kafka', () => {
  test('costs its brokers and disks, and on Graviton is compared with x86 brokers', () => {
    const made = estimate({ Kafka: kafka('kafka.m7g.large') }, { hoursPerMonth: 100 });
    // by hand: 3 brokers x 100 h x 0.204 = 61.20, 3 disks x 100 GB x 0.10 = 30.00
    expect(costOf(made, 'MSK')).toBeCloseTo(91.2, 6);
    // 0.21 - 0.204 for 300 h
    expect(saved(made, 'Graviton')).toBeCloseTo(1.8, 6);
    expect(made.plainMonthly).toBeCloseTo(93, 6);
  });

  test('costs what its volumes have grown, by the share that is assumed', () => {
    const Target = {
      Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
      Properties: { ResourceId: { 'Fn::GetAtt': ['Kafka', 'Arn'] }, MaxCapacity: 500 },
    };
    const quantity = (kafkaGrowth?: number): number =>
      lineOf(estimate({ Kafka: kafka('kafka.m7g.large'), Target }, { kafkaGrowth }), 'Kafka disks').quantity;
    expect(quantity()).toBe(300);
    // by hand: half way from 100 to 500 GB, on 3 brokers
    expect(quantity(0.5)).toBe(900);
  });

  test('costs what is kept in the cheaper tier', () => {
    const cluster = kafka('kafka.m7g.large');
    const tiered = { ...cluster, Properties: { ...cluster.Properties, StorageMode: 'TIERED' } };
    expect(lineOf(estimate({ Kafka: tiered }, { kafkaKeptGigabytes: 1000 }), 'Kafka cheaper tier').monthly).toBeCloseTo(
      60,
    );
  });

  test('on Express brokers costs what is written and kept, and no disks', () => {
    const given = { hoursPerMonth: 100, kafkaKeptGigabytes: 200, kafkaWrittenGigabytes: 300 };
    const made = estimate({ Kafka: kafka('express.m7g.large') }, given);
    // by hand: 3 brokers x 100 h x 0.408 = 122.40, 200 GB x 0.10 = 20.00, 300 GB x 0.01 = 3.00
    expect(costOf(made, 'MSK')).toBeCloseTo(145.4, 6);
  });

  test('on x86 saves nothing', () => {
    expect(saved(estimate({ Kafka: kafka('kafka.m5.large') }), 'Graviton')).toBe(0);
  });

  test.each<[string | undefined, number]>([
    [undefined, 0],
    ['DEFAULT', 0],
    // 3 brokers x 50
    ['PER_BROKER', 150],
    // and 3 brokers x 2 topics x 3
    ['PER_TOPIC_PER_BROKER', 168],
    // and 3 for each of 6 + 4 partitions
    ['PER_TOPIC_PER_PARTITION', 198],
  ])('monitored %s has %d metrics that cost', (monitoring, count) => {
    const made = estimate({ Kafka: kafka('kafka.m7g.large', monitoring), A: topic(6), B: topic(4) });
    expect(costOf(made, 'CloudWatch')).toBeCloseTo(count * 0.3, 6);
  });

  test('may have another number of metrics', () => {
    const given = { kafkaBrokerMetrics: 10, kafkaTopicMetrics: 1 };
    const made = estimate({ Kafka: kafka('kafka.m7g.large', 'PER_TOPIC_PER_BROKER'), A: topic(6) }, given);
    expect(lineOf(made, 'Kafka metrics above the default level').quantity).toBe(33);
  });

  test('on brokers without a price is named', () => {
    expect(estimate({ Kafka: kafka('kafka.x9z.large') }).notEstimated).toEqual([
      "Kafka kafka.x9z.large brokers: no price 'msk.kafka.x9z.large'",
    ]);
  });
});

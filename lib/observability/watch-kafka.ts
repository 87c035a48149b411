import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { Severity } from '../foundation';
import { type IKafkaCluster, KafkaBrokerType } from '../streaming';
import { MissingData } from './missing-data';
import { type AlarmGroup, Concern, type WatchAlarm, type WatchGraph, type WatchParts } from './watch-parts';

const CONTROLLER_TELLS = MissingData.fine(
  'a broker that is down or being patched; the controller alarm tells when all are',
);

/** The alarms and graphs of a Kafka cluster; those of single brokers where their number is known. */
export function kafkaWatch(cluster: IKafkaCluster, name: string): WatchParts {
  const brokers = Array.from({ length: cluster.brokerCount ?? 0 }, (_, index) => index + 1);
  const perBroker = brokers.flatMap((broker) => brokerAlarms(cluster, broker, name));
  return {
    alarms: [...clusterAlarms(cluster, name), ...(brokers.length === 0 ? diskAlarm(cluster, name) : perBroker)],
    rows: [
      {
        concern: Concern.STREAMING,
        title: name,
        graphs: [...clusterGraphs(cluster), ...(brokers.length === 0 ? [] : brokerGraphs(cluster, brokers))],
      },
    ],
  };
}

function clusterAlarms(cluster: IKafkaCluster, name: string): WatchAlarm[] {
  return [
    {
      id: `${name}ControllerGone`,
      // Every node says 0 or 1, so the highest is 1 in a cluster that is well; how many nodes say so is not documented.
      metric: cluster.metricActiveControllerCount({ statistic: cloudwatch.Stats.MAXIMUM }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      severity: Severity.CRITICAL,
      missingData: MissingData.alarming('a standing cluster that reports nothing is gone'),
      meaning: 'the Kafka cluster has had no active controller for a quarter of an hour',
      firstStep: 'see the state of the cluster and whether AWS is mending it',
      section: 'kafka-controller-gone',
    },
    {
      id: `${name}OfflinePartitions`,
      metric: cluster.metricOfflinePartitionsCount({ statistic: cloudwatch.Stats.MAXIMUM }),
      threshold: 0,
      severity: Severity.CRITICAL,
      missingData: MissingData.fine('nothing; the controller alarm tells when the cluster is silent'),
      meaning: 'partitions have no leader: nobody can write or read them',
      firstStep: 'see which brokers are down',
      section: 'kafka-offline-partitions',
    },
  ];
}

/** Whether brokers have volumes that can be full; those of Express brokers are MSK's to look after. */
function hasVolumes({ brokers }: IKafkaCluster): boolean {
  return brokers?.type !== KafkaBrokerType.EXPRESS;
}

/** The fullest broker, where it is not known how many there are. */
function diskAlarm(cluster: IKafkaCluster, name: string): WatchAlarm[] {
  const alarm = { id: `${name}DiskFull`, metric: cluster.metric('KafkaDataLogsDiskUsed'), ...DISK };
  return hasVolumes(cluster) ? [alarm] : [];
}

function brokerAlarms(cluster: IKafkaCluster, broker: number, name: string): WatchAlarm[] {
  const id = `${name}Broker${broker}`;
  return [
    ...(hasVolumes(cluster)
      ? [{ id: `${id}DiskFull`, metric: cluster.metricKafkaDataLogsDiskUsed(broker), ...DISK }]
      : []),
    { id: `${id}CpuHigh`, metric: cpu(cluster, broker), ...CPU },
    {
      id: `${id}UnderReplicated`,
      metric: cluster.metricUnderReplicatedPartitions(broker),
      threshold: 0,
      evaluationPeriods: 3,
      severity: Severity.WARNING,
      missingData: CONTROLLER_TELLS,
      meaning: `partitions led by broker ${broker} have replicas that lag behind`,
      firstStep: 'see whether a broker is down or being patched',
      section: 'kafka-replicas',
      group: replicas(`${name}UnderReplicated`, 'replicas of Kafka lag behind'),
    },
    {
      id: `${id}UnderMinIsr`,
      metric: cluster.metricUnderMinIsrPartitionCount(broker),
      threshold: 0,
      evaluationPeriods: 2,
      severity: Severity.CRITICAL,
      missingData: CONTROLLER_TELLS,
      meaning: `partitions led by broker ${broker} have fewer replicas in step than producers wait for: their writes fail`,
      firstStep: 'see which brokers are down',
      section: 'kafka-replicas',
      group: replicas(`${name}UnderMinIsr`, 'writes to Kafka fail, because too few replicas are in step'),
    },
  ];
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html */
const DISK = {
  threshold: 85,
  severity: Severity.CRITICAL,
  missingData: CONTROLLER_TELLS,
  meaning: 'the volume of a broker is more than 85 percent full; a broker whose volume is full stops',
  firstStep: 'enlarge the volumes or shorten the retention of the largest topics',
  section: 'kafka-disk-full',
};

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/bestpractices.html */
const CPU = {
  threshold: 60,
  evaluationPeriods: 3,
  severity: Severity.WARNING,
  missingData: CONTROLLER_TELLS,
  meaning: 'a broker has been more than 60 percent busy for a quarter of an hour: too busy to take over from another',
  firstStep: 'see which topics and clients cause the load',
  section: 'kafka-cpu-high',
};

function replicas(id: string, meaning: string): AlarmGroup {
  return { id, meaning, firstStep: 'see which brokers are down or being patched', section: 'kafka-replicas' };
}

/** User and system together, as AWS advises to watch it. In a graph each broker needs ids of its own. */
function cpu(cluster: IKafkaCluster, broker: number): cloudwatch.MathExpression {
  const average = { statistic: cloudwatch.Stats.AVERAGE };
  return new cloudwatch.MathExpression({
    expression: `user${broker} + system${broker}`,
    usingMetrics: {
      [`user${broker}`]: cluster.metricCpuUser(broker, average),
      [`system${broker}`]: cluster.metricOfBroker('CpuSystem', broker, average),
    },
    label: `broker ${broker}`,
    period: Duration.minutes(5),
  });
}

function clusterGraphs(cluster: IKafkaCluster): WatchGraph[] {
  return [
    {
      title: 'Controllers and partitions without a leader',
      metrics: [
        cluster.metricActiveControllerCount({ label: 'controllers' }),
        cluster.metricOfflinePartitionsCount({ label: 'offline' }),
      ],
    },
  ];
}

function brokerGraphs(cluster: IKafkaCluster, brokers: number[]): WatchGraph[] {
  const each = (metric: string, statistic: string): cloudwatch.IMetric[] =>
    brokers.map((broker) => cluster.metricOfBroker(metric, broker, { statistic, label: `broker ${broker}` }));
  const { AVERAGE, MAXIMUM } = cloudwatch.Stats;
  const volumes: WatchGraph = {
    title: 'Volumes full',
    metrics: each('KafkaDataLogsDiskUsed', MAXIMUM),
    unit: 'percent',
  };
  return [
    ...(hasVolumes(cluster) ? [volumes] : []),
    { title: 'Processors busy', metrics: brokers.map((broker) => cpu(cluster, broker)), unit: 'percent' },
    { title: 'Received from clients', metrics: each('BytesInPerSec', AVERAGE), unit: 'bytes per second' },
    { title: 'Sent to clients', metrics: each('BytesOutPerSec', AVERAGE), unit: 'bytes per second' },
    { title: 'Partitions with lagging replicas', metrics: each('UnderReplicatedPartitions', MAXIMUM) },
    { title: 'Connections', metrics: each('ConnectionCount', MAXIMUM) },
    { title: 'Packets held back', metrics: each('TrafficShaping', cloudwatch.Stats.SUM) },
  ];
}

import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Duration, Fn, type IResource, Resource, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { fail } from '../private';
import type { KafkaBrokers } from './kafka-brokers';
import { KafkaTopic } from './kafka-topic';
import type { KafkaTopicOptions } from './kafka-topic-props';

/**
 * The port on which brokers take clients that sign in with IAM, over TLS.
 *
 * @internal
 */
export const IAM_PORT = 9098;

/** A Kafka cluster on MSK that clients sign in to with IAM. */
export interface IKafkaCluster extends IResource, ec2.IConnectable {
  /**
   * The ARN of the cluster, whose last part MSK chooses.
   *
   * @attribute
   */
  readonly clusterArn: string;

  /**
   * The name of the cluster.
   *
   * @attribute
   */
  readonly clusterName: string;

  /**
   * How many brokers there are.
   *
   * @default - not known, so topics are not checked against it
   */
  readonly brokerCount?: number;

  /**
   * What the brokers are.
   *
   * @default - not known, so topics are not checked against it
   */
  readonly brokers?: KafkaBrokers;

  /** Define a topic on this cluster. */
  addTopic(id: string, options: KafkaTopicOptions): KafkaTopic;

  /**
   * A metric of the cluster, five minutes wide.
   *
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Controllers that are active: one at any time, so anything else means trouble. */
  metricActiveControllerCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Partitions without a leader, which nobody can write or read. */
  metricOfflinePartitionsCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /** Partitions of all topics, replicas not counted. */
  metricGlobalPartitionCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * A metric of one broker.
   *
   * @param brokerId from 1 to the number of brokers
   */
  metricOfBroker(metricName: string, brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Partitions of a broker with a replica that lags behind.
   *
   * @param brokerId from 1 to the number of brokers
   */
  metricUnderReplicatedPartitions(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Partitions of a broker with fewer replicas in step than producers wait for: their writes fail.
   *
   * @param brokerId from 1 to the number of brokers
   */
  metricUnderMinIsrPartitionCount(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How full the volume of a broker is, in percent.
   *
   * @param brokerId from 1 to the number of brokers
   */
  metricKafkaDataLogsDiskUsed(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Processor time that a broker spends in user space, in percent.
   *
   * @param brokerId from 1 to the number of brokers
   */
  metricCpuUser(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** A Kafka cluster that exists already. */
export interface KafkaClusterAttributes {
  /** The ARN of the cluster. */
  readonly clusterArn: string;

  /**
   * The security groups of its brokers.
   *
   * @default - connections to the cluster cannot be allowed
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * How many brokers there are.
   *
   * @default - not known, so topics are not checked against it
   */
  readonly brokerCount?: number;

  /**
   * What the brokers are.
   *
   * @default - not known, so topics are not checked against it
   */
  readonly brokers?: KafkaBrokers;
}

/**
 * What every cluster can do, whoever defined it.
 *
 * @internal
 */
export abstract class KafkaClusterBase extends Resource implements IKafkaCluster {
  public abstract readonly clusterArn: string;
  public abstract readonly clusterName: string;
  public abstract readonly brokerCount?: number;
  public abstract readonly brokers?: KafkaBrokers;
  public abstract readonly connections: ec2.Connections;

  public addTopic(id: string, options: KafkaTopicOptions): KafkaTopic {
    return new KafkaTopic(this, id, { ...options, cluster: this });
  }

  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Kafka',
      metricName,
      period: Duration.minutes(5),
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
      dimensionsMap: { 'Cluster Name': this.clusterName, ...options.dimensionsMap },
    }).attachTo(this);
  }

  public metricActiveControllerCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('ActiveControllerCount', options);
  }

  public metricOfflinePartitionsCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('OfflinePartitionsCount', options);
  }

  public metricGlobalPartitionCount(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metric('GlobalPartitionCount', options);
  }

  public metricOfBroker(
    metricName: string,
    brokerId: number,
    options: cloudwatch.MetricOptions = {},
  ): cloudwatch.Metric {
    const dimensionsMap = { 'Broker ID': String(brokerId), ...options.dimensionsMap };
    return this.metric(metricName, { ...options, dimensionsMap });
  }

  public metricUnderReplicatedPartitions(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfBroker('UnderReplicatedPartitions', brokerId, options);
  }

  public metricUnderMinIsrPartitionCount(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfBroker('UnderMinIsrPartitionCount', brokerId, options);
  }

  public metricKafkaDataLogsDiskUsed(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfBroker('KafkaDataLogsDiskUsed', brokerId, options);
  }

  public metricCpuUser(brokerId: number, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metricOfBroker('CpuUser', brokerId, { statistic: cloudwatch.Stats.AVERAGE, ...options });
  }
}

/**
 * A cluster that another stack or account defines.
 *
 * @internal
 */
export class ImportedKafkaCluster extends KafkaClusterBase {
  public readonly clusterArn: string;
  public readonly clusterName: string;
  public readonly brokerCount?: number;
  public readonly brokers?: KafkaBrokers;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, attributes: KafkaClusterAttributes) {
    super(scope, id);
    const { clusterArn: got } = attributes;
    if (!Token.isUnresolved(got) && !/^arn:[^:]+:kafka:[^:]+:[^:]+:cluster\/[^/]+\/[^/]+$/.test(got)) {
      // What a topic may do is granted on an ARN that is made of this one.
      const remedy = 'take it from `aws kafka list-clusters-v2`';
      fail({ path: 'clusterArn', must: 'the ARN of a Kafka cluster, arn:…:cluster/<name>/<id>', got, remedy }, this);
    }
    this.clusterArn = attributes.clusterArn;
    this.clusterName = Fn.select(1, Fn.split('/', attributes.clusterArn));
    this.brokerCount = attributes.brokerCount;
    this.brokers = attributes.brokers;
    this.connections = new ec2.Connections({
      securityGroups: attributes.securityGroups ?? [],
      defaultPort: ec2.Port.tcp(IAM_PORT),
    });
  }
}

import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Fn, type IResource, RemovalPolicy, Resource, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { Claims, type Problem, failAll, problem, sorted } from '../private';
import { rendered } from './rules/config-values';
import type { IKafkaCluster } from './kafka-cluster-base';
import { KafkaSchema } from './kafka-schema';
import { KafkaTopicGrants, resourceArn } from './kafka-topic-grants';
import { KafkaCleanup, type KafkaTopicAttributes, type KafkaTopicProps } from './kafka-topic-props';
import { withContract } from './topic-contract';
import { factorOfTopic, insyncOfTopic, isExpress, nameProblems, topicProblems } from './rules/topic-problems';

/** A topic of a Kafka cluster. */
export interface IKafkaTopic extends IResource {
  /** The cluster. */
  readonly cluster: IKafkaCluster;

  /**
   * The name of the topic.
   *
   * @attribute
   */
  readonly topicName: string;

  /**
   * The ARN of the topic.
   *
   * @attribute
   */
  readonly topicArn: string;

  /** Permissions on the topic. */
  readonly grants: KafkaTopicGrants;

  /**
   * Records of all partitions that a consumer group has not committed yet.
   *
   * @param groupId the consumer group
   */
  metricSumOffsetLag(groupId: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * Records of the partition where a consumer group lags most.
   *
   * @param groupId the consumer group
   */
  metricMaxOffsetLag(groupId: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;

  /**
   * How long a consumer group would take to catch up, in seconds.
   *
   * @param groupId the consumer group
   */
  metricEstimatedMaxTimeLag(groupId: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

abstract class KafkaTopicBase extends Resource implements IKafkaTopic {
  public readonly cluster: IKafkaCluster;
  public readonly topicName: string;
  public readonly topicArn: string;
  public readonly grants: KafkaTopicGrants;

  constructor(scope: Construct, id: string, { cluster, topicName }: KafkaTopicAttributes) {
    super(scope, id);
    this.cluster = cluster;
    this.topicName = topicName;
    this.topicArn = resourceArn(cluster.clusterArn, 'topic', topicName);
    this.grants = KafkaTopicGrants.fromKafkaTopic(this);
  }

  public metricSumOffsetLag(groupId: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.lag('SumOffsetLag', groupId, options);
  }

  public metricMaxOffsetLag(groupId: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.lag('MaxOffsetLag', groupId, options);
  }

  public metricEstimatedMaxTimeLag(groupId: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.lag('EstimatedMaxTimeLag', groupId, options);
  }

  private lag(metricName: string, groupId: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const dimensionsMap = { 'Consumer Group': groupId, Topic: this.topicName };
    return this.cluster.metric(metricName, { ...options, dimensionsMap });
  }
}

class ImportedKafkaTopic extends KafkaTopicBase {
  constructor(scope: Construct, id: string, attributes: KafkaTopicAttributes) {
    super(scope, id, attributes);
    // Kafka's own topics exist already, whoever may not make them.
    const wrong = nameProblems(attributes.topicName.replace(/^__/, ''));
    failAll(`Kafka topic '${this.node.path}'`, wrong.map(problem));
  }
}

/**
 * A topic of a Kafka cluster, made by CloudFormation itself: no function, and no client in the network.
 *
 * Fails when its name, replication, retention or configs are wrong or missing, all problems at once.
 *
 * @resource AWS::MSK::Topic
 * @stateful
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-topic-operations-information.html
 */
export class KafkaTopic extends KafkaTopicBase {
  /** Refer to a topic that exists already. */
  public static fromKafkaTopicAttributes(scope: Construct, id: string, attributes: KafkaTopicAttributes): IKafkaTopic {
    return new ImportedKafkaTopic(scope, id, attributes);
  }

  /** How many partitions there are. */
  public readonly partitions: number;

  /** How many brokers hold each partition. */
  public readonly replicationFactor: number;

  /** The schema of its records, where there is a registry for it. */
  public readonly schema?: KafkaSchema;

  constructor(scope: Construct, id: string, props: KafkaTopicProps) {
    const topic = withContract(props);
    super(scope, id, { cluster: topic.cluster, topicName: topic.topicName ?? '' });
    failAll(`Kafka topic '${this.node.path}'`, [...topicProblems(topic), ...this.claimName()].map(problem));
    const removalPolicy = topic.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    this.partitions = topic.partitions ?? 1;
    this.replicationFactor = factorOfTopic(topic);
    const resource = new msk.CfnTopic(this, 'Resource', {
      clusterArn: this.cluster.clusterArn,
      topicName: this.topicName,
      partitionCount: this.partitions,
      replicationFactor: this.replicationFactor,
      configs: base64(renderConfigs(topic)),
    });
    resource.applyRemovalPolicy(removalPolicy);
    const { contract, schemaRegistry } = topic;
    if (contract !== undefined && schemaRegistry !== undefined) {
      const { topicName: schemaName } = this;
      this.schema = new KafkaSchema(this, 'Schema', { registry: schemaRegistry, schemaName, contract, removalPolicy });
    }
  }

  /** Kafka takes each name once, and takes a dot for an underscore, because its metrics do. */
  private claimName(): Problem[] {
    const owner = NAMES.take(this.cluster, this.topicName.replaceAll('.', '_'), this);
    const must = `another name than that of '${owner ?? ''}', in more than dots and underscores`;
    const remedy = 'rename one of the two';
    return owner === undefined ? [] : [{ path: 'topicName', must, got: this.topicName, remedy }];
  }
}

/** The topics of each cluster, by the name that Kafka tells them by. */
const NAMES = new Claims();

/** What the props say, by Kafka's names; what they leave out is the cluster's to say. */
function renderConfigs(props: KafkaTopicProps): { [name: string]: string } {
  return {
    ...props.configs,
    ...retentionConfigs(props),
    'cleanup.policy': props.cleanup ?? KafkaCleanup.DELETE,
    // on Express brokers MSK sees to it
    ...(isExpress(props) ? {} : { 'min.insync.replicas': rendered(insyncOfTopic(props)) }),
  };
}

function retentionConfigs(props: KafkaTopicProps): { [name: string]: string } {
  const { localRetention, retention, retentionSize, maxMessageSize } = props;
  return {
    ...(localRetention === undefined
      ? {}
      : { 'local.retention.ms': rendered(localRetention.toMilliseconds()), 'remote.storage.enable': 'true' }),
    ...(retention === undefined ? {} : { 'retention.ms': rendered(retention.toMilliseconds()) }),
    ...(retentionSize === undefined ? {} : { 'retention.bytes': rendered(retentionSize.toBytes()) }),
    ...(maxMessageSize === undefined ? {} : { 'max.message.bytes': rendered(maxMessageSize.toBytes()) }),
  };
}

/** The API's form: a JSON document in Base64, here always with its members in the same order. */
function base64(configs: { [name: string]: string }): string {
  const json = JSON.stringify(Object.fromEntries(sorted(Object.entries(configs), ([name]) => name)));
  return Token.isUnresolved(json) ? Fn.base64(json) : Buffer.from(json).toString('base64');
}

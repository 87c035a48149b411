import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Fn, type IResource, RemovalPolicy, Resource, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { type Problem, failAll, problem, sorted, topicNameProblem } from '../private';
import { insyncOf, rendered, replicationProblems, valueProblems } from './config-values';
import type { IKafkaCluster } from './kafka-cluster-base';
import { KafkaTopicGrants, resourceArn } from './kafka-topic-grants';
import { KafkaCleanup, type KafkaTopicAttributes, type KafkaTopicProps } from './kafka-topic-props';
import { contractProblems, withContract } from './topic-contract';
import { COMPACTION_CONFIGS, TOPIC_CONFIGS, TYPED_TOPIC_CONFIGS } from './topic-configs';

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

class ImportedKafkaTopic extends KafkaTopicBase {}

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

  constructor(scope: Construct, id: string, props: KafkaTopicProps) {
    const topic = withContract(props);
    super(scope, id, { cluster: topic.cluster, topicName: topic.topicName ?? '' });
    failAll(`Kafka topic '${this.node.path}'`, topicProblems(topic).map(problem));
    const resource = new msk.CfnTopic(this, 'Resource', {
      clusterArn: this.cluster.clusterArn,
      topicName: this.topicName,
      partitionCount: topic.partitions ?? 1,
      replicationFactor: factorOf(topic),
      configs: base64(renderConfigs(topic)),
    });
    resource.applyRemovalPolicy(topic.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  }
}

function factorOf({ replicationFactor, cluster }: KafkaTopicProps): number {
  return replicationFactor ?? Math.min(3, cluster.brokerCount ?? 3);
}

function insync(props: KafkaTopicProps): number {
  return props.minInsyncReplicas ?? insyncOf(factorOf(props));
}

/** What the props say, by Kafka's names; what they leave out is the cluster's to say. */
function renderConfigs(props: KafkaTopicProps): { [name: string]: string } {
  return {
    ...props.configs,
    ...retentionConfigs(props),
    'cleanup.policy': props.cleanup ?? KafkaCleanup.DELETE,
    'min.insync.replicas': rendered(insync(props)),
  };
}

function retentionConfigs({ retention, retentionSize, maxMessageSize }: KafkaTopicProps): { [name: string]: string } {
  return {
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

/** All that is impossible in a topic. */
function topicProblems(props: KafkaTopicProps): Problem[] {
  const { cluster, configs = {} } = props;
  const typed = { ...TYPED_TOPIC_CONFIGS, ...namedBy(props) };
  return [
    ...contractProblems(props),
    ...nameProblems(props.topicName),
    ...partitionProblems(props.partitions),
    ...replicationProblems({
      factorPath: 'replicationFactor',
      factor: factorOf(props),
      minInsync: insync(props),
      brokers: cluster.brokerCount,
    }),
    ...retentionProblems(props),
    ...valueProblems(configs, { path: 'configs', rules: TOPIC_CONFIGS, typed }),
  ];
}

function nameProblems(topicName: string | undefined): Problem[] {
  const wrong =
    topicName === undefined || Token.isUnresolved(topicName) ? undefined : topicNameProblem('topicName', topicName);
  return wrong === undefined ? [] : [wrong];
}

function partitionProblems(got: number | undefined): Problem[] {
  const remedy = 'use at least as many as tasks read at once';
  return got === undefined || Token.isUnresolved(got) || (Number.isInteger(got) && got >= 1)
    ? []
    : [{ path: 'partitions', must: 'a whole number of at least 1', got, remedy }];
}

/** The configs that are set by the props that are given. */
function namedBy(props: KafkaTopicProps): { [name: string]: string } {
  return {
    ...(props.retention === undefined ? {} : { 'retention.ms': 'retention' }),
    ...(props.retentionSize === undefined ? {} : { 'retention.bytes': 'retentionSize' }),
    ...(props.maxMessageSize === undefined ? {} : { 'max.message.bytes': 'maxMessageSize' }),
  };
}

/** Old records go by age and size, or by key; a topic that does one takes no limits of the other. */
function retentionProblems(props: KafkaTopicProps): Problem[] {
  const { retention, retentionSize, configs = {}, cleanup = KafkaCleanup.DELETE } = props;
  const limits = [
    { path: 'retention', got: retention?.toString() },
    { path: 'retentionSize', got: retentionSize?.toBytes() },
    { path: 'configs.retention.ms', got: configs['retention.ms'] },
    { path: 'configs.retention.bytes', got: configs['retention.bytes'] },
  ].filter(({ got }) => got !== undefined);
  if (cleanup === KafkaCleanup.COMPACT) {
    const must = 'left out where the newest record of each key is kept for ever';
    return limits.map(({ path, got }) => ({ path, must, got, remedy: 'use KafkaCleanup.COMPACT_AND_DELETE' }));
  }
  const problems: Problem[] = [];
  if (retention !== undefined && !retention.isUnresolved() && retention.toMilliseconds() < 1) {
    const remedy = "use for example Duration.days(7), or '-1' in configs for ever";
    problems.push({ path: 'retention', must: 'longer than nothing', got: retention.toString(), remedy });
  }
  if (cleanup === KafkaCleanup.DELETE) {
    const idle = COMPACTION_CONFIGS.filter((name) => configs[name] !== undefined);
    const must = 'left out where nothing is compacted';
    const remedy = 'use KafkaCleanup.COMPACT or COMPACT_AND_DELETE';
    problems.push(...idle.map((name) => ({ path: `configs.${name}`, must, got: configs[name], remedy })));
  }
  return problems;
}

import { type Duration, type Size, Token } from 'aws-cdk-lib/core';
import { type Problem, topicNameProblem } from '../../private';
import { insyncOf, replicationProblems, valueProblems } from './config-values';
import { KafkaBrokerType } from '../kafka-broker-type';
import { KafkaCleanup, type KafkaTopicProps } from '../kafka-topic-props';
import { tierProblems } from './tier-problems';
import { COMPACTION_CONFIGS, EXPRESS_TOPIC_CONFIGS, TOPIC_CONFIGS, TYPED_TOPIC_CONFIGS } from './topic-configs';
import { contractProblems } from '../topic-contract';

/** The replicas on Express brokers, whatever a topic says. */
const EXPRESS_FACTOR = 3;

/** Whether a topic is on Express brokers, as far as that is known. */
export function isExpress({ cluster }: KafkaTopicProps): boolean {
  return cluster.brokers?.type === KafkaBrokerType.EXPRESS;
}

/** How many brokers hold each partition. */
export function factorOfTopic({ replicationFactor, cluster }: KafkaTopicProps): number {
  return replicationFactor ?? Math.min(3, cluster.brokerCount ?? 3);
}

/** How many replicas must have a record. */
export function insyncOfTopic(props: KafkaTopicProps): number {
  return props.minInsyncReplicas ?? insyncOf(factorOfTopic(props));
}

/** All that is impossible in a topic. */
export function topicProblems(props: KafkaTopicProps): Problem[] {
  const { configs = {} } = props;
  const typed = { ...TYPED_TOPIC_CONFIGS, ...namedBy(props) };
  const rules = isExpress(props) ? EXPRESS_TOPIC_CONFIGS : TOPIC_CONFIGS;
  return [
    ...contractProblems(props),
    ...nameProblems(props.topicName),
    ...partitionProblems(props.partitions),
    ...safetyProblems(props),
    ...retentionProblems(props),
    ...emptySizes({ retentionSize: props.retentionSize, maxMessageSize: props.maxMessageSize }),
    ...tierProblems(props),
    ...schemaProblems(props),
    ...valueProblems(configs, { path: 'configs', rules, typed }),
  ];
}

/** What is wrong with the name of a topic. */
export function nameProblems(topicName: string | undefined): Problem[] {
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

/** MSK sets replication on Express brokers, and on others it must be possible. */
function safetyProblems(props: KafkaTopicProps): Problem[] {
  const { replicationFactor, minInsyncReplicas } = props;
  if (!isExpress(props)) {
    const [factor, minInsync] = [factorOfTopic(props), insyncOfTopic(props)];
    return replicationProblems({
      factorPath: 'replicationFactor',
      factor,
      minInsync,
      brokers: props.cluster.brokerCount,
    });
  }
  const remedy = 'leave it out';
  const problems: Problem[] = [];
  if (replicationFactor !== undefined && replicationFactor !== EXPRESS_FACTOR) {
    const must = `${EXPRESS_FACTOR} on Express brokers, which make it so whatever is asked for`;
    problems.push({ path: 'replicationFactor', must, got: replicationFactor, remedy });
  }
  if (minInsyncReplicas !== undefined) {
    const must = 'left out on Express brokers, where 2 replicas must have a record';
    problems.push({ path: 'minInsyncReplicas', must, got: minInsyncReplicas, remedy });
  }
  return problems;
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
  return [...ageProblems(retention), ...(cleanup === KafkaCleanup.DELETE ? idleProblems(configs) : [])];
}

function ageProblems(retention: Duration | undefined): Problem[] {
  const remedy = "use for example Duration.days(7), or '-1' in configs for ever";
  return retention === undefined || retention.isUnresolved() || retention.toMilliseconds() >= 1
    ? []
    : [{ path: 'retention', must: 'longer than nothing', got: retention.toString(), remedy }];
}

/** Kafka takes them, and then keeps no record, or takes none. */
export function emptySizes(sizes: { [path: string]: Size | undefined }): Problem[] {
  return Object.entries(sizes)
    .filter(([, size]) => size?.isUnresolved() === false && size.toBytes() < 1)
    .map(([path, size]) => ({
      path,
      must: 'more than nothing',
      got: size?.toBytes(),
      remedy: 'use for example Size.mebibytes(1), or leave it out',
    }));
}

function idleProblems(configs: { [name: string]: string }): Problem[] {
  const must = 'left out where nothing is compacted';
  const remedy = 'use KafkaCleanup.COMPACT or COMPACT_AND_DELETE';
  return COMPACTION_CONFIGS.filter((name) => configs[name] !== undefined).map((name) => ({
    path: `configs.${name}`,
    must,
    got: configs[name],
    remedy,
  }));
}

/** What a registry keeps is the contract's. */
function schemaProblems({ contract, schemaRegistry }: KafkaTopicProps): Problem[] {
  const remedy = 'give the contract of the dataset, or leave the registry out';
  return schemaRegistry === undefined || contract !== undefined
    ? []
    : [{ path: 'schemaRegistry', must: 'given only beside a contract', got: schemaRegistry.registryName, remedy }];
}

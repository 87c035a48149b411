import { Duration } from 'aws-cdk-lib/core';
import type { Problem } from '../private';
import { KafkaCleanup, type KafkaTopicProps } from './kafka-topic-props';

/** The props with what their contract says where they say nothing. */
export function withContract(props: KafkaTopicProps): KafkaTopicProps {
  const stream = props.contract?.stream;
  if (stream === undefined) {
    return props;
  }
  const cleanup = props.cleanup ?? cleanupOf(stream.cleanup);
  return {
    ...props,
    topicName: props.topicName ?? stream.topicName,
    partitions: props.partitions ?? stream.partitions,
    cleanup,
    retention: props.retention ?? (agesBesides(props, cleanup) ? undefined : daysOf(stream.retentionDays)),
    // what a contract says holds in every environment, and only some have the cheaper tier
    localRetention:
      props.localRetention ??
      (props.cluster.brokers?.isTiered === true ? daysOf(stream.localRetentionDays) : undefined),
  };
}

/** What is missing where there is no contract with a stream. */
export function contractProblems({ contract, topicName, partitions }: KafkaTopicProps): Problem[] {
  if (contract !== undefined && contract.stream === undefined) {
    const remedy = `name the contract of a stream, or add one to ${contract.file}`;
    return [{ path: 'contract', must: 'one with a stream', got: contract.key, remedy }];
  }
  const wanted = { topicName, partitions };
  return Object.entries(wanted)
    .filter(([, got]) => got === undefined)
    .map(([path, got]) => ({
      path,
      must: 'given here or by a contract',
      got,
      remedy: 'add it, or a contract with a stream',
    }));
}

/** Whether the props themselves decide how records age: the contract's days would contradict them. */
function agesBesides({ configs }: KafkaTopicProps, cleanup: KafkaCleanup): boolean {
  return cleanup === KafkaCleanup.COMPACT || configs?.['retention.ms'] !== undefined;
}

function daysOf(days: number | undefined): Duration | undefined {
  return days === undefined ? undefined : Duration.days(days);
}

/** The contract has been read, so its value is one of Kafka's own. */
function cleanupOf(text: string): KafkaCleanup {
  const policies = new Map<string, KafkaCleanup>(Object.values(KafkaCleanup).map((policy) => [policy, policy]));
  return policies.get(text) ?? KafkaCleanup.DELETE;
}

import { Duration } from 'aws-cdk-lib/core';
import type { Problem } from '../../private';
import { KafkaCleanup, type KafkaTopicProps } from '../kafka-topic-props';
import { LEAST_TIERED_SEGMENT } from './topic-configs';

/** The least that MSK keeps the records of a topic with tiered storage. */
const LEAST_RETENTION = Duration.days(3);

const TAKE_AWAY = 'leave localRetention out, so that all records stay on the volumes';

/**
 * What is impossible in a topic whose older records go to the cheaper tier.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-guidelines-tiered-storage-topic-level-config.html
 */
export function tierProblems(props: KafkaTopicProps): Problem[] {
  const { cluster, localRetention, cleanup = KafkaCleanup.DELETE, configs = {} } = props;
  const bytes = configs['local.retention.bytes'];
  if (localRetention === undefined) {
    const remedy = 'set localRetention too, or leave it out';
    const must = 'left out where all records stay on the volumes';
    return bytes === undefined ? [] : [{ path: 'configs.local.retention.bytes', must, got: bytes, remedy }];
  }
  const path = 'localRetention';
  const got = localRetention.toString();
  const problems: Problem[] = [];
  if (cluster.brokers?.isTiered === false) {
    const remedy = 'give standard brokers storageMode: KafkaStorageMode.TIERED, or leave it out';
    problems.push({ path, must: 'left out on a cluster without tiered storage', got, remedy });
  }
  if (cleanup !== KafkaCleanup.DELETE) {
    problems.push({
      path: 'cleanup',
      must: 'delete where older records go to the cheaper tier',
      got: cleanup,
      remedy: TAKE_AWAY,
    });
  }
  return [...problems, ...ageProblems(props, localRetention), ...segmentProblems(configs)];
}

/** A record is on the volumes first, and in the cheaper tier for the rest of its time. */
function ageProblems({ retention, configs = {} }: KafkaTopicProps, localRetention: Duration): Problem[] {
  if (retention === undefined) {
    const must = 'given, and not left to the cluster, where older records go to the cheaper tier';
    const got = configs['retention.ms'];
    // for ever is for longer than anything
    return got === '-1' ? [] : [{ path: 'retention', must, got, remedy: 'use for example Duration.days(30)' }];
  }
  if (retention.isUnresolved() || localRetention.isUnresolved()) {
    return [];
  }
  const problems: Problem[] = [];
  if (retention.toMilliseconds() < LEAST_RETENTION.toMilliseconds()) {
    const must = `${LEAST_RETENTION.toDays()} days or more where older records go to the cheaper tier`;
    problems.push({ path: 'retention', must, got: retention.toString(), remedy: `raise it, or ${TAKE_AWAY}` });
  }
  const local = localRetention.toMilliseconds();
  if (local < 1 || local >= retention.toMilliseconds()) {
    const must = `longer than nothing and shorter than the retention, ${retention.toString()}`;
    problems.push({
      path: 'localRetention',
      must,
      got: localRetention.toString(),
      remedy: 'use for example Duration.days(1)',
    });
  }
  return problems;
}

function segmentProblems(configs: { [name: string]: string }): Problem[] {
  return Object.entries(LEAST_TIERED_SEGMENT)
    .filter(([name, least]) => Number(configs[name] ?? least) < least)
    .map(([name, least]) => ({
      path: `configs.${name}`,
      must: `at least ${least} where older records go to the cheaper tier`,
      got: configs[name],
      remedy: 'raise it, or leave it out',
    }));
}

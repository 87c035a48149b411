import type { Problem } from '../../private';
import { insyncOf, replicationProblems, valueProblems } from './config-values';
import { KafkaBrokerType } from '../kafka-broker-type';
import type { KafkaConfigurationProps } from '../kafka-configuration';
import {
  EXPRESS_SERVER_PROPERTIES,
  ORDERED_SERVER_PROPERTIES,
  SERVER_PROPERTIES,
  TYPED_SERVER_PROPERTIES,
} from './server-properties';
import { emptySizes } from './topic-problems';

/** Whether a configuration is for Express brokers. */
export function isExpress({ brokerType }: KafkaConfigurationProps): boolean {
  return brokerType === KafkaBrokerType.EXPRESS;
}

/** The replicas of a topic that says nothing else. */
export function factorOf(props: KafkaConfigurationProps): number {
  return props.defaultReplicationFactor ?? 3;
}

/** All that is impossible in a configuration. */
export function configurationProblems(props: KafkaConfigurationProps): Problem[] {
  const empty = emptySizes({ maxMessageSize: props.maxMessageSize });
  return [...safetyProblems(props), ...retentionProblems(props), ...empty, ...propertyProblems(props)];
}

/** MSK sets replication on Express brokers, and on others it must be possible. */
function safetyProblems(props: KafkaConfigurationProps): Problem[] {
  const { defaultReplicationFactor, minInsyncReplicas, uncleanLeaderElection } = props;
  if (isExpress(props)) {
    const must = 'left out for Express brokers, where MSK sees to it';
    const remedy = 'leave it out; there are 3 replicas, of which 2 must have a record';
    return Object.entries({ defaultReplicationFactor, minInsyncReplicas, uncleanLeaderElection })
      .filter(([, got]) => got !== undefined)
      .map(([path, got]) => ({ path, must, got, remedy }));
  }
  const factor = factorOf(props);
  const minInsync = minInsyncReplicas ?? insyncOf(factor);
  return replicationProblems({ factorPath: 'defaultReplicationFactor', factor, minInsync });
}

function retentionProblems({ retention, serverProperties = {} }: KafkaConfigurationProps): Problem[] {
  const problems: Problem[] = [];
  if (retention !== undefined && !retention.isUnresolved() && retention.toMilliseconds() < 1) {
    problems.push({
      path: 'retention',
      must: 'longer than nothing',
      got: retention.toString(),
      remedy: 'use for example Duration.days(7)',
    });
  }
  if (retention !== undefined && serverProperties['log.cleanup.policy'] === 'compact') {
    problems.push({
      path: 'retention',
      must: 'left out where the newest record of each key is kept for ever',
      got: retention.toString(),
      remedy: "set 'log.cleanup.policy' to 'compact,delete'",
    });
  }
  return problems;
}

function propertyProblems(props: KafkaConfigurationProps): Problem[] {
  const { retention, maxMessageSize, serverProperties: given = {} } = props;
  const typed = {
    ...TYPED_SERVER_PROPERTIES,
    ...(retention === undefined ? {} : { 'log.retention.ms': 'retention' }),
    ...(maxMessageSize === undefined ? {} : { 'message.max.bytes': 'maxMessageSize' }),
  };
  const rules = isExpress(props) ? EXPRESS_SERVER_PROPERTIES : SERVER_PROPERTIES;
  return [...valueProblems(given, { path: 'serverProperties', rules, typed }), ...orderProblems(given)];
}

function orderProblems(given: { [name: string]: string }): Problem[] {
  return ORDERED_SERVER_PROPERTIES.flatMap(([low, high]) => {
    const [least, most] = [Number(given[low]), Number(given[high])];
    return least > most
      ? [
          {
            path: `serverProperties.${low}`,
            must: `at most ${most}, which ${high} is`,
            got: given[low],
            remedy: 'lower it, or raise the other',
          },
        ]
      : [];
  });
}

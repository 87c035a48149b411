import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as msk from 'aws-cdk-lib/aws-msk';
import { type Stack, Token } from 'aws-cdk-lib/core';
import { groupProblems, renderedProperties } from '../../foundation';
import { type Problem, problem, sorted } from '../../private';
import { replicationProblems } from './config-values';
import type { KafkaClusterProps } from '../kafka-cluster';
import { KafkaConfiguration } from '../kafka-configuration';
import { KafkaTopic } from '../kafka-topic';
import type { KafkaVersion } from '../kafka-version';
import { partitionLimit } from '../brokers/partition-limits';

/** The longest name of a cluster. */
export const NAME_LIMIT = 64;

/** What the constructor knows of a cluster before it makes it. */
export interface ClusterFacts {
  readonly stack: Stack;
  readonly subnets: ec2.ISubnet[];
  readonly brokerCount: number;
  readonly version: KafkaVersion;
}

/** All that MSK would refuse in a cluster. */
export function clusterProblems(props: KafkaClusterProps, facts: ClusterFacts): Problem[] {
  const { subnets, version, stack } = facts;
  const { _kind: kind } = props.brokers;
  const wrongSubnets = subnetProblems(subnets);
  const around = kind.problemsAround({ zones: subnets.length, version, region: stack.region });
  return [
    ...wrongSubnets,
    ...kind.problems(),
    ...around.filter(({ path }) => wrongSubnets.every((other) => other.path !== path)),
    ...groupProblems(props.securityGroups),
    ...nameProblems(props.clusterName),
    ...configurationProblems(props, facts.brokerCount),
  ];
}

function subnetProblems(subnets: ec2.ISubnet[]): Problem[] {
  const zones = subnets.map(({ availabilityZone }) => availabilityZone);
  const distinct = new Set(zones).size === zones.length;
  return distinct && zones.length >= 2 && zones.length <= 3
    ? []
    : [
        {
          path: 'vpcSubnets',
          must: 'two or three subnets, each in a zone of its own',
          got: zones.map((zone) => (Token.isUnresolved(zone) ? 'a zone known later' : zone)),
          remedy: 'name one subnet in each of two or three zones',
        },
      ];
}

function nameProblems(got: string | undefined): Problem[] {
  const must = `1 to ${NAME_LIMIT} letters, digits and hyphens, a letter first`;
  return got === undefined || Token.isUnresolved(got) || /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(got)
    ? []
    : [{ path: 'clusterName', must, got, remedy: 'leave it out to get one' }];
}

/** Where the configuration is one of this app, it must fit the brokers. */
function configurationProblems({ brokers, configuration }: KafkaClusterProps, brokerCount: number): Problem[] {
  const problems: Problem[] = [];
  const { defaultReplicationFactor: factor, brokerType } = configuration ?? {};
  if (brokerType !== undefined && brokerType !== brokers.type) {
    problems.push({
      path: 'configuration.brokerType',
      must: `${brokers.type}, as the brokers are`,
      got: brokerType,
      remedy: `give the configuration brokerType: KafkaBrokerType.${brokers.type}`,
    });
  } else if (factor !== undefined && Number.isInteger(brokerCount)) {
    const factorPath = 'configuration.defaultReplicationFactor';
    problems.push(...replicationProblems({ factorPath, factor, minInsync: 1, brokers: brokerCount }));
  }
  if (brokers.isTiered && configuration instanceof KafkaConfiguration && configuration._compacts) {
    problems.push({
      path: 'configuration.serverProperties.log.cleanup.policy',
      must: 'delete on a cluster with tiered storage, which holds no compacted topics',
      got: 'compact',
      remedy: 'leave it out, and let topics that stay on the volumes compact by themselves',
    });
  }
  return problems;
}

/** A cluster as the template will have it, as far as the rule looks. */
interface Rendered {
  readonly NumberOfBrokerNodes?: unknown;
  readonly BrokerNodeGroupInfo?: { readonly ClientSubnets?: unknown[] };
}

/** Nothing in the props can make the brokers uneven, but an escape hatch or an aspect can. */
export function unevenBrokers(cluster: msk.CfnCluster): string[] {
  const { NumberOfBrokerNodes: got, BrokerNodeGroupInfo: group } = renderedProperties<Rendered>(cluster);
  const subnets = group?.ClientSubnets?.length ?? 0;
  return subnets === 0 || typeof got !== 'number' || got % subnets === 0
    ? []
    : [
        problem({
          path: 'numberOfBrokerNodes',
          must: `a multiple of the ${subnets} subnets`,
          got,
          remedy: 'set brokers.perZone instead',
        }),
      ];
}

/** Topics come one by one, from any stack of the app: only at the end is it known what brokers are to hold. */
export function tooManyPartitions(
  stack: Stack,
  clusterArn: string,
  { brokers }: KafkaClusterProps,
  count: number,
): string[] {
  const limit = partitionLimit(brokers);
  const topics = stack.node.root.node
    .findAll()
    .filter((child) => child instanceof KafkaTopic)
    .filter(({ cluster, partitions }) => cluster.clusterArn === clusterArn && !Token.isUnresolved(partitions));
  const got = topics.reduce((sum, topic) => sum + topic.partitions * replicasOf(topic), 0);
  if (limit === undefined || got <= limit * count) {
    return [];
  }
  const [largest] = sorted(topics, ({ partitions }) => String(1_000_000 - partitions));
  const must = `at most ${limit * count} with their replicas, ${limit} on each of ${count} brokers of ${brokers.instanceType}`;
  const remedy = `use fewer partitions, most of which '${largest?.node.path}' has, larger instances or more brokers`;
  return [problem({ path: 'partitions of all topics', must, got, remedy })];
}

/** Those that are known only at deployment count as one. */
function replicasOf({ replicationFactor }: KafkaTopic): number {
  return Token.isUnresolved(replicationFactor) ? 1 : replicationFactor;
}

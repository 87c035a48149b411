import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeNetwork } from '../../lib/foundation';
import {
  KafkaBrokers,
  KafkaCluster,
  type KafkaClusterProps,
  type ProvisionedBrokersOptions,
} from '../../lib/streaming';
import { testStack } from '../support/stacks';

export const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

/** The ARN of a cluster that exists already. */
export const EXISTING = 'arn:aws:kafka:eu-west-1:210987654321:cluster/events/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9-2';

/** Brokers that any test can have. */
export function brokersOf(options?: Partial<ProvisionedBrokersOptions>): KafkaBrokers {
  return KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large'), ...options });
}

/** A stack and the cluster in it. */
export interface Built {
  readonly stack: Stack;
  readonly cluster: KafkaCluster;
}

/** A cluster in a network of its own, over three zones. */
export function build(props?: Partial<KafkaClusterProps>, zones: string[] = ZONES, stack = testStack()): Built {
  const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: zones });
  return { stack, cluster: new KafkaCluster(stack, 'Kafka', { vpc, brokers: brokersOf(), ...props }) };
}

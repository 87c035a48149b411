import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeNetwork } from '../../lib/foundation';
import { BatchCluster, type BatchClusterProps } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { testStack, theOnly } from '../support/stacks';

interface InstanceType {
  readonly InstanceType: string;
  readonly WeightedCapacity: number;
  readonly EbsConfiguration?: unknown;
}

interface Fleet {
  readonly InstanceTypeConfigs: InstanceType[];
  readonly [property: string]: unknown;
}

/** The properties of a cluster in a template. */
export interface Cluster {
  readonly Configurations: {
    readonly Classification: string;
    readonly ConfigurationProperties?: { readonly [key: string]: unknown };
    readonly Configurations?: unknown[];
  }[];
  readonly Instances: {
    readonly MasterInstanceFleet: Fleet;
    readonly CoreInstanceFleet: Fleet;
    readonly TaskInstanceFleets: Fleet[];
    readonly [property: string]: unknown;
  };
  readonly [property: string]: unknown;
}

/** A stack and the cluster in it. */
export interface Built {
  readonly stack: Stack;
  readonly cluster: BatchCluster;
}

/** A cluster in a network and a lake of its own. */
export function build(props?: Partial<BatchClusterProps>, stack: Stack = testStack()): Built {
  const vpc = props?.vpc ?? new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a', 'us-east-1b'] }).vpc;
  const storage = new LakeStorage(stack, 'Storage');
  return { stack, cluster: new BatchCluster(stack, 'Cluster', { ...props, vpc, storage }) };
}

let plain: Built | undefined;

/** The cluster with all defaults, made once for the tests of a file that only look at it. */
export function plainCluster(): Built {
  return (plain ??= build());
}

/** What the template says of a cluster; of the plain one when nothing is asked for. */
export function clusterOf(props?: Partial<BatchClusterProps>): Cluster {
  const { stack } = props === undefined ? plainCluster() : build(props);
  return theOnly<Cluster>(stack, 'AWS::EMR::Cluster');
}

export function types(...names: string[]): ec2.InstanceType[] {
  return names.map((name) => new ec2.InstanceType(name));
}

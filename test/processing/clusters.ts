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
  const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a', 'us-east-1b'] });
  const storage = new LakeStorage(stack, 'Storage');
  return { stack, cluster: new BatchCluster(stack, 'Cluster', { vpc, storage, ...props }) };
}

/** What the template says of such a cluster. */
export function clusterOf(props?: Partial<BatchClusterProps>): Cluster {
  return theOnly<Cluster>(build(props).stack, 'AWS::EMR::Cluster');
}

export function types(...names: string[]): ec2.InstanceType[] {
  return names.map((name) => new ec2.InstanceType(name));
}

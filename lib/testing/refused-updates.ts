import { type Replaced, same } from './create-only';
import type { Others } from './data-loss-rules';
import { type FlatResource, referencesIn } from './flat-template';
import { type Json, at, brief, plain } from './json';

/** A change that CloudFormation hands to the service, which refuses it: the deployment fails and is rolled back. */
export interface RefusedUpdate {
  readonly property?: string;
  /** What changes, and why that is refused. */
  readonly reason: string;
  readonly remedy: string;
}

/** What is known of the resources that others refer to. */
export interface Neighbours {
  readonly replaced: Replaced;
  /** Whether a resource's own properties change. */
  readonly changes: (address: string) => boolean;
  readonly properties: Others;
}

/** Ways in which MSK changes a cluster, each an operation of its own, in the order in which they are safe one after another. */
const KAFKA_OPERATIONS: readonly { readonly name: string; readonly properties: readonly string[] }[] = [
  { name: 'volumes', properties: ['BrokerNodeGroupInfo.StorageInfo'] },
  { name: 'storage mode', properties: ['StorageMode'] },
  { name: 'number of brokers', properties: ['NumberOfBrokerNodes'] },
  { name: 'rebalancing', properties: ['Rebalancing'] },
  { name: 'instance type', properties: ['BrokerNodeGroupInfo.InstanceType'] },
  { name: 'version', properties: ['KafkaVersion'] },
  { name: 'configuration', properties: ['ConfigurationInfo'] },
  { name: 'sign-in', properties: ['ClientAuthentication', 'EncryptionInfo.EncryptionInTransit.ClientBroker'] },
  { name: 'connectivity', properties: ['BrokerNodeGroupInfo.ConnectivityInfo'] },
  { name: 'monitoring and logs', properties: ['EnhancedMonitoring', 'OpenMonitoring', 'LoggingInfo'] },
];

/** The updates of a resource that its service refuses. */
export function refusedUpdates(before: FlatResource, after: FlatResource, neighbours: Neighbours): RefusedUpdate[] {
  return before.type === 'AWS::MSK::Cluster'
    ? [...otherBrokers(before, after), ...severalAtOnce(before, after, neighbours)]
    : [];
}

/** @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-broker-types-express.html */
function otherBrokers(before: FlatResource, after: FlatResource): RefusedUpdate[] {
  const property = 'BrokerNodeGroupInfo.InstanceType';
  const [old, new_] = [before, after].map(({ properties }) => at(properties, ...property.split('.')));
  return old === undefined || new_ === undefined || isExpress(old) === isExpress(new_)
    ? []
    : [
        {
          property,
          reason: `${property} from ${brief(old)} to ${brief(new_)}: brokers do not change between standard and Express`,
          remedy: 'build the new cluster beside it under another id, and let MSK Replicator copy the topics',
        },
      ];
}

function isExpress(type: Json | undefined): boolean {
  return plain(type).startsWith('express.');
}

/** @see https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn.html */
function severalAtOnce(before: FlatResource, after: FlatResource, neighbours: Neighbours): RefusedUpdate[] {
  const differs = (property: string): boolean => {
    const [old, new_] = [before, after].map(({ properties }) => at(properties, ...property.split('.')));
    return !same(old, new_) || referencesIn(new_).some((address) => isOther(address, neighbours));
  };
  const names = KAFKA_OPERATIONS.filter(({ properties }) => properties.some(differs)).map(({ name }) => name);
  return names.length < 2
    ? []
    : [
        {
          reason: `${names.length} changes in one deployment, of which MSK takes one and refuses the rest`,
          remedy: `deploy them one by one, in this order: ${names.join(', ')}`,
        },
      ];
}

function isOther(address: string, { replaced, changes }: Neighbours): boolean {
  return replaced.has(address) || changes(address);
}

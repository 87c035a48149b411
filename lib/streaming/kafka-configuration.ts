import { createHash } from 'node:crypto';
import * as msk from 'aws-cdk-lib/aws-msk';
import {
  CfnDeletionPolicy,
  Duration,
  type IResource,
  Names,
  RemovalPolicy,
  Resource,
  type Size,
  Stack,
} from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { referenceProblems } from '../foundation';
import { failAll, problem, sorted } from '../private';
import { insyncOf, rendered } from './rules/config-values';
import { configurationProblems, factorOf, isExpress } from './rules/configuration-problems';
import { KafkaBrokerType } from './kafka-broker-type';

/** The longest name of a configuration that this library gives; MSK documents none. */
const NAME_LIMIT = 64;

/** Server properties for the brokers of clusters. */
export interface IKafkaConfiguration extends IResource {
  /**
   * The ARN of the configuration.
   *
   * @attribute
   */
  readonly configurationArn: string;

  /** The revision that clusters use. */
  readonly revision: number;

  /**
   * The replicas of a topic that says nothing else.
   *
   * @default - not known, so it is not checked against the brokers of a cluster
   */
  readonly defaultReplicationFactor?: number;

  /**
   * The brokers it is for.
   *
   * @default - not known, so it is not checked against those of a cluster
   */
  readonly brokerType?: KafkaBrokerType;
}

/** A configuration that exists already. */
export interface KafkaConfigurationAttributes {
  /** The ARN of the configuration. */
  readonly configurationArn: string;

  /** The revision to use. */
  readonly revision: number;
}

/** Properties of a KafkaConfiguration. */
export interface KafkaConfigurationProps {
  /**
   * The brokers it is for. Express brokers take fewer properties, and have three replicas, two of which must have a record.
   *
   * @default KafkaBrokerType.STANDARD
   */
  readonly brokerType?: KafkaBrokerType;

  /**
   * The replicas of a topic that says nothing else, at most the brokers of the cluster. Refused for Express brokers.
   *
   * @default 3
   */
  readonly defaultReplicationFactor?: number;

  /**
   * How many replicas must have a record before a producer that waits for all hears so. Refused for Express brokers.
   *
   * @default - 2, and 1 where there are fewer than three replicas
   */
  readonly minInsyncReplicas?: number;

  /**
   * How long records are kept in topics that say nothing else.
   *
   * @default Duration.days(7)
   */
  readonly retention?: Duration;

  /**
   * The largest batch of records a broker takes.
   *
   * @default - Kafka's own, 1 MiB and 12 bytes
   */
  readonly maxMessageSize?: Size;

  /**
   * Whether a topic that nobody defined appears when it is first named, also by a slip of the keyboard.
   *
   * @default false
   */
  readonly autoCreateTopics?: boolean;

  /**
   * Whether a replica that lacks records may lead when no other is left: writes go on, and acknowledged records are lost.
   * Refused for Express brokers.
   *
   * @default false
   */
  readonly uncleanLeaderElection?: boolean;

  /**
   * Other server properties by their own names. Unknown ones, those of ZooKeeper and those that have a prop are refused.
   *
   * @default - MSK's own values; topics can be deleted
   */
  readonly serverProperties?: { [name: string]: string };

  /**
   * What the configuration is for, shown in the console.
   *
   * @default - nothing
   */
  readonly description?: string;

  /**
   * What happens to the configuration when it leaves the stack. One that a cluster uses cannot be deleted, so it must
   * stay as long as the cluster does. One that a change replaced is always deleted.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

class ImportedKafkaConfiguration extends Resource implements IKafkaConfiguration {
  public readonly configurationArn: string;
  public readonly revision: number;

  constructor(scope: Construct, id: string, attributes: KafkaConfigurationAttributes) {
    super(scope, id);
    const problems = referenceProblems({
      path: 'configurationArn',
      must: 'the ARN of a Kafka configuration, arn:…:configuration/<name>/<id>',
      got: attributes.configurationArn,
      form: /^arn:[^:]+:kafka:[^:]+:[^:]+:configuration\/[^/]+\/[^/]+$/,
      remedy: 'take it from `aws kafka list-configurations`',
    });
    failAll(`Kafka configuration '${this.node.path}'`, problems.map(problem));
    this.configurationArn = attributes.configurationArn;
    this.revision = attributes.revision;
  }
}

/**
 * Server properties for the brokers of clusters.
 *
 * Where MSK's own defaults can lose data, this one's differ: no unclean leader election, and no topic by accident.
 *
 * Its name has a hash of its content, so that a change makes another configuration: the cluster moves to it, and back to
 * the old one when the deployment fails; after that the old one goes.
 *
 * Fails when a property is unknown, has an illegal value or contradicts another, all problems at once.
 *
 * @resource AWS::MSK::Configuration
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html
 */
export class KafkaConfiguration extends Resource implements IKafkaConfiguration {
  /** Refer to a configuration that exists already. */
  public static fromKafkaConfigurationAttributes(
    scope: Construct,
    id: string,
    attributes: KafkaConfigurationAttributes,
  ): IKafkaConfiguration {
    return new ImportedKafkaConfiguration(scope, id, attributes);
  }

  public readonly configurationArn: string;
  public readonly revision: number;
  public readonly defaultReplicationFactor?: number;
  public readonly brokerType?: KafkaBrokerType;

  /**
   * Whether topics that say nothing else are compacted.
   *
   * @internal
   */
  public readonly _compacts: boolean;

  constructor(scope: Construct, id: string, props: KafkaConfigurationProps = {}) {
    super(scope, id);
    failAll(`Kafka configuration '${this.node.path}'`, configurationProblems(props).map(problem));
    const serverProperties = renderProperties(props);
    const content = JSON.stringify(Stack.of(this).resolve(serverProperties));
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
    const name = Names.uniqueResourceName(this, { maxLength: NAME_LIMIT - hash.length - 1, separator: '-' });
    const resource = new msk.CfnConfiguration(this, 'Resource', {
      name: `${name}-${hash}`,
      serverProperties,
      description: props.description,
    });
    resource.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    // Every change of a property replaces the configuration; kept, the old ones would add up to the account's quota.
    resource.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.DELETE;

    this.configurationArn = resource.attrArn;
    this.revision = resource.attrLatestRevisionRevision;
    this.defaultReplicationFactor = factorOf(props);
    this.brokerType = props.brokerType ?? KafkaBrokerType.STANDARD;
    this._compacts = (props.serverProperties?.['log.cleanup.policy'] ?? '').includes('compact');
  }
}

/** The file of server properties, in the order of their names, so that the same properties give the same name. */
function renderProperties(props: KafkaConfigurationProps): string {
  const factor = factorOf(props);
  const { retention, maxMessageSize, serverProperties = {} } = props;
  const age = serverProperties['log.retention.ms'] ?? rendered((retention ?? Duration.days(7)).toMilliseconds());
  const safety = {
    'default.replication.factor': rendered(factor),
    'min.insync.replicas': rendered(props.minInsyncReplicas ?? insyncOf(factor)),
    'unclean.leader.election.enable': rendered(props.uncleanLeaderElection ?? false),
  };
  const properties: { [name: string]: string } = {
    // A topic whose first deployment failed could not be taken back otherwise.
    'delete.topic.enable': 'true',
    ...serverProperties,
    'auto.create.topics.enable': rendered(props.autoCreateTopics ?? false),
    'log.retention.ms': age,
    // MSK sees to the safety of Express brokers, and lets nobody say otherwise.
    ...(isExpress(props) ? {} : safety),
    ...(maxMessageSize === undefined ? {} : { 'message.max.bytes': rendered(maxMessageSize.toBytes()) }),
  };
  const lines = sorted(Object.entries(properties), ([name]) => name).map(([name, value]) => `${name}=${value}\n`);
  return lines.join('');
}

import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Names, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { LakeKey, keyProblems, onceInRegion } from '../foundation';
import { failAll, problem } from '../private';
import { NAME_LIMIT, clusterProblems, tooManyPartitions, unevenBrokers } from './rules/cluster-problems';
import { KafkaBrokerType } from './kafka-broker-type';
import type { KafkaBrokers } from './kafka-brokers';
import {
  IAM_PORT,
  type IKafkaCluster,
  ImportedKafkaCluster,
  type KafkaClusterAttributes,
  KafkaClusterBase,
} from './kafka-cluster-base';
import { type IKafkaConfiguration, KafkaConfiguration } from './kafka-configuration';
import { KafkaMonitoring } from './kafka-monitoring';
import type { IKafkaSchemaRegistry } from './kafka-schema-registry';
import type { KafkaTopic } from './kafka-topic';
import type { KafkaTopicOptions } from './kafka-topic-props';
import { KafkaVersion } from './kafka-version';
import { letVolumesGrow } from './brokers/storage-growth';

/** Properties of a KafkaCluster. */
export interface KafkaClusterProps {
  /** The network. Another one replaces the cluster. */
  readonly vpc: ec2.IVpc;

  /**
   * The brokers: what they run on, and how many there are in each availability zone. Express brokers instead of standard ones,
   * or the reverse, need another cluster.
   */
  readonly brokers: KafkaBrokers;

  /**
   * The subnets, two or three, each in a zone of its own; three for Express brokers. Other subnets replace the cluster.
   *
   * @default - all private subnets, or all isolated ones where there are none
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The version of Kafka. It can be raised in place and never lowered.
   *
   * @default KafkaVersion.V3_9_X_KRAFT
   */
  readonly version?: KafkaVersion;

  /**
   * The server properties of the brokers.
   *
   * @default - a KafkaConfiguration with its defaults for these brokers, where there are two of them with two replicas
   */
  readonly configuration?: IKafkaConfiguration;

  /**
   * The registry that keeps the schemas of the topics that are added with a contract and name none of their own.
   *
   * @default - no schemas are registered
   */
  readonly schemaRegistry?: IKafkaSchemaRegistry;

  /**
   * The key that encrypts volumes and logs; its policy must let CloudWatch Logs use it, as LakeKey's does. Another key
   * replaces the cluster.
   *
   * @default - a new LakeKey
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The security groups of the brokers, at least one. Other groups replace the cluster.
   *
   * @default - a new one, which lets nobody in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * How fine the metrics are. Every level but the first is billed by the metric.
   *
   * @default KafkaMonitoring.PER_BROKER
   */
  readonly monitoring?: KafkaMonitoring;

  /**
   * How long the brokers' logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The name of the cluster, 1 to 64 letters, digits and hyphens, a letter first. Another name replaces the cluster.
   *
   * @default - from the construct's path, so that a change that replaces the cluster fails before it loses one
   */
  readonly clusterName?: string;

  /**
   * What happens to the cluster, its key, logs, configuration and security group when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A Kafka cluster on MSK with KRaft: clients sign in with IAM over TLS and in no other way, brokers talk to each other over
 * TLS, volumes and logs are encrypted with one customer managed key.
 *
 * Fails when MSK would refuse the cluster after half an hour, all problems at once.
 *
 * @resource AWS::MSK::Cluster
 * @stateful
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-msk-cluster.html
 */
export class KafkaCluster extends KafkaClusterBase {
  /** Refer to a cluster that exists already. */
  public static fromKafkaClusterAttributes(
    scope: Construct,
    id: string,
    attributes: KafkaClusterAttributes,
  ): IKafkaCluster {
    return new ImportedKafkaCluster(scope, id, attributes);
  }

  public readonly clusterArn: string;
  public readonly clusterName: string;
  public readonly brokerCount?: number;
  public readonly brokers?: KafkaBrokers;
  public readonly connections: ec2.Connections;

  /** The version of Kafka. */
  public readonly version: KafkaVersion;

  /** The server properties of the brokers. */
  public readonly configuration: IKafkaConfiguration;

  /** The registry of the schemas of topics, where there is one. */
  public readonly schemaRegistry?: IKafkaSchemaRegistry;

  /** The key that encrypts volumes and logs. */
  public readonly encryptionKey: kms.IKey;

  /** Where the brokers log to. */
  public readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: KafkaClusterProps) {
    super(scope, id);
    this.brokers = props.brokers;
    this.schemaRegistry = props.schemaRegistry;
    this.version = props.version ?? KafkaVersion.V3_9_X_KRAFT;
    const { _kind: kind } = props.brokers;
    const subnets = subnetsOf(props);
    const brokerCount = subnets.length * kind.perZone;
    const facts = { stack: Stack.of(this), subnets, brokerCount, version: this.version };
    this.clusterName = props.clusterName ?? Names.uniqueResourceName(this, { maxLength: NAME_LIMIT, separator: '-' });
    const problems = [
      ...clusterProblems(props, facts),
      ...onceInRegion(this, { path: 'clusterName', got: this.clusterName }),
      ...keyProblems(this, props.encryptionKey),
    ];
    failAll(`Kafka cluster '${this.node.path}'`, problems.map(problem));
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

    this.encryptionKey = props.encryptionKey ?? this.makeKey(removalPolicy);
    this.configuration = props.configuration ?? this.makeConfiguration(brokerCount, removalPolicy);
    const securityGroups = props.securityGroups ?? [this.makeSecurityGroup(props.vpc, removalPolicy)];
    this.connections = new ec2.Connections({ securityGroups, defaultPort: ec2.Port.tcp(IAM_PORT) });
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: this.encryptionKey,
      removalPolicy,
    });
    const resource = new msk.CfnCluster(this, 'Resource', {
      clusterName: this.clusterName,
      kafkaVersion: this.version.version,
      numberOfBrokerNodes: brokerCount,
      ...kind.properties,
      brokerNodeGroupInfo: {
        clientSubnets: subnets.map(({ subnetId }) => subnetId),
        instanceType: kind.instanceType,
        securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
        storageInfo: kind.storageInfo,
      },
      configurationInfo: { arn: this.configuration.configurationArn, revision: this.configuration.revision },
      clientAuthentication: { sasl: { iam: { enabled: true } }, unauthenticated: { enabled: false } },
      encryptionInfo: {
        encryptionAtRest: { dataVolumeKmsKeyId: this.encryptionKey.keyArn },
        encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
      },
      enhancedMonitoring: props.monitoring ?? KafkaMonitoring.PER_BROKER,
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: this.logGroup.logGroupName } } },
    });
    resource.applyRemovalPolicy(removalPolicy);
    this.clusterArn = resource.attrArn;
    this.brokerCount = brokerCount;
    if (kind.growth !== undefined) {
      letVolumesGrow(this, this.clusterArn, kind.growth);
    }
    this.node.addValidation({ validate: () => unevenBrokers(resource) });
    this.node.addValidation({
      validate: () => tooManyPartitions(Stack.of(this), this.clusterArn, props, brokerCount),
    });
  }

  public override addTopic(id: string, options: KafkaTopicOptions): KafkaTopic {
    const schemaRegistry = options.contract === undefined ? undefined : this.schemaRegistry;
    return super.addTopic(id, { schemaRegistry, ...options });
  }

  private makeKey(removalPolicy: RemovalPolicy): kms.IKey {
    return new LakeKey(this, 'Key', { description: 'encrypts a Kafka cluster and its logs', removalPolicy }).key;
  }

  private makeConfiguration(brokerCount: number, removalPolicy: RemovalPolicy): IKafkaConfiguration {
    const brokerType = this.brokers?.type;
    const isExpress = brokerType === KafkaBrokerType.EXPRESS;
    const defaultReplicationFactor = isExpress ? undefined : Math.min(3, brokerCount);
    return new KafkaConfiguration(this, 'Configuration', { brokerType, defaultReplicationFactor, removalPolicy });
  }

  private makeSecurityGroup(vpc: ec2.IVpc, removalPolicy: RemovalPolicy): ec2.ISecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'brokers of a Kafka cluster' });
    // A cluster that stays still uses it.
    group.applyRemovalPolicy(removalPolicy);
    return group;
  }
}

function subnetsOf({ vpc, vpcSubnets }: KafkaClusterProps): ec2.ISubnet[] {
  if (vpcSubnets !== undefined) {
    return vpc.selectSubnets(vpcSubnets).subnets;
  }
  return vpc.privateSubnets.length > 0 ? vpc.privateSubnets : vpc.isolatedSubnets;
}

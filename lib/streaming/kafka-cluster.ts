import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Names, RemovalPolicy, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { LakeKey, renderedProperties } from '../foundation';
import { type Problem, failAll, problem } from '../private';
import { replicationProblems } from './config-values';
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
import { KafkaVersion } from './kafka-version';

/** Properties of a KafkaCluster. */
export interface KafkaClusterProps {
  /** The network. */
  readonly vpc: ec2.IVpc;

  /** The brokers: what they run on, and how many there are in each availability zone. */
  readonly brokers: KafkaBrokers;

  /**
   * The subnets, two or three, each in a zone of its own. Other subnets replace the cluster.
   *
   * @default - all private subnets, or all isolated ones where there are none
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The version of Kafka.
   *
   * @default KafkaVersion.V3_9_X_KRAFT
   */
  readonly version?: KafkaVersion;

  /**
   * The server properties of the brokers.
   *
   * @default - a KafkaConfiguration with its defaults, where there are two brokers with two replicas
   */
  readonly configuration?: IKafkaConfiguration;

  /**
   * The key that encrypts volumes and logs; its policy must let CloudWatch Logs use it, as LakeKey's does. Another key
   * replaces the cluster.
   *
   * @default - a new LakeKey
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The security groups of the brokers. Other groups replace the cluster.
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
  public readonly connections: ec2.Connections;

  /** The version of Kafka. */
  public readonly version: KafkaVersion;

  /** The server properties of the brokers. */
  public readonly configuration: IKafkaConfiguration;

  /** The key that encrypts volumes and logs. */
  public readonly encryptionKey: kms.IKey;

  /** Where the brokers log to. */
  public readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: KafkaClusterProps) {
    super(scope, id);
    const subnets = subnetsOf(props);
    const brokerCount = subnets.length * props.brokers.perZone;
    failAll(`Kafka cluster '${this.node.path}'`, clusterProblems(props, subnets, brokerCount).map(problem));
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

    this.version = props.version ?? KafkaVersion.V3_9_X_KRAFT;
    this.clusterName = props.clusterName ?? Names.uniqueResourceName(this, { maxLength: NAME_LIMIT, separator: '-' });
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
      brokerNodeGroupInfo: {
        clientSubnets: subnets.map(({ subnetId }) => subnetId),
        instanceType: props.brokers.instanceType,
        securityGroups: securityGroups.map(({ securityGroupId }) => securityGroupId),
        storageInfo: { ebsStorageInfo: { volumeSize: props.brokers._volumeGib } },
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
    refuseUnevenBrokers(this, resource);

    this.clusterArn = resource.attrArn;
    this.brokerCount = brokerCount;
  }

  private makeKey(removalPolicy: RemovalPolicy): kms.IKey {
    return new LakeKey(this, 'Key', { description: 'encrypts a Kafka cluster and its logs', removalPolicy }).key;
  }

  private makeConfiguration(brokerCount: number, removalPolicy: RemovalPolicy): IKafkaConfiguration {
    const defaultReplicationFactor = Math.min(3, brokerCount);
    return new KafkaConfiguration(this, 'Configuration', { defaultReplicationFactor, removalPolicy });
  }

  private makeSecurityGroup(vpc: ec2.IVpc, removalPolicy: RemovalPolicy): ec2.ISecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'brokers of a Kafka cluster' });
    // A cluster that stays still uses it.
    group.applyRemovalPolicy(removalPolicy);
    return group;
  }
}

/** The longest name of a cluster. */
const NAME_LIMIT = 64;

function subnetsOf({ vpc, vpcSubnets }: KafkaClusterProps): ec2.ISubnet[] {
  if (vpcSubnets !== undefined) {
    return vpc.selectSubnets(vpcSubnets).subnets;
  }
  return vpc.privateSubnets.length > 0 ? vpc.privateSubnets : vpc.isolatedSubnets;
}

/** All that MSK would refuse in a cluster. */
function clusterProblems(props: KafkaClusterProps, subnets: ec2.ISubnet[], brokerCount: number): Problem[] {
  const { brokers, clusterName, configuration } = props;
  const problems = [...subnetProblems(subnets), ...brokers._problems];
  if (
    clusterName !== undefined &&
    !Token.isUnresolved(clusterName) &&
    !/^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(clusterName)
  ) {
    problems.push({
      path: 'clusterName',
      must: `1 to ${NAME_LIMIT} letters, digits and hyphens, a letter first`,
      got: clusterName,
      remedy: 'leave it out to get one',
    });
  }
  const factor = configuration?.defaultReplicationFactor;
  if (factor !== undefined && Number.isInteger(brokerCount)) {
    const factorPath = 'configuration.defaultReplicationFactor';
    problems.push(...replicationProblems({ factorPath, factor, minInsync: 1, brokers: brokerCount }));
  }
  return problems;
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

/** A cluster as the template will have it, as far as the rule looks. */
interface Rendered {
  readonly NumberOfBrokerNodes?: unknown;
  readonly BrokerNodeGroupInfo?: { readonly ClientSubnets?: unknown[] };
}

/** Nothing in the props can make them uneven, but an escape hatch or an aspect can. */
function refuseUnevenBrokers(scope: Construct, cluster: msk.CfnCluster): void {
  scope.node.addValidation({
    validate: () => {
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
    },
  });
}

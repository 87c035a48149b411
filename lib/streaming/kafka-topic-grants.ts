import * as iam from 'aws-cdk-lib/aws-iam';
import { Fn } from 'aws-cdk-lib/core';
import { acknowledgeGrant, granted } from '../foundation';
import type { IKafkaTopic } from './kafka-topic';

/** What every client does on the cluster: learn its addresses, and connect. */
const CLIENT = ['kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'];

/**
 * Permissions on a topic: the cluster it is on, the topic alone, and the consumer groups that are named.
 *
 * They let a client in that can also reach the brokers, see the cluster's connections.
 *
 * @see https://docs.aws.amazon.com/msk/latest/developerguide/kafka-actions.html
 */
export class KafkaTopicGrants {
  /** The grants of a topic. */
  public static fromKafkaTopic(topic: IKafkaTopic): KafkaTopicGrants {
    return new KafkaTopicGrants(topic);
  }

  private constructor(private readonly topic: IKafkaTopic) {}

  /**
   * Lets the grantee write records, with the idempotence that Kafka's producers have by default.
   *
   * @param grantee who may
   */
  public produce(grantee: iam.IGrantable): iam.Grant {
    return granted(this.topic, grantee, this.producing(grantee));
  }

  /**
   * Lets the grantee write records in transactions of one id: all that is sent within becomes visible together, and with it,
   * where it also consumes a topic, how far it has read that.
   *
   * @param grantee who may
   * @param transactionalId the id by which a producer shuts out the one before
   */
  public produceInTransactions(grantee: iam.IGrantable, transactionalId: string): iam.Grant {
    const resourceArns = [resourceArn(this.topic.cluster.clusterArn, 'transactional-id', transactionalId)];
    const actions = ['kafka-cluster:DescribeTransactionalId', 'kafka-cluster:AlterTransactionalId'];
    return granted(this.topic, grantee, [
      ...this.producing(grantee),
      iam.Grant.addToPrincipal({ grantee, actions, resourceArns }),
    ]);
  }

  /**
   * Lets the grantee read records and commit offsets as a consumer group.
   *
   * @param grantee who may
   * @param groupId the group, or the beginning of its name and an asterisk where the client makes up the rest, as Spark does
   */
  public consume(grantee: iam.IGrantable, groupId: string): iam.Grant {
    const resourceArns = [resourceArn(this.topic.cluster.clusterArn, 'group', groupId)];
    const actions = ['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'];
    const grants = [
      this.onCluster(grantee),
      this.onTopic(grantee, 'kafka-cluster:ReadData'),
      iam.Grant.addToPrincipal({ grantee, actions, resourceArns }),
    ];
    acknowledgeGrant(grantee, resourceArns, 'the client makes up the rest of the name of its consumer group');
    return granted(this.topic, grantee, grants);
  }

  private producing(grantee: iam.IGrantable): iam.Grant[] {
    return [
      this.onCluster(grantee, 'kafka-cluster:WriteDataIdempotently'),
      this.onTopic(grantee, 'kafka-cluster:WriteData'),
    ];
  }

  private onCluster(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    const resourceArns = [this.topic.cluster.clusterArn];
    return iam.Grant.addToPrincipal({ grantee, actions: [...CLIENT, ...actions], resourceArns });
  }

  private onTopic(grantee: iam.IGrantable, ...actions: string[]): iam.Grant {
    const resourceArns = [this.topic.topicArn];
    return iam.Grant.addToPrincipal({ grantee, actions: ['kafka-cluster:DescribeTopic', ...actions], resourceArns });
  }
}

/**
 * The ARN of something on a cluster. It has the cluster's name and the identifier that MSK gave it, which only the
 * cluster's own ARN tells.
 *
 * @internal
 */
export function resourceArn(clusterArn: string, resource: string, name: string): string {
  const [service, cluster] = [0, 1].map((part) => Fn.select(part, Fn.split(':cluster/', clusterArn)));
  return `${service}:${resource}/${cluster}/${name}`;
}

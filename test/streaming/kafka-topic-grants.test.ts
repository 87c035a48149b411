import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Stack } from 'aws-cdk-lib/core';
import { KafkaCluster, type KafkaTopic } from '../../lib/streaming';
import { answersIn, complianceOf, withAwsSolutions } from '../support/compliance';
import { testStack, theOnly } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';
import { EXISTING, build } from './clusters';

interface Policy {
  readonly PolicyDocument: { readonly Statement: unknown[] };
}

const resource = (kind: string, name: string) => `${EXISTING.replace(':cluster/', `:${kind}/`)}/${name}`;

/** The statements a grant adds to a role's policy. */
function statementsOf(grant: (topic: KafkaTopic, role: iam.Role) => iam.Grant): unknown[] {
  const stack = testStack();
  const cluster = KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', { clusterArn: EXISTING });
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  expect(grant(cluster.addTopic('Topic', { topicName: 'flights', partitions: 1 }), role).success).toBe(true);
  return theOnly<Policy>(stack, 'AWS::IAM::Policy').PolicyDocument.Statement;
}

function allow(Action: string | string[], Resource: string): object {
  return { Effect: 'Allow', Action, Resource };
}

describe('KafkaTopicGrants', () => {
  test('lets a producer connect, and write to the topic alone', () => {
    expect(statementsOf((topic, role) => topic.grants.produce(role))).toEqual([
      allow(['kafka:GetBootstrapBrokers', 'kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'], EXISTING),
      allow(['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'], resource('topic', 'flights')),
    ]);
  });

  test('lets a producer of one transactional id write in transactions', () => {
    expect(statementsOf((topic, role) => topic.grants.produceInTransactions(role, 'hop'))).toEqual([
      allow(['kafka:GetBootstrapBrokers', 'kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently'], EXISTING),
      allow(['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'], resource('topic', 'flights')),
      allow(
        ['kafka-cluster:DescribeTransactionalId', 'kafka-cluster:AlterTransactionalId'],
        resource('transactional-id', 'hop'),
      ),
    ]);
  });

  test('lets a consumer connect, read the topic alone, and commit as its group alone', () => {
    expect(statementsOf((topic, role) => topic.grants.consume(role, 'board'))).toEqual([
      allow(['kafka:GetBootstrapBrokers', 'kafka-cluster:Connect'], EXISTING),
      allow(['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], resource('topic', 'flights')),
      allow(['kafka-cluster:DescribeGroup', 'kafka-cluster:AlterGroup'], resource('group', 'board')),
    ]);
  });

  test('names the cluster of the stack by the identifier that MSK gives it', () => {
    const { stack, cluster } = build();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    cluster.addTopic('Topic', { topicName: 'flights', partitions: 1 }).grants.consume(role, 'board');
    const part = (index: number) => ({
      'Fn::Select': [index, { 'Fn::Split': [':cluster/', stack.resolve(cluster.clusterArn)] }],
    });
    const policies = new Map(
      stack.node
        .findAll()
        .filter((node) => node instanceof iam.CfnPolicy)
        .map((policy) => [policy.node.path, stack.resolve(policy.policyDocument).Statement]),
    );
    expect(policies.get('Test/Role/DefaultPolicy/Resource')).toContainEqual(
      expect.objectContaining({ Resource: { 'Fn::Join': ['', [part(0), ':group/', part(1), '/board']] } }),
    );
  });

  test('answers the finding about a group whose name the client makes up, and has no other', () => {
    const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
    const stack = new Stack(app, 'Theirs', { env: { region: 'us-east-1' } });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    const { cluster } = build({}, undefined, stack);
    const topic = cluster.addTopic('Topic', { topicName: 'flights', partitions: 1 });
    topic.grants.produce(role);
    topic.grants.consume(role, 'spark-*');
    const { open, answered } = complianceOf(withAwsSolutions(app));
    expect(open).toEqual([]);
    expect(answered.map(({ acknowledgedAt }) => acknowledgedAt)).toEqual(['Theirs/Role']);
    expect(answersIn(app).filter(({ id }) => id.includes(':group/'))).toMatchObject([
      { construct: 'Theirs/Role', reason: 'the client makes up the rest of the name of its consumer group' },
    ]);
  });
});

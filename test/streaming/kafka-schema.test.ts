import * as iam from 'aws-cdk-lib/aws-iam';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { DataContracts, recordSchema } from '../../lib/contracts';
import { KafkaSchemaRegistry } from '../../lib/streaming';
import { type Members, at } from '../../lib/testing/json';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { type Built, ZONES, build } from './clusters';

const CONTRACT = DataContracts.fromDirectory('contracts').get('silver.flight_events');

/** A cluster with a registry, and the topic of the flights' events on it. */
function withSchema(): Built & { readonly registry: KafkaSchemaRegistry } {
  const stack = testStack();
  const registry = new KafkaSchemaRegistry(stack, 'Schemas');
  const built = build({ schemaRegistry: registry }, ZONES, stack);
  built.cluster.addTopic('Events', { contract: CONTRACT });
  return { ...built, registry };
}

describe('KafkaSchemaRegistry', () => {
  test('has a name from its place, or the one it is given, and stays', () => {
    const stack = testStack();
    new KafkaSchemaRegistry(stack, 'Schemas');
    expect(theOnly(stack, 'AWS::Glue::Registry')).toMatchObject({ Name: expect.stringMatching(/^Test-?Schemas/) });
    expect(Object.values(resourcesIn(stack, 'AWS::Glue::Registry'))[0]).toMatchObject({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    });
    const other = testStack('Other');
    new KafkaSchemaRegistry(other, 'Schemas', { registryName: 'lake', removalPolicy: RemovalPolicy.DESTROY });
    expect(Object.values(resourcesIn(other, 'AWS::Glue::Registry'))[0]).toMatchObject({
      Properties: { Name: 'lake' },
      DeletionPolicy: 'Delete',
    });
  });

  test('is referred to by its ARN', () => {
    const arn = 'arn:aws:glue:eu-west-1:123456789012:registry/lake';
    const registry = KafkaSchemaRegistry.fromKafkaSchemaRegistryArn(testStack(), 'Schemas', arn);
    expect(registry).toMatchObject({ registryArn: arn, registryName: 'lake' });
  });

  test.each(['', 'two words', 'a'.repeat(256)])('fails when it is called %j', (registryName) => {
    expect(() => new KafkaSchemaRegistry(testStack(), 'Schemas', { registryName })).toThrow(
      /'registryName' must be 1 to 255 letters, digits, dots, hyphens, underscores, dollar and number signs/,
    );
  });
});

describe('KafkaSchema', () => {
  test('is that of the topic, by its name, and is compatible with the version before', () => {
    const { stack, registry } = withSchema();
    expect(theOnly(stack, 'AWS::Glue::Schema')).toEqual({
      Registry: { Arn: stack.resolve(registry.registryArn) },
      Name: 'flights.events',
      DataFormat: 'JSON',
      Compatibility: 'BACKWARD',
    });
  });

  test('is what the contract says, as a version of its own that stays when another follows', () => {
    const { stack } = withSchema();
    const [version] = Object.values(resourcesIn(stack, 'AWS::Glue::SchemaVersion'));
    expect(version).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    const { SchemaDefinition } = theOnly<{ SchemaDefinition: string }>(stack, 'AWS::Glue::SchemaVersion');
    expect(JSON.parse(SchemaDefinition)).toEqual(JSON.parse(JSON.stringify(recordSchema(CONTRACT))));
  });

  test('is read by who is granted to, and by nobody else', () => {
    const { stack, cluster } = withSchema();
    const role = new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const schema = cluster.addTopic('More', { contract: CONTRACT, topicName: 'more' }).schema;
    schema?.grants.read(role);
    const statements = Object.values(resourcesIn(stack, 'AWS::IAM::Policy')).map((policy) =>
      at(policy.Properties as Members, 'PolicyDocument', 'Statement'),
    );
    expect(statements).toContainEqual([
      {
        Effect: 'Allow',
        Action: ['glue:GetSchema', 'glue:GetSchemaByDefinition', 'glue:GetSchemaVersion'],
        Resource: [stack.resolve(schema?.registry.registryArn), stack.resolve(schema?.schemaArn)],
      },
    ]);
  });

  test('is not there for a topic without a contract, nor without a registry', () => {
    const { stack, cluster } = withSchema();
    expect(cluster.addTopic('Plain', { topicName: 'plain', partitions: 1 }).schema).toBeUndefined();
    expect(Object.keys(resourcesIn(stack, 'AWS::Glue::Schema'))).toHaveLength(1);
    expect(
      build({}, ZONES, testStack('Other')).cluster.addTopic('Events', { contract: CONTRACT }).schema,
    ).toBeUndefined();
  });

  test('fails when a topic names a registry and has no contract', () => {
    const { cluster, registry } = withSchema();
    const options = { topicName: 'plain', partitions: 1, schemaRegistry: registry };
    expect(() => cluster.addTopic('Plain', options)).toThrow(
      /'schemaRegistry' must be given only beside a contract, got .*; give the contract of the dataset, or leave the registry out/,
    );
  });
});

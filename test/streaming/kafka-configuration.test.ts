import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib/core';
import { KafkaBrokerType, KafkaConfiguration, type KafkaConfigurationProps } from '../../lib/streaming';
import { resourcesIn, testStack, theOnly } from '../support/stacks';

interface Configuration {
  readonly Name: string;
  readonly ServerProperties: string;
  readonly Description?: string;
}

function configurationOf(props?: KafkaConfigurationProps): Configuration {
  const stack = testStack();
  new KafkaConfiguration(stack, 'Properties', props);
  return theOnly<Configuration>(stack, 'AWS::MSK::Configuration');
}

describe('KafkaConfiguration', () => {
  test('loses no record by default: three replicas, two in step, no unclean leader, no topic by accident', () => {
    expect(configurationOf().ServerProperties.split('\n')).toEqual([
      'auto.create.topics.enable=false',
      'default.replication.factor=3',
      'delete.topic.enable=true',
      'log.retention.ms=604800000',
      'min.insync.replicas=2',
      'unclean.leader.election.enable=false',
      '',
    ]);
  });

  test('says what its props say', () => {
    const { ServerProperties, Description } = configurationOf({
      defaultReplicationFactor: 2,
      minInsyncReplicas: 2,
      retention: Duration.hours(1),
      maxMessageSize: Size.mebibytes(2),
      autoCreateTopics: true,
      uncleanLeaderElection: true,
      serverProperties: { 'num.partitions': '6', 'delete.topic.enable': 'false' },
      description: 'for tests',
    });
    expect(ServerProperties.split('\n')).toEqual([
      'auto.create.topics.enable=true',
      'default.replication.factor=2',
      'delete.topic.enable=false',
      'log.retention.ms=3600000',
      'message.max.bytes=2097152',
      'min.insync.replicas=2',
      'num.partitions=6',
      'unclean.leader.election.enable=true',
      '',
    ]);
    expect(Description).toBe('for tests');
  });

  test('keeps records for ever when told so by Kafka’s own name', () => {
    expect(configurationOf({ serverProperties: { 'log.retention.ms': '-1' } }).ServerProperties).toMatch(
      /^log.retention.ms=-1$/m,
    );
  });

  test('has another name when its content differs, and the same when it does not', () => {
    const { Name } = configurationOf();
    expect(Name).toMatch(/^[0-9A-Za-z][0-9A-Za-z-]{0,63}$/);
    expect(configurationOf({ defaultReplicationFactor: 3, description: 'other' }).Name).toBe(Name);
    expect(configurationOf({ retention: Duration.days(1) }).Name).not.toBe(Name);
    const [one, two] = [
      { 'num.io.threads': '8', 'num.partitions': '2' },
      { 'num.partitions': '2', 'num.io.threads': '8' },
    ].map((serverProperties) => configurationOf({ serverProperties }).Name);
    expect(one).toBe(two);
  });

  test('stays as long as the cluster may, but goes when another takes its place', () => {
    const stack = testStack();
    new KafkaConfiguration(stack, 'Kept');
    new KafkaConfiguration(stack, 'Gone', { removalPolicy: RemovalPolicy.DESTROY });
    expect(Object.values(resourcesIn(stack, 'AWS::MSK::Configuration'))).toMatchObject([
      { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Delete' },
      { DeletionPolicy: 'Delete', UpdateReplacePolicy: 'Delete' },
    ]);
  });

  test('fails when several things are wrong, and names them all', () => {
    const serverProperties = {
      'num.partition': '3',
      'zookeeper.session.timeout.ms': '6000',
      'min.insync.replicas': '1',
      'log.retention.hours': '1',
      'num.io.threads': 'many',
      'compression.type': 'zip',
      'leader.imbalance.per.broker.percentage': '101',
      'group.min.session.timeout.ms': '9000',
      'group.max.session.timeout.ms': '6000',
    };
    expect(() => configurationOf({ minInsyncReplicas: 4, serverProperties })).toThrow(
      [
        "9 problems in Kafka configuration 'Test/Properties':",
        "  - 'minInsyncReplicas' must be between 1 and 3, the number of replicas, got 4; use 2",
        "  - 'serverProperties.num.partition' must be a property that MSK lets you set, got \"3\"; did you mean 'num.partitions'?",
      ].join('\n'),
    );
    const wrong = [
      /zookeeper.session.timeout.ms' must be a property that MSK lets you set, got "6000"/,
      /min.insync.replicas' must be left to the prop 'minInsyncReplicas', got "1"; set minInsyncReplicas instead/,
      /log.retention.hours' must be left to the prop 'retention', got "1"/,
      /num.io.threads' must be a whole number of at least 1, got "many"/,
      /compression.type' must be one of producer, uncompressed, gzip, snappy, lz4, zstd, got "zip"/,
      /percentage' must be a whole number between 0 and 100, got "101"/,
      /group.min.session.timeout.ms' must be at most 6000, which group.max.session.timeout.ms is, got "9000"/,
    ];
    for (const message of wrong) {
      expect(() => configurationOf({ minInsyncReplicas: 4, serverProperties })).toThrow(message);
    }
  });

  test('fails when a property is set twice', () => {
    const props = { retention: Duration.days(1), maxMessageSize: Size.mebibytes(1) };
    const serverProperties = { 'log.retention.ms': '1', 'message.max.bytes': '1' };
    expect(() => configurationOf({ ...props, serverProperties })).toThrow(
      /2 problems .*'serverProperties.log.retention.ms' must be left to the prop 'retention'.*'serverProperties.message.max.bytes' must be left to the prop 'maxMessageSize'/s,
    );
  });

  test('fails when records that are kept for ever have a retention, or a retention is nothing', () => {
    const serverProperties = { 'log.cleanup.policy': 'compact' };
    expect(() => configurationOf({ retention: Duration.days(1), serverProperties })).toThrow(
      "'retention' must be left out where the newest record of each key is kept for ever, got",
    );
    expect(() => configurationOf({ retention: Duration.millis(0) })).toThrow("'retention' must be longer than nothing");
  });

  test('fails when no message fits', () => {
    expect(() => configurationOf({ maxMessageSize: Size.bytes(0) })).toThrow(
      "'maxMessageSize' must be more than nothing, got 0; use for example Size.mebibytes(1), or leave it out",
    );
  });

  test.each([0, 2.5])('fails when there are %d replicas', (defaultReplicationFactor) => {
    expect(() => configurationOf({ defaultReplicationFactor })).toThrow(
      `'defaultReplicationFactor' must be a whole number of at least 1, got ${defaultReplicationFactor}; use 3, one replica in each zone`,
    );
  });
});

describe('KafkaConfiguration for Express brokers', () => {
  const express = { brokerType: KafkaBrokerType.EXPRESS };

  test('has what MSK lets one set on them, and nothing else', () => {
    const stack = testStack();
    const serverProperties = { 'max.connections.per.ip': '100', 'num.partitions': '3' };
    new KafkaConfiguration(stack, 'Properties', { ...express, serverProperties });
    expect(theOnly(stack, 'AWS::MSK::Configuration')).toMatchObject({
      ServerProperties: [
        'auto.create.topics.enable=false',
        'delete.topic.enable=true',
        'log.retention.ms=604800000',
        'max.connections.per.ip=100',
        'num.partitions=3',
        '',
      ].join('\n'),
    });
  });

  test('fails when it says what MSK sees to', () => {
    const props = {
      ...express,
      defaultReplicationFactor: 2,
      minInsyncReplicas: 1,
      uncleanLeaderElection: true,
      serverProperties: { 'num.io.threads': '8' },
    };
    const must = 'must be left out for Express brokers, where MSK sees to it';
    const remedy = 'leave it out; there are 3 replicas, of which 2 must have a record';
    expect(() => new KafkaConfiguration(testStack(), 'Properties', props)).toThrow(
      [
        "4 problems in Kafka configuration 'Test/Properties':",
        `  - 'defaultReplicationFactor' ${must}, got 2; ${remedy}`,
        `  - 'minInsyncReplicas' ${must}, got 1; ${remedy}`,
        `  - 'uncleanLeaderElection' ${must}, got true; ${remedy}`,
        '  - \'serverProperties.num.io.threads\' must be a property that MSK lets you set, got "8"; known are allow.everyone.if.no.acl.found',
      ].join('\n'),
    );
  });
});

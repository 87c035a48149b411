import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as emr from 'aws-cdk-lib/aws-emr';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as msk from 'aws-cdk-lib/aws-msk';
import { App, Aspects, Stack } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from '../../lib/config';
import { DataContracts } from '../../lib/contracts';
import { updateLockFile } from '../../lib/contracts/update-lock-file';
import { LakehouseStack, type LakehouseStackProps } from '../../lib/lakehouse-stack';
import { fixtureDependencies } from '../support/dependencies';
import { MINIMAL_CONFIG, PRODUCTION_CONFIG, resourcesIn, theOnly, warningsOf } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

const ROOT = path.resolve(__dirname, '..', '..');
const CONTRACTS = DataContracts.fromDirectory(path.join(ROOT, 'contracts'));
const DEPENDENCIES = fixtureDependencies();
const ISOLATED = ec2.SubnetType.PRIVATE_ISOLATED;

/** All that our contracts ask for. */
const COMPLETE: Partial<LakehouseConfig> = { batch: {}, sources: [{ name: 'nycflights' }], kafka: {}, streaming: {} };

function build(values: Partial<LakehouseConfig>, props: Partial<LakehouseStackProps> = {}): LakehouseStack {
  return new LakehouseStack(new App(), 'Lakehouse-test', {
    config: { ...MINIMAL_CONFIG, ...values },
    contracts: CONTRACTS,
    dependencies: DEPENDENCIES,
    ...props,
  });
}

/** A network of another app's, in a region that is known. */
function networkIn(props: ec2.VpcProps): ec2.Vpc {
  const mine = new Stack(new App(), 'Mine', { env: { account: '123456789012', region: 'us-east-1' } });
  const availabilityZones = ['us-east-1a', 'us-east-1b', 'us-east-1c'];
  return new ec2.Vpc(mine, 'Vpc', { availabilityZones, ...props });
}

/** A directory of contracts that has none yet. */
function noContracts(): DataContracts {
  const directory = temporaryDirectory();
  fs.writeFileSync(path.join(directory, 'schema.lock.json'), '{"version":1,"tables":{}}');
  return DataContracts.fromDirectory(directory);
}

/** As many contracts with a stream, locked; more promises are lines of YAML. */
function streams(count: number, promises = ''): DataContracts {
  const directory = temporaryDirectory();
  const silver = path.join(ROOT, 'contracts', 'silver');
  fs.mkdirSync(path.join(directory, 'silver'));
  // events refer to their airline
  fs.copyFileSync(path.join(silver, 'airlines.yaml'), path.join(directory, 'silver', 'airlines.yaml'));
  const text = fs.readFileSync(path.join(silver, 'flight_events.yaml'), 'utf8');
  for (let index = 1; index <= count; index++) {
    const promising = text.replace('slaProperties:\n', `slaProperties:\n${promises}`);
    const one = promising
      .replaceAll('flight_events', `events_${index}`)
      .replaceAll('flights.events', `events.${index}`);
    fs.writeFileSync(path.join(directory, 'silver', `events_${index}.yaml`), one);
  }
  updateLockFile(directory);
  return DataContracts.fromDirectory(directory);
}

/** How many jobs the streaming cluster runs at once. */
function sideBySide(stack: Stack): number {
  return theOnly<{ StepConcurrencyLevel: number }>(stack, 'AWS::EMR::Cluster').StepConcurrencyLevel;
}

/** The message of what is thrown. */
function thrownBy(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

describe('A LakehouseStack of an impossible config', () => {
  test('names every impossible combination in one error, before it makes anything', () => {
    const storage = { silver: { transitions: [{ tier: 'GLACIER_FLEXIBLE', afterDays: 90 }] } };
    const batch: object = { release: 'emr-9.9.9', autoTerminationMinutes: 30 };
    const airflow = { size: 'mw1.micro', maxWorkers: 5 };
    const app = new App();
    const config = { ...PRODUCTION_CONFIG, availabilityZones: ['us-east-1a'], storage, streaming: {}, batch, airflow };
    expect(() => new LakehouseStack(app, 'Lakehouse', { config, contracts: CONTRACTS })).toThrow(
      [
        "8 problems in environment 'test':",
        "  - 'batch.autoTerminationMinutes' must be left out, because there is no such setting, got 30; a standing cluster never ends by itself: managed scaling shrinks it to its core, and CloudFormation owns the rest",
        '  - \'availabilityZones\' must be at least 3 zones in production, got ["us-east-1a"]; add zones: one can be lost, and Kafka keeps a majority of three',
        "  - 'airflow.size' must be mw1.small or larger in production, because mw1.micro does not scale, got \"mw1.micro\"; use 'mw1.small'",
        "  - 'storage.silver.transitions[0].tier' must be a tier that is readable at once, because a table reads old files with every query and fails on an archived one, got \"GLACIER_FLEXIBLE\"; use 'GLACIER_INSTANT', or copy what nobody queries to the archive zone",
        "  - 'streaming' must be left out where there is no Kafka, got {}; add the section 'kafka', whose topics the jobs read",
        '  - \'batch.release\' must be a known EMR release, got "emr-9.9.9"; known are emr-7.14.0, emr-spark-8.1.0',
        '  - \'availabilityZones\' must be at least 2 zones where there is Airflow, got ["us-east-1a"]; add a zone, or leave the section out',
        "  - 'airflow.maxWorkers' must be 1 on mw1.micro, got 5; leave it out, or choose 'mw1.small'",
      ].join('\n'),
    );
    expect(app.node.children.map(({ node }) => node.id)).toEqual([]);
  });

  test('names what escape hatches and aspects broke in one error, at synth', () => {
    const stack = build({ ...PRODUCTION_CONFIG, kafka: {}, batch: {} });
    const { kafka, batchCluster } = stack;
    Aspects.of(stack).add({
      visit: (node) => {
        if (node instanceof msk.CfnCluster && node.node.scope === kafka) {
          node.addPropertyOverride('NumberOfBrokerNodes', 4);
        }
        if (node instanceof emr.CfnCluster && node.node.scope === batchCluster) {
          node.addPropertyOverride('Instances.MasterInstanceFleet.TargetSpotCapacity', 1);
          node.autoTerminationPolicy = { idleTimeout: 3600 };
        }
        if (node instanceof cloudwatch.CfnAlarm && node.node.path.endsWith('Alarms/KafkaControllerGone/Resource')) {
          node.alarmActions = undefined;
        }
      },
    });
    const paths = ['numberOfBrokerNodes', 'autoTerminationPolicy', 'targetSpotCapacity', 'alarmActions'];
    const message = thrownBy(() => Template.fromStack(stack));
    expect(paths.filter((name) => !message.includes(`${name}'`))).toEqual([]);
    expect(message).toContain(
      "'numberOfBrokerNodes' must be a multiple of the 3 subnets, got 4; set brokers.perZone instead",
    );
  });
});

describe('A LakehouseStack in a network of your own', () => {
  test('places clusters in the zones of its config, whatever else a network of your own has', () => {
    const vpc = networkIn({ availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c', 'us-east-1d'] });
    const stack = new LakehouseStack(vpc.node.root, 'Lakehouse-test', {
      config: { ...PRODUCTION_CONFIG, kafka: {}, batch: {} },
      contracts: CONTRACTS,
      dependencies: DEPENDENCIES,
      vpc,
    });
    const kafka = theOnly<{ BrokerNodeGroupInfo: { ClientSubnets: unknown[] } }>(stack, 'AWS::MSK::Cluster');
    const batch = theOnly<{ Instances: { Ec2SubnetIds: unknown[] } }>(stack, 'AWS::EMR::Cluster');
    expect(kafka.BrokerNodeGroupInfo.ClientSubnets).toHaveLength(3);
    expect(batch.Instances.Ec2SubnetIds).toEqual(kafka.BrokerNodeGroupInfo.ClientSubnets);
  });

  test.each<[string, ec2.VpcProps, string]>([
    ['one zone', { availabilityZones: ['us-east-1a'] }, '["us-east-1a"]'],
    ['no way out', { natGateways: 0, subnetConfiguration: [{ name: 'In', subnetType: ISOLATED }] }, '[]'],
  ])('fails in production with a network of your own that has %s', (_what, props, got) => {
    expect(() => build(PRODUCTION_CONFIG, { vpc: networkIn(props) })).toThrow(
      `'vpc' must be a network with private subnets that have a way out in us-east-1a, us-east-1b, us-east-1c, got ${got}; add such subnets, or name the network's zones as 'availabilityZones' in the config`,
    );
  });

  test('takes a network that is yet to be looked up', () => {
    const mine = new Stack(new App(), 'Mine', { env: { account: '123456789012', region: 'us-east-1' } });
    const vpc = ec2.Vpc.fromLookup(mine, 'Vpc', { vpcId: 'vpc-1' });
    expect(() => build({ ...PRODUCTION_CONFIG, batch: {} }, { vpc })).not.toThrow();
  });

  test('takes a network whose zones CDK has yet to ask the account for, or it would never ask', () => {
    const mine = new Stack(new App(), 'Mine', { env: { account: '123456789012', region: 'us-east-1' } });
    const vpc = new ec2.Vpc(mine, 'Vpc');
    expect(() => build({ ...PRODUCTION_CONFIG, batch: {} }, { vpc })).not.toThrow();
  });

  test('fails with a network that has no subnets, as if none were private', () => {
    const mine = new Stack(new App(), 'Mine', { env: { account: '123456789012', region: 'us-east-1' } });
    const vpc = ec2.Vpc.fromVpcAttributes(mine, 'Vpc', { vpcId: 'vpc-1', availabilityZones: ['us-east-1a'] });
    expect(() => build(PRODUCTION_CONFIG, { vpc })).toThrow(
      /^'vpc' must be a network with private subnets .*, got \[\]/,
    );
  });
});

describe('A LakehouseStack with a key of your own', () => {
  test('lets alarms, logs and budgets use it, because they have no role that it could be granted to', () => {
    const mine = new Stack(new App(), 'Mine', { env: { account: '123456789012', region: 'us-east-1' } });
    new LakehouseStack(mine.node.root, 'Lakehouse-test', {
      config: { ...PRODUCTION_CONFIG, budget: { monthlyUsd: 1 } },
      contracts: CONTRACTS,
      dependencies: DEPENDENCIES,
      encryptionKey: new kms.Key(mine, 'Key'),
    });
    const { KeyPolicy } = theOnly<{ KeyPolicy: { Statement: { Principal: { Service?: string } }[] } }>(
      mine,
      'AWS::KMS::Key',
    );
    expect(KeyPolicy.Statement.flatMap(({ Principal }) => Principal.Service ?? []).toSorted()).toEqual([
      'budgets.amazonaws.com',
      'cloudwatch.amazonaws.com',
      'logs.us-east-1.amazonaws.com',
    ]);
  });
});

describe('A LakehouseStack with streams', () => {
  test('warns of streams that nothing reads, and of a cluster without a stream', () => {
    expect(warningsOf(build({ ...COMPLETE, streaming: undefined }))).toEqual([
      expect.stringContaining("nothing fills silver.flight_events, because the config has no section 'streaming'"),
    ]);
    const idle = build({ kafka: {}, streaming: {} }, { contracts: noContracts() });
    expect(warningsOf(idle)).toEqual([
      expect.stringContaining("the streaming cluster has nothing to run, because no contract has a 'stream'"),
    ]);
  });

  test('is told of a stream that is further behind than its contract promises, or than a quarter of an hour', () => {
    const config: Partial<LakehouseConfig> = { kafka: {}, streaming: {} };
    const lagOf = (contracts: DataContracts): (number | undefined)[] =>
      Object.values(
        resourcesIn<{ MetricName?: string; Threshold?: number }>(
          build(config, { contracts }),
          'AWS::CloudWatch::Alarm',
        ),
      ).flatMap(({ Properties: alarm }) => (alarm.MetricName === 'EstimatedMaxTimeLag' ? [alarm.Threshold] : []));
    expect(lagOf(streams(1))).toEqual([900]);
    expect(lagOf(streams(1, '  - property: latency\n    value: 2\n    unit: min\n'))).toEqual([120]);
  });

  test('has room on its streaming cluster for every stream and a new version beside it, and ten at least', () => {
    const config: Partial<LakehouseConfig> = { kafka: {}, streaming: {} };
    expect(sideBySide(build(config))).toBe(10);
    const many = build(config, { contracts: streams(12) });
    expect(sideBySide(many)).toBe(14);
    expect(Object.keys(many.streams)).toHaveLength(12);
  });
});

import * as fs from 'node:fs';
import { FindingKind } from '../../lib/testing';
import type { Json } from '../../lib/testing/json';
import { STATEFUL_TYPES } from '../../lib/testing/stateful-types';
import { ENVIRONMENTS, templatesOf } from '../support/environments';
import {
  CREATE_ONLY_FILE,
  type CreateOnlyPath,
  createOnlyPaths,
  createOnlyText,
  knownTypes,
  statefulInDatabase,
} from './create-only-source';
import { changed, findings } from './templates';

const SCHEMAS = createOnlyPaths();

/** Types that hold nothing by themselves: what is nested in a stack is looked at by itself. */
const NOT_STATEFUL = ['AWS::CloudFormation::Stack'];

/** Properties with a value at a path: the whole of what leads to it and nothing else. */
function propertiesWith([step, ...rest]: string[], value: Json): Json {
  if (step === undefined) {
    return value;
  }
  const below = propertiesWith(rest, value);
  return step === '*' ? [below] : { [step]: below };
}

function resourceWith(type: string, { steps }: CreateOnlyPath, value: Json) {
  return { It: { Type: type, Properties: propertiesWith(steps, value) as { [name: string]: Json } } };
}

function pathsOf(type: string): CreateOnlyPath[] {
  return SCHEMAS.get(type) ?? [];
}

/** Names of what holds something. */
const HOLDS =
  /::(\w*Table|Database|\w*Bucket|\w*Cluster|Topic|Queue|\w*Stream|Key|LogGroup|Environment|Application|Secret)$/;

/** The types in the templates of all environments. */
const EMITTED = [
  ...new Set(
    ENVIRONMENTS.flatMap((environment) => Object.values(templatesOf(environment))).flatMap((text) => {
      const { Resources }: { Resources: { [id: string]: { Type: string } } } = JSON.parse(text);
      return Object.values(Resources).map(({ Type }) => Type);
    }),
  ),
];

describe('create-only properties', () => {
  test('are those of the resource schemas', () => {
    // When the schemas are newer: npm run generate:create-only
    expect(fs.readFileSync(CREATE_ONLY_FILE, 'utf8')).toBe(createOnlyText());
  });

  test('are known for properties within properties, as AWS documents them', () => {
    const documented = {
      'AWS::MSK::Cluster': ['BrokerNodeGroupInfo/ClientSubnets', 'EncryptionInfo/EncryptionAtRest'],
      'AWS::MWAA::Environment': ['NetworkConfiguration/SubnetIds', 'KmsKey'],
      'AWS::Glue::Table': ['TableInput/Name', 'DatabaseName'],
      'AWS::Budgets::Budget': ['NotificationsWithSubscribers'],
      'AWS::EMR::Cluster': ['Instances/TaskInstanceFleets/*/InstanceTypeConfigs', 'Instances/Ec2SubnetIds'],
      'AWS::MSK::Topic': ['TopicName', 'ReplicationFactor'],
    };
    for (const [type, paths] of Object.entries(documented)) {
      const known = pathsOf(type).map(({ steps }) => steps.join('/'));
      expect([type, known]).toEqual([type, expect.arrayContaining(paths)]);
    }
  });
});

describe('stateful types', () => {
  test('all exist, and all that the schemas call stateful are among them', () => {
    const types = Object.keys(STATEFUL_TYPES);
    expect(types.filter((type) => !knownTypes().has(type))).toEqual([]);
    const missing = statefulInDatabase().filter((type) => !types.includes(type));
    expect(missing).toEqual(NOT_STATEFUL);
  });

  test('are all of the stack whose name says that they hold something', () => {
    const holding = EMITTED.filter((type) => HOLDS.test(type) && type !== 'AWS::EC2::RouteTable');
    expect(holding.filter((type) => !(type in STATEFUL_TYPES))).toEqual([]);
    const stateful = EMITTED.filter((type) => type in STATEFUL_TYPES);
    expect(stateful).toEqual(
      expect.arrayContaining(['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Glue::Table', 'AWS::EMR::Cluster']),
    );
    expect(stateful.flatMap(pathsOf).length).toBeGreaterThan(40);
  });
});

describe.each(Object.keys(STATEFUL_TYPES))('a change of a create-only property of %s', (type) => {
  test('is found, and named', () => {
    const missed = pathsOf(type).filter((createOnly) => {
      const kind = createOnly.replaces === 'yes' ? FindingKind.REPLACED : FindingKind.MAY_BE_REPLACED;
      const seen = findings(resourceWith(type, createOnly, 'before'), resourceWith(type, createOnly, 'after'));
      return !seen.some((finding) => finding.kind === kind && finding.property === createOnly.steps.join('.'));
    });
    expect(missed).toEqual([]);
  });

  test('is found when the property is set for the first time, or no longer', () => {
    const surely = pathsOf(type).filter(({ replaces, steps }) => replaces === 'yes' && !steps.includes('*'));
    const missed = surely.filter((createOnly) => {
      const [without, with_] = [{ It: { Type: type, Properties: {} } }, resourceWith(type, createOnly, 'set')];
      return ![findings(without, with_), findings(with_, without)].every((seen) =>
        seen.some(({ kind, property }) => kind === FindingKind.REPLACED && property === createOnly.steps.join('.')),
      );
    });
    expect(missed).toEqual([]);
  });
});

describe('a property', () => {
  test('that is not create-only does not replace', () => {
    expect(changed('AWS::MSK::Cluster', { KafkaVersion: '3.8.x' }, { KafkaVersion: '3.9.x' })).toEqual([]);
    const instances = { TerminationProtected: false, Ec2SubnetId: 'a' };
    const protected_ = { TerminationProtected: true, Ec2SubnetId: 'a' };
    expect(changed('AWS::EMR::Cluster', { Instances: instances }, { Instances: protected_ })).toEqual([]);
  });

  test('is the same when it only reads otherwise', () => {
    expect(changed('AWS::MSK::Topic', { ReplicationFactor: 3 }, { ReplicationFactor: '3' })).toEqual([]);
  });

  test('may replace when one more is in a list of what cannot change', () => {
    const fleet = { Name: 'a' };
    const before = { Instances: { TaskInstanceFleets: [fleet] } };
    const after = { Instances: { TaskInstanceFleets: [fleet, { Name: 'b' }] } };
    expect(changed('AWS::EMR::Cluster', before, after)).toEqual([
      'MAY_BE_REPLACED Instances.TaskInstanceFleets',
      'MAY_BE_REPLACED Instances.TaskInstanceFleets.*.Name',
    ]);
  });

  test('may replace when a function stands where its parts were', () => {
    const before = { BrokerNodeGroupInfo: { ClientSubnets: ['a'] } };
    const after = { BrokerNodeGroupInfo: { 'Fn::If': ['Big', { ClientSubnets: ['a'] }, {}] } };
    expect(changed('AWS::MSK::Cluster', before, after)).toEqual([
      'MAY_BE_REPLACED BrokerNodeGroupInfo.BrokerAZDistribution',
      'MAY_BE_REPLACED BrokerNodeGroupInfo.ClientSubnets',
      'MAY_BE_REPLACED BrokerNodeGroupInfo.SecurityGroups',
    ]);
  });
});

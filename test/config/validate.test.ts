import { Aws, RemovalPolicy } from 'aws-cdk-lib/core';
import { type LakehouseConfig, validateConfig } from '../../lib/config';
import { MINIMAL_CONFIG, PRODUCTION_CONFIG } from '../support/stacks';

/** The message with which a config is refused, or nothing. */
function refusal(values: Partial<LakehouseConfig>, base: LakehouseConfig = MINIMAL_CONFIG): string | undefined {
  try {
    validateConfig({ ...base, ...values });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

describe('validateConfig', () => {
  test('accepts the least a config can say, and the least of production', () => {
    expect(refusal({})).toBeUndefined();
    expect(refusal({}, PRODUCTION_CONFIG)).toBeUndefined();
  });

  test.each(['eu-central-1', 'us-gov-west-1', 'cn-north-1', 'ap-southeast-7', 'eusc-de-east-1'])(
    'accepts the region %s',
    (region) => expect(refusal({ region, availabilityZones: [`${region}a`, `${region}b`] })).toBeUndefined(),
  );

  test('accepts a boundary of AWS and of the account, tags in any language, and an administrator who is named twice', () => {
    const account = '123456789012';
    const own = `arn:aws:iam::${account}:policy/team/Boundary`;
    const steward = `arn:aws:iam::${account}:role/Steward`;
    expect(refusal({ account, permissionsBoundary: own, tags: { 'Kosten/Stelle': 'Größe 7' } })).toBeUndefined();
    expect(refusal({ account, permissionsBoundary: 'arn:aws:iam::aws:policy/PowerUserAccess' })).toBeUndefined();
    expect(refusal({ lakeFormation: { administrators: [steward, steward] } })).toBeUndefined();
  });

  test('says of a region that only the deployment knows that it must be named, and no more', () => {
    expect(refusal({ region: Aws.REGION, kafka: {} })).toMatch(
      /^1 problem in environment 'test':\n  - 'region' must be the name of an AWS region that is known at synth, got "\$\{Token.*"; write it, as 'eu-central-1': each region is a config of its own$/,
    );
  });

  test.each([[undefined], [null], ['dev'], [[]]])('says of %j that it is no config', (config) => {
    expect(() => {
      Reflect.apply(validateConfig, undefined, [config]);
    }).toThrow(/^1 problem in the config:\n  - 'config' must be a section with members, got /);
  });

  test('is named in messages by no environment where it has none', () => {
    expect(refusal({ environment: undefined })).toBe(
      "1 problem in the config:\n  - 'environment' must be given, got nothing; it has no default",
    );
  });

  test('names three mistakes at once, with the environment', () => {
    const mistakes: Partial<LakehouseConfig> = {
      region: 'virginia',
      availabilityZones: ['virginiaa'],
      batch: { release: 'emr-7.14', coreUnits: 0 },
    };
    expect(refusal(mistakes)).toBe(
      [
        "3 problems in environment 'test':",
        "  - 'region' must be the name of an AWS region, got \"virginia\"; use a name such as 'eu-central-1'",
        "  - 'batch.release' must be a known EMR release, got \"emr-7.14\"; did you mean 'emr-7.14.0'?",
        "  - 'batch.coreUnits' must be a whole number of at least 1, got 0; use 1 or more",
      ].join('\n'),
    );
  });

  test.each<[string, Partial<LakehouseConfig>, string]>([
    [
      'an environment that databases cannot carry',
      { environment: 'my-env' },
      "'environment' must be 2 to 16 lower-case letters",
    ],
    [
      'a prefix that databases cannot carry',
      { namePrefix: 'my-lake' },
      "'namePrefix' must be at most 32 lower-case letters",
    ],
    ['an account that is none', { account: '123' }, '\'account\' must be 12 digits, got "123"'],
    [
      'zones of another region',
      { availabilityZones: ['us-east-1a', 'us-west-2a'] },
      '\'availabilityZones\' must be zones of us-east-1, got ["us-west-2a"]',
    ],
    [
      'a Local Zone, and zones by their ids or without their letter',
      { availabilityZones: ['us-east-1-bos-1a', 'use1-az1', 'us-east-12'] },
      '\'availabilityZones\' must be zones of us-east-1, got ["us-east-1-bos-1a","use1-az1","us-east-12"]',
    ],
    [
      'a zone that is named twice',
      { availabilityZones: ['us-east-1a', 'us-east-1a'] },
      "'availabilityZones' must be different zones",
    ],
    ['no zones', { availabilityZones: [] }, "'availabilityZones' must be one to 3 different zones, got []"],
    ['no NAT gateway', { network: { natGateways: 0 } }, "'network.natGateways' must be at least 1"],
    [
      'an address range that is too small',
      { network: { cidr: '10.0.0.0/24' } },
      "'network.cidr' must be an IPv4 range",
    ],
    [
      'a retention that CloudWatch does not have',
      { network: { flowLogRetentionDays: 42 } },
      "'network.flowLogRetentionDays' must be one of CloudWatch's periods, got 42; use one of 1, 3, 5, 7, 14, 30",
    ],
    [
      'a live zone in an archive tier',
      { storage: { silver: { transitions: [{ tier: 'DEEP_ARCHIVE', afterDays: 90 }] } } },
      "'storage.silver.transitions[0].tier' must be a tier that is readable at once",
    ],
    [
      'a live zone that expires',
      { storage: { gold: { expireAfterDays: 30 } } },
      "'storage.gold.expireAfterDays' must be left out",
    ],
    [
      'a transition that is too early',
      { storage: { landing: { transitions: [{ tier: 'INFREQUENT_ACCESS', afterDays: 7 }] } } },
      "'storage.landing.transitions[0].afterDays' must be at least 30 days for INFREQUENT_ACCESS",
    ],
    [
      'an unknown tier',
      { storage: { landing: { transitions: [{ tier: 'GLACIER', afterDays: 90 }] } } },
      '\'storage.landing.transitions\' must be a storage tier, got "GLACIER"; known are INFREQUENT_ACCESS',
    ],
    [
      'old versions that expire in their last tier',
      { storage: { silver: { noncurrentTransitions: [{ tier: 'DEEP_ARCHIVE', afterDays: 1 }] } } },
      "'storage.silver.noncurrentExpireAfterDays' must be at least 181 days",
    ],
    [
      'objects too small to move',
      { storage: { silver: { minimumObjectKib: 64 } } },
      "'storage.silver.minimumObjectKib' must be at least 128 KiB",
    ],
    [
      'a size that is none',
      { storage: { silver: { maximumObjectKib: -1 } } },
      "'storage.silver.maximumObjectKib' must be a whole number of KiB, at least 1, got -1",
    ],
    [
      'volumes of Express brokers',
      { kafka: { express: true, maxStorageGib: 200 } },
      "'kafka.maxStorageGib' must be left out for Express brokers, got 200; leave it out, or use standard brokers",
    ],
    [
      'Express brokers in two zones',
      { kafka: { express: true }, availabilityZones: ['us-east-1a', 'us-east-1b'] },
      "'availabilityZones' must be three subnets for Express brokers, got 2",
    ],
    [
      'Express brokers of a version that they do not run',
      { kafka: { express: true, version: '4.0.x.kraft' } },
      "'kafka.version' must be one that Express brokers run with KRaft",
    ],
    [
      'volumes that may grow to less than they are',
      { kafka: { storageGib: 500, maxStorageGib: 400 } },
      '\'kafka.maxStorageGib\' must be more than the 500 GiB that a volume begins with, got "400 GiB"',
    ],
    [
      'a lifecycle of no days',
      { storage: { landing: { noncurrentExpireAfterDays: 0 } } },
      "'storage.landing.noncurrentExpireAfterDays' must be a whole number of days, at least 1, got 0",
    ],
    [
      'logs of no days',
      { storage: { logRetentionDays: 0.5 } },
      "'storage.logRetentionDays' must be a whole number of days",
    ],
    [
      'an unknown architecture, and the sizes are still checked',
      { batch: { architecture: 'amd64', coreUnits: 0 } },
      "'batch.coreUnits' must be a whole number of at least 1, got 0",
    ],
    [
      'a wait for Spot below what EMR takes',
      { batch: { spotTimeoutMinutes: 4 } },
      "'batch.spotTimeoutMinutes' must be a whole number of minutes from 5 to 1440, got 4; use for example 10",
    ],
    [
      'a wait for Spot of a transient cluster above that',
      { jobFlow: { spotTimeoutMinutes: 1441 } },
      "'jobFlow.spotTimeoutMinutes' must be a whole number of minutes from 5 to 1440, got 1441",
    ],
    [
      'no time to be idle',
      { jobFlow: { idleMinutes: 0 } },
      "'jobFlow.idleMinutes' must be a whole number of minutes from 1 to 10080, got 0; use for example 15",
    ],
    [
      'less than no time to be idle',
      { serverless: { idleMinutes: -1 } },
      "'serverless.idleMinutes' must be a whole number of minutes from 1 to 10080, got -1",
    ],
    [
      'more than a week to be idle',
      { serverless: { idleMinutes: 10_081 } },
      "'serverless.idleMinutes' must be a whole number of minutes from 1 to 10080, got 10081",
    ],
    [
      'a fallback above the tasks',
      { batch: { maxTaskUnits: 4, onDemandTaskUnits: 5 } },
      "'batch.onDemandTaskUnits' must be between 0 and maxTaskUnits (4), got 5",
    ],
    ['a source without a name', { sources: [{ name: '' }] }, "'sources.name' must be lower-case letters"],
    [
      'two sources of one name',
      { sources: [{ name: 'a' }, { name: 'a' }] },
      "'sources' must be sources of different names",
    ],
    [
      'an address that is none',
      { alerts: { criticalEmails: ['nobody'] } },
      '\'alerts.criticalEmails\' must be e-mail addresses, got "nobody"',
    ],
    [
      'an address that is there twice, which CDK takes for a clash of ids',
      { budget: { monthlyUsd: 1, emails: ['a@example.com', 'a@example.com'] } },
      "'budget.emails' must be different addresses",
    ],
    [
      'a policy that no data here can have',
      { removalPolicy: RemovalPolicy.SNAPSHOT },
      '\'removalPolicy\' must be a removal policy that all data can have, got "snapshot"; known are destroy, retain',
    ],
    [
      'the ARN of a secret where its name belongs',
      {
        batch: {},
        sources: [{ name: 'a', secretName: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:a-XXXXXX' }],
      },
      "'sources.secretName' must be the name of a secret",
    ],
    [
      'an empty name of a secret',
      { batch: {}, sources: [{ name: 'a', secretName: '' }] },
      '\'sources.secretName\' must be the name of a secret, got ""',
    ],
    [
      'a boundary of another account',
      { account: '123456789012', permissionsBoundary: 'arn:aws:iam::210987654321:policy/Boundary' },
      "'permissionsBoundary' must be a policy of the account 123456789012, because IAM takes no boundary of another one",
    ],
    [
      'a boundary of another partition',
      { permissionsBoundary: 'arn:aws-us-gov:iam::123456789012:policy/Boundary' },
      "'permissionsBoundary' must be of the partition of us-east-1, aws, got [\"arn:aws-us-gov:iam",
    ],
    [
      'administrators of another partition',
      {
        region: 'cn-north-1',
        availabilityZones: ['cn-north-1a'],
        lakeFormation: { administrators: ['arn:aws:iam::123456789012:role/Steward'] },
      },
      "'lakeFormation.administrators' must be of the partition of cn-north-1, aws-cn",
    ],
    [
      "a tag of AWS's own",
      { tags: { 'aws:owner': 'x' } },
      "'tags' must be names of 1 to 128 characters, none beginning",
    ],
    ['a tag with characters that services refuse', { tags: { 'a<b>': 'x' } }, "'tags' must be names of 1 to 128"],
    ['a tag that is too long', { tags: { owner: 'x'.repeat(257) } }, "'tags.owner' must be at most 256 characters"],
    [
      'tags that IAM takes for the same, and the one that is always there',
      { tags: { Environment: 'other' } },
      "'tags' must be names that differ in more than case, from 'environment' too",
    ],
  ])('refuses %s', (_what, values, message) => {
    expect(refusal(values)).toContain(message);
  });

  test.each<[string, Partial<LakehouseConfig>, string]>([
    ['without an account', { account: undefined }, "'account' must be set in production, got nothing"],
    [
      'in two zones',
      { availabilityZones: ['us-east-1a', 'us-east-1b'] },
      "'availabilityZones' must be at least 3 zones in production",
    ],
    [
      'that destroys data',
      { removalPolicy: RemovalPolicy.DESTROY },
      "'removalPolicy' must be a policy that retains data in production",
    ],
    [
      'with one NAT gateway',
      { network: { natGateways: 1 } },
      "'network.natGateways' must be one per availability zone (3) in production",
    ],
  ])('refuses a production %s, which another environment may be', (_what, values, message) => {
    expect(refusal(values, PRODUCTION_CONFIG)).toContain(message);
    expect(refusal(values, { ...PRODUCTION_CONFIG, production: false })).toBeUndefined();
  });

  test('refuses settings that there are not, and suggests the nearest', () => {
    const batch: object = { maxTaskUnit: 4, autoTerminationMinutes: 30 };
    expect(refusal({ batch })).toBe(
      [
        "2 problems in environment 'test':",
        "  - 'batch.maxTaskUnit' must be left out, because there is no such setting, got 4; did you mean 'maxTaskUnits'?",
        "  - 'batch.autoTerminationMinutes' must be left out, because there is no such setting, got 30; a standing cluster never ends by itself: managed scaling shrinks it to its core, and CloudFormation owns the rest",
      ].join('\n'),
    );
  });

  test('refuses what a file or Python may hold and TypeScript would not, before any rule reads it', () => {
    const values: object = { batch: { coreUnits: '4' }, sources: {}, kafka: true, region: undefined, removalPolicy: 7 };
    expect(refusal(values)).toBe(
      [
        "5 problems in environment 'test':",
        "  - 'region' must be given, got nothing; it has no default",
        '  - \'batch.coreUnits\' must be a number, got "4"; correct it or leave it out',
        "  - 'sources' must be a list, got {}; correct it or leave it out",
        "  - 'kafka' must be a section with members, got true; correct it or leave it out",
        "  - 'removalPolicy' must be a text, got 7; correct it or leave it out",
      ].join('\n'),
    );
  });
});

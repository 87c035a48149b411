import * as fs from 'node:fs';
import * as path from 'node:path';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, NestedStack, Stack } from 'aws-cdk-lib/core';
import { FindingKind, ReplacementGuard, TemplateSnapshot } from '../../lib/testing';
import { type Json, type Members, at } from '../../lib/testing/json';
import { templateOf } from '../../lib/testing/template';
import type { Template, TemplateResource } from '../../lib/testing/template-file';
import { ENVIRONMENTS, lakehouseAppOf } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';
import { type Resources, findings, found } from './templates';

const BUCKET = { Type: 'AWS::S3::Bucket' };
const KEPT = { ...BUCKET, DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };

/** The message of what is thrown. */
function messageOf(run: () => void): string {
  try {
    run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return '';
}

/** A stack with a bucket, as its options say. */
function stackWith({ id = 'Lake', bucketName, key }: { id?: string; bucketName?: string; key?: boolean } = {}): Stack {
  const stack = new Stack(new App(), 'Test');
  new s3.Bucket(stack, id, { bucketName });
  if (key === true) {
    new kms.Key(stack, 'Key');
  }
  return stack;
}

function baselineOf(stack: Stack): string {
  const file = path.join(temporaryDirectory(), 'baseline', 'test.template.json');
  ReplacementGuard.writeBaseline(file, stack);
  return file;
}

/** A nested stack of this id, with two buckets in it. */
const within = (id: string): Resources => ({
  [id]: { Type: 'AWS::CloudFormation::Stack', NestedTemplate: { Resources: { A: KEPT, B: KEPT } } },
});

/** Two nested stacks, one in the other, of which the outer one may be under a condition. */
const around = (condition?: string): Template => ({
  Conditions: { Big: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'a'] } },
  Resources: {
    Outer: {
      Type: 'AWS::CloudFormation::Stack',
      Condition: condition,
      NestedTemplate: { Resources: within('Inner') },
    },
  },
});

/** What the guard finds between two templates. */
const between = (before: Template, after: Template) => ReplacementGuard._of(before, after).findings;

/** A Kafka cluster in a subnet. */
const cluster = (subnet: unknown): Resources => ({
  Kafka: { Type: 'AWS::MSK::Cluster', Properties: { BrokerNodeGroupInfo: { ClientSubnets: [subnet as string] } } },
});

const subnet = (id: string, cidr: string): Resources => ({
  [id]: { Type: 'AWS::EC2::Subnet', Properties: { CidrBlock: cidr } },
});

/** A subnet, and a cluster in a nested stack that gets to know it by a parameter. */
const givenIn = (cidr: string, id: string): Resources => ({
  ...subnet('A', cidr),
  Inner: {
    Type: 'AWS::CloudFormation::Stack',
    Properties: { Parameters: { [id]: { Ref: 'A' } } },
    NestedTemplate: { Parameters: { [id]: {} }, Resources: cluster({ Ref: id }) },
  },
});

/** A subnet in a nested stack, which gives it out, and a cluster in it. */
const givenOut = (cidr: string, output: string): Resources => ({
  Inner: {
    Type: 'AWS::CloudFormation::Stack',
    NestedTemplate: { Resources: subnet('A', cidr), Outputs: { [output]: { Value: { Ref: 'A' } } } },
  },
  ...cluster({ 'Fn::GetAtt': ['Inner', `Outputs.${output}`] }),
});

const withCluster = (given: Partial<Template>, value: unknown): Template => ({ ...given, Resources: cluster(value) });

/** Finds a key that went and a bucket that is replaced. */
const twoFindings = () =>
  ReplacementGuard.compare(
    baselineOf(stackWith({ bucketName: 'old-lake', key: true })),
    stackWith({ bucketName: 'new-lake' }),
  );

/** A cluster in a subnet of a network, each standing before what it refers to. */
const network = (cidr: string): Resources => ({
  ...cluster({ Ref: 'A' }),
  A: { Type: 'AWS::EC2::Subnet', Properties: { VpcId: { Ref: 'Vpc' } } },
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: cidr } },
});

/** A cluster that starts with a script. */
const action = (hash: string): Template => ({
  Resources: {
    C: { Type: 'AWS::EMR::Cluster', Properties: { BootstrapActions: [`s3://b/${hash.repeat(64)}.sh`] } },
  },
});

/** A cluster in a subnet that is, or is not, protected against termination. */
const emr = (subnet_: string, protection: boolean): Resources => ({
  Emr: {
    Type: 'AWS::EMR::Cluster',
    Properties: { Instances: { Ec2SubnetId: subnet_, TerminationProtected: protection } },
  },
});

describe('ReplacementGuard', () => {
  test('finds nothing where nothing changes, and then lets pass', () => {
    const guard = ReplacementGuard.compare(baselineOf(stackWith()), stackWith());
    expect(guard.findings).toEqual([]);
    expect(messageOf(() => guard.assertNothingLost())).toBe('');
  });

  test('says where no baseline can be written, and leaves nothing there', () => {
    const folder = path.join(temporaryDirectory(), 'baseline');
    fs.mkdirSync(folder);
    const said = messageOf(() => ReplacementGuard.writeBaseline(folder, stackWith()));
    expect(said).toMatch(
      /^'.*baseline' must be a file that can be written, got "EISDIR.*; correct its folder or permissions$/,
    );
    expect(fs.readdirSync(path.dirname(folder))).toEqual(['baseline']);
  });

  test('lets pass what is added, and what changes nothing that is kept', () => {
    const before = { Lake: { ...BUCKET, Properties: { Tags: [] } } };
    const after = { Lake: { ...BUCKET, Properties: { Tags: [{ Key: 'a', Value: 'b' }] } }, More: BUCKET };
    expect(found(before, after)).toEqual([]);
  });

  test('names construct, property, effect and remedy', () => {
    const guard = ReplacementGuard.compare(
      baselineOf(stackWith({ bucketName: 'old-lake' })),
      stackWith({ bucketName: 'new-lake' }),
    );
    expect(guard.findings).toEqual([
      {
        logicalId: 'Lake5F1B88EA',
        path: 'Test/Lake/Resource',
        type: 'AWS::S3::Bucket',
        property: 'BucketName',
        kind: FindingKind.REPLACED,
        reason:
          'another BucketName ("old-lake" becomes "new-lake"), which replaces it; the old one stays in the account, with what it holds',
        remedy: 'keep the value, or copy what it holds first and acknowledge it',
      },
    ]);
  });

  test('fails with all findings at once', () => {
    const baseline = baselineOf(stackWith({ bucketName: 'old-lake', key: true }));
    const guard = ReplacementGuard.compare(baseline, stackWith({ bucketName: 'new-lake' }));
    expect(() => guard.assertNothingLost()).toThrow(
      [
        '2 problems in what this change would do to data:',
        "  - 'Key961B73FD' must keep the key, and with it everything that it encrypts, got its removal, which leaves it in the account, where no stack manages it (DeletionPolicy Retain); put it back, or copy what it holds first and acknowledge it",
        '  - \'Test/Lake/Resource\' must keep the objects in it, got another BucketName ("old-lake" becomes "new-lake"), which replaces it; the old one stays in the account, with what it holds; keep the value, or copy what it holds first and acknowledge it',
      ].join('\n'),
    );
  });
});

describe('a resource that goes', () => {
  test.each([
    [{}, 'its removal, which deletes it (DeletionPolicy Delete)'],
    [{ DeletionPolicy: 'Snapshot' }, 'its removal, which deletes it after a snapshot (DeletionPolicy Snapshot)'],
    [
      { DeletionPolicy: 'RetainExceptOnCreate' },
      'its removal, which leaves it in the account, where no stack manages it (DeletionPolicy RetainExceptOnCreate)',
    ],
  ])('is found with what happens to it: %p', (policy, reason) => {
    const [finding] = findings({ Lake: { ...BUCKET, ...policy } }, {});
    expect([finding?.kind, finding?.reason]).toEqual([FindingKind.REMOVED, reason]);
  });

  test('runs on when it is a cluster that is protected against termination, also when it is replaced', () => {
    const runsOn =
      'the old one is protected against termination, so CloudFormation cannot end it: it runs on, and is paid for';
    const unlock =
      'or let its work end, take its protection off (aws emr modify-cluster-attributes --no-termination-protected) and acknowledge it';
    expect(findings(emr('a', true), {}).map(({ reason, remedy }) => [reason, remedy])).toEqual([
      [`its removal; ${runsOn}`, `put it back, ${unlock}`],
    ]);
    expect(findings(emr('a', true), emr('b', true)).map(({ reason, remedy }) => [reason, remedy])).toEqual([
      [`another Instances.Ec2SubnetId ("a" becomes "b"), which replaces it; ${runsOn}`, `keep the value, ${unlock}`],
    ]);
    expect(findings(emr('a', false), emr('b', false))[0]?.reason).toMatch(/; the old one is deleted$/);
  });

  test('leaves a snapshot where that is the default', () => {
    const [finding] = findings({ Db: { Type: 'AWS::RDS::DBCluster' } }, {});
    expect(finding?.reason).toContain('after a snapshot');
  });

  test('is of no interest when it holds nothing', () => {
    expect(found({ Role: { Type: 'AWS::IAM::Role' } }, {})).toEqual([]);
  });

  test.each([
    ['with the same properties', { BucketEncryption: {} }, { BucketEncryption: {} }],
    ['with the same name', { BucketName: 'a', Tags: [] }, { BucketName: 'a' }],
    ['as the only one of its type', { Tags: [] }, {}],
  ])('is told to be renamed when one comes %s', (_, before, after) => {
    const [finding, ...more] = findings(
      { Lake: { ...BUCKET, Properties: before } },
      { Pond: { ...BUCKET, Properties: after } },
    );
    expect(more).toEqual([]);
    expect(finding?.reason).toBe("the new logical id 'Pond', which deletes it and creates an empty one");
    expect(finding?.remedy).toContain("call overrideLogicalId('Lake') on it");
  });

  test('is told to be removed when it is unlike any of several that come', () => {
    const more: Resources = { A: { ...BUCKET, Properties: { Tags: [] } }, B: { ...BUCKET, Properties: { Tags: [1] } } };
    expect(found({ Lake: BUCKET }, more)).toEqual(['REMOVED Lake']);
  });

  test('is told to be moved when it is in a nested stack then', () => {
    const nested: Resources = {
      Inner: { Type: 'AWS::CloudFormation::Stack', NestedTemplate: { Resources: { Lake: KEPT } } },
    };
    const [finding] = findings({ Lake: KEPT }, nested);
    expect(finding?.kind).toBe(FindingKind.MOVED);
    expect(finding?.reason).toBe(
      "the new place 'Inner/Lake', which leaves it without a stack and creates an empty one",
    );
    expect(found(nested, { Lake: KEPT })).toEqual(['MOVED Inner/Lake']);
  });

  test('is told to be moved when the nested stack around it has another id', () => {
    expect(found(within('Old'), within('New'))).toEqual(['MOVED Old/A', 'MOVED Old/B']);
  });
});

describe('a resource that stays', () => {
  test('is found when it is of another type', () => {
    expect(found({ Lake: BUCKET }, { Lake: { Type: 'AWS::SQS::Queue' } })).toEqual(['TYPE_CHANGED Lake']);
  });

  test.each(['DeletionPolicy', 'UpdateReplacePolicy'])('is found when its %s keeps less', (policy) => {
    const kept = (value?: string): Resources => ({ Lake: { ...KEPT, [policy]: value } });
    expect(found(kept('Retain'), kept('Delete'))).toEqual([`PROTECTION_WEAKENED Lake ${policy}`]);
    expect(found(kept('Retain'), kept())).toEqual([`PROTECTION_WEAKENED Lake ${policy}`]);
    expect(found(kept('Retain'), kept('Snapshot'))).toEqual([`PROTECTION_WEAKENED Lake ${policy}`]);
    expect(found(kept('Delete'), kept('Retain'))).toEqual([]);
    expect(found(kept('Retain'), kept('RetainExceptOnCreate'))).toEqual([]);
  });

  test('is found when it comes under a condition, or under another', () => {
    const without = { Resources: { Lake: BUCKET } };
    const when = (value: string): Template => ({
      Conditions: { Big: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, value] } },
      Resources: { Lake: { ...BUCKET, Condition: 'Big' } },
    });
    const [added] = between(without, when('a'));
    expect([added?.kind, added?.property]).toEqual([FindingKind.MAY_BE_REPLACED, 'Condition']);
    expect(between(when('a'), when('b'))).toHaveLength(1);
    expect(between(when('a'), when('a'))).toEqual([]);
    expect(between(when('a'), without)).toEqual([]);
  });

  test('is found when a nested stack around it comes under a condition', () => {
    const seen = between(around(), around('Big'));
    expect(seen.map(({ path: place, kind }) => [place, kind])).toEqual([
      ['Outer/Inner/A', FindingKind.MAY_BE_REPLACED],
      ['Outer/Inner/B', FindingKind.MAY_BE_REPLACED],
    ]);
    expect(between(around('Big'), around('Big'))).toEqual([]);
  });
});

describe('a reference', () => {
  test('to a resource of another id replaces', () => {
    const before = { ...subnet('A', '10.0.0.0/24'), ...cluster({ Ref: 'A' }) };
    const after = { ...subnet('B', '10.0.0.0/24'), ...cluster({ Ref: 'B' }) };
    expect(found(before, after)).toEqual(['REPLACED Kafka BrokerNodeGroupInfo.ClientSubnets']);
  });

  test.each([
    ['Ref', { Ref: 'A' }],
    ['Fn::GetAtt', { 'Fn::GetAtt': ['A', 'SubnetId'] }],
    ['Fn::Sub', { 'Fn::Sub': '${A.SubnetId}' }],
    ['Fn::Join', { 'Fn::Join': ['', [{ Ref: 'A' }]] }],
  ])('by %s to a resource that is replaced replaces too', (_, reference) => {
    const before = { ...subnet('A', '10.0.0.0/24'), ...cluster(reference) };
    const after = { ...subnet('A', '10.0.1.0/24'), ...cluster(reference) };
    const [finding] = findings(before, after);
    expect(finding?.kind).toBe(FindingKind.REPLACED);
    expect(finding?.reason).toBe(
      "another BrokerNodeGroupInfo.ClientSubnets, because 'A' that it refers to is replaced, which replaces it; the old one is deleted",
    );
    expect(found(before, { ...before, ...subnet('A', '10.0.0.0/24') })).toEqual([]);
  });

  test('is followed from one to the next, in whatever order they stand', () => {
    const expected = ['REPLACED Kafka BrokerNodeGroupInfo.ClientSubnets'];
    expect(found(network('10.0.0.0/16'), network('10.1.0.0/16'))).toEqual(expected);
  });

  test('over the border of a nested stack is followed', () => {
    expect(found(givenIn('10.0.0.0/24', 'P'), givenIn('10.0.1.0/24', 'P'))).toEqual([
      'REPLACED Inner/Kafka BrokerNodeGroupInfo.ClientSubnets',
    ]);
    expect(found(givenIn('10.0.0.0/24', 'P'), givenIn('10.0.0.0/24', 'OtherName'))).toEqual([]);
  });

  test('to what a nested stack gives out is followed', () => {
    expect(found(givenOut('10.0.0.0/24', 'O'), givenOut('10.0.1.0/24', 'O'))).toEqual([
      'REPLACED Kafka BrokerNodeGroupInfo.ClientSubnets',
    ]);
    expect(found(givenOut('10.0.0.0/24', 'O'), givenOut('10.0.0.0/24', 'OtherName'))).toEqual([]);
  });

  test('to a parameter, mapping or condition whose content changes replaces', () => {
    const pairs: [Partial<Template>, Partial<Template>, unknown][] = [
      [{ Parameters: { P: { Default: 'a' } } }, { Parameters: { P: { Default: 'b' } } }, { Ref: 'P' }],
      [
        { Mappings: { M: { r: { k: 'a' } } } },
        { Mappings: { M: { r: { k: 'b' } } } },
        { 'Fn::FindInMap': ['M', 'r', 'k'] },
      ],
      [{ Conditions: { C: true } }, { Conditions: { C: false } }, { 'Fn::If': ['C', 'a', 'b'] }],
    ];
    for (const [before, after, value] of pairs) {
      const { findings: changed } = ReplacementGuard._of(withCluster(before, value), withCluster(after, value));
      expect(changed.map(({ property }) => property)).toEqual(['BrokerNodeGroupInfo.ClientSubnets']);
      expect(ReplacementGuard._of(withCluster(before, value), withCluster(before, value)).findings).toEqual([]);
    }
  });
});

describe('an acknowledgement', () => {
  test('allows one kind of change of one resource', () => {
    const { findings: left } = twoFindings().acknowledge(
      'Key961B73FD',
      FindingKind.REMOVED,
      'nothing is encrypted with it',
    );
    expect(left.map(({ path: place }) => place)).toEqual(['Test/Lake/Resource']);
  });

  test('takes the path of the construct too', () => {
    const all = twoFindings()
      .acknowledge('Test/Lake/Resource', FindingKind.REPLACED, 'it is empty')
      .acknowledge('Key961B73FD', FindingKind.REMOVED, 'nothing is encrypted with it');
    expect(messageOf(() => all.assertNothingLost())).toBe('');
  });

  test('fails when its id is that of resources in several nested stacks, each of which has a path', () => {
    const both = ReplacementGuard._of({ Resources: { ...within('One'), ...within('Two') } }, { Resources: {} });
    expect(() => both.acknowledge('A', FindingKind.REMOVED, 'it is empty')).toThrow(
      '\'acknowledge\' must be about one resource, got "REMOVED of A"; acknowledge each by its path: One/A, Two/A',
    );
    const { findings: left } = both.acknowledge('One/A', FindingKind.REMOVED, 'it is empty');
    expect(left.map(({ path: place }) => place)).toEqual(['One/B', 'Two/A', 'Two/B']);
  });

  test('fails when it says nothing', () => {
    expect(() => twoFindings().acknowledge('Key961B73FD', FindingKind.REMOVED, ' ')).toThrow(
      '\'reason\' must be said, got " "; say why nothing that is needed is lost',
    );
  });

  test('fails when it is about no finding', () => {
    const wrong = twoFindings()
      .acknowledge('Key961B73FE', FindingKind.REMOVED, 'mistyped')
      .acknowledge('Test/Lake/Resource', FindingKind.REPLACED, 'it is empty');
    expect(() => wrong.assertNothingLost()).toThrow(
      "'acknowledge' must be about a finding, got \"REMOVED of Key961B73FE\"; take it away; did you mean 'Key961B73FD'?",
    );
  });
});

describe('a baseline', () => {
  test('is one file with nested stacks in it, keys in order, and without what CDK adds', () => {
    const stack = new Stack(new App(), 'Test');
    new s3.CfnBucket(new NestedStack(stack, 'Inner'), 'Lake');
    const text = fs.readFileSync(baselineOf(stack), 'utf8');
    expect(text).toBe(TemplateSnapshot.of(stack));
    expect(ReplacementGuard.compare(baselineOf(stack), stack).findings).toEqual([]);
  });

  test('may be what CDK wrote, with nested stacks in files of their own', () => {
    const { stack, app } = lakehouseAppOf('dev');
    const { directory } = app.synth();
    const file = path.join(directory, stack.templateFile);
    expect(ReplacementGuard.compareFiles(file, file).findings).toEqual([]);
    expect(ReplacementGuard.compare(file, stack).findings).toEqual([]);
    const away = path.join(temporaryDirectory(), 'moved.template.json');
    fs.copyFileSync(file, away);
    expect(() => ReplacementGuard.compare(away, stack)).toThrow(
      /must be beside the templates of its nested stacks, got "none of \w+"; write the baseline with/,
    );
  });

  test('says when a cluster is replaced because what it starts with has another content', () => {
    expect(between(action('a'), action('b')).map(({ property }) => property)).toEqual(['BootstrapActions']);
    const snapshot: Template = JSON.parse(TemplateSnapshot.ofTemplate(JSON.stringify(action('a'))));
    expect(between(snapshot, action('b'))).toEqual([]);
  });

  test('may be a snapshot, and says nothing of assets then', () => {
    const { stack } = lakehouseAppOf('dev');
    const file = path.join(temporaryDirectory(), 'snapshot.json');
    fs.writeFileSync(file, TemplateSnapshot.of(stack));
    expect(ReplacementGuard.compare(file, stack).findings).toEqual([]);
  });

  test('fails when it is not there, or is something else', () => {
    expect(() => ReplacementGuard.compare('no.json', stackWith())).toThrow(
      '\'template\' must be an existing file, got "no.json"',
    );
    expect(() => ReplacementGuard.compare(__filename, stackWith())).toThrow(
      "'template' must be a CloudFormation template in JSON, got",
    );
  });

  test.each(['', '5', '[]', 'null', '{"Resources":[]}', '{"Resources":null}', '{"Resources":{"Lake":null}}'])(
    'fails when it is %j, against which everything would pass',
    (text) => {
      const file = path.join(temporaryDirectory(), 'baseline.json');
      fs.writeFileSync(file, text);
      expect(() => ReplacementGuard.compare(file, stackWith())).toThrow(
        `'template' must be a CloudFormation template in JSON, got "${file}"`,
      );
    },
  );
});

const ICEBERG = ['OpenTableFormatInput', 'IcebergInput', 'IcebergTableInput'];

/** The first resource of a type, in the stack or in one nested in it. */
function firstOf(template: Template, type: string): TemplateResource | undefined {
  const resources = Object.values(template.Resources ?? {});
  return (
    resources.find((resource) => resource.Type === type) ??
    resources
      .map(({ NestedTemplate: nested }) => (nested === undefined ? undefined : firstOf(nested, type)))
      .find((resource) => resource !== undefined)
  );
}

/** A copy of a template in which the first resource of a type has another value at a path. */
function withValue(
  template: Template,
  type: string,
  place: string[],
  value: (old: Json | undefined) => Json,
): Template {
  const copy = structuredClone(template);
  const properties = firstOf(copy, type)?.Properties;
  const [last = '', holder] = [place.at(-1), at(properties, ...place.slice(0, -1))];
  (holder as Members)[last] = value(at(properties, ...place));
  return copy;
}

describe.each(ENVIRONMENTS)('the lakehouse of %s', (environment) => {
  const { stack } = lakehouseAppOf(environment);
  const deployed = templateOf(stack);
  const baseline = baselineOf(stack);

  test('loses nothing against its own baseline, in another app too', () => {
    expect(ReplacementGuard.compare(baseline, lakehouseAppOf(environment).stack).findings).toEqual([]);
  });

  test.each<[string, string, string[], (old: Json | undefined) => Json, RegExp]>([
    ['a table with another name', 'AWS::Glue::Table', ['Name'], () => 'other', /^REPLACED Name$/],
    [
      'a table without a column',
      'AWS::Glue::Table',
      [...ICEBERG, 'Schema', 'Fields'],
      (fields) => (fields as Json[]).slice(1),
      /^DATA_LOST .*Schema\.Fields\.\w+$/,
    ],
    [
      'a table at another place',
      'AWS::Glue::Table',
      [...ICEBERG, 'Location'],
      () => 's3://b/t',
      /^DATA_LOST .*Location$/,
    ],
    [
      'a bucket without versions',
      'AWS::S3::Bucket',
      ['VersioningConfiguration'],
      () => ({ Status: 'Suspended' }),
      /^DATA_LOST VersioningConfiguration\.Status$/,
    ],
    ['a key that is not rotated', 'AWS::KMS::Key', ['EnableKeyRotation'], () => false, /^DATA_LOST EnableKeyRotation$/],
    ['another network', 'AWS::EC2::VPC', ['CidrBlock'], () => '10.99.0.0/16', /^REPLACED Instances\.Ec2SubnetIds$/],
  ])('is guarded against %s', (_, type, place, value, expected) => {
    const after = withValue(deployed, type, place, value);
    const kinds = ReplacementGuard._of(deployed, after).findings.map(
      ({ kind, property = '' }) => `${kind} ${property}`,
    );
    expect(kinds).toContainEqual(expect.stringMatching(expected));
  });
});

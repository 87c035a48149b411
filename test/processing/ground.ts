import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeKey, LakeNetwork } from '../../lib/foundation';
import { type ILakeStorage, LakeStorage } from '../../lib/storage';
import { resourcesIn, testStack } from '../support/stacks';

/** A stack with what every form of compute needs. */
export interface Ground {
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
  readonly storage: ILakeStorage;
  readonly encryptionKey: kms.IKey;
}

export function ground(stack: Stack = testStack()): Ground {
  const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a', 'us-east-1b'] });
  const { key: encryptionKey } = new LakeKey(stack, 'Key');
  return { stack, vpc, storage: new LakeStorage(stack, 'Storage', { encryptionKey }), encryptionKey };
}

/** A state of a machine, as far as tests look. */
export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly End?: boolean;
  readonly Seconds?: unknown;
  readonly Assign?: { readonly [variable: string]: unknown };
  readonly Choices?: { readonly Condition: string; readonly Next: string; readonly Assign?: object }[];
  readonly Retry?: { readonly ErrorEquals: string[] }[];
  readonly Catch?: { readonly ErrorEquals: string[]; readonly Next: string }[];
  readonly [field: string]: unknown;
}

export interface Machine {
  readonly QueryLanguage: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: { readonly [name: string]: State };
}

/** The definition of the one machine of a stack; what only CloudFormation knows is there by its logical id. */
export function machineIn(stack: Stack): Machine {
  const [machine, ...others] = Object.values(
    resourcesIn<{ DefinitionString: unknown }>(stack, 'AWS::StepFunctions::StateMachine'),
  );
  if (machine === undefined || others.length > 0) {
    throw new Error(`${others.length + (machine === undefined ? 0 : 1)} machines where one was expected`);
  }
  return JSON.parse(text(machine.Properties.DefinitionString));
}

/** The statements of every role and policy of a stack, as texts. */
export function statementsIn(stack: Stack): { [sid: string]: Statement } {
  const roles = Object.values(
    resourcesIn<{ Policies?: { PolicyDocument: { Statement: Statement[] } }[] }>(stack, 'AWS::IAM::Role'),
  );
  const all = roles.flatMap(({ Properties }) => Properties.Policies ?? []);
  return Object.fromEntries(
    all.flatMap(({ PolicyDocument }) => PolicyDocument.Statement.map((statement) => [statement.Sid, statement])),
  );
}

export interface Statement {
  readonly Sid: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** A value of a template as one text, `<Id>` or `<Id.Attribute>` for what only CloudFormation knows. */
export function text(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const given = value as {
    Ref?: string;
    'Fn::GetAtt'?: string[];
    'Fn::Join'?: [string, unknown[]];
    'Fn::Sub'?: string;
  };
  if (given['Fn::Join'] !== undefined) {
    return given['Fn::Join'][1].map(text).join(given['Fn::Join'][0]);
  }
  return given['Fn::Sub'] ?? `<${given.Ref ?? given['Fn::GetAtt']?.join('.')}>`;
}

/** Where a machine may go from a state. */
export function waysFrom(state: State): string[] {
  const choices = [...(state.Choices ?? []), ...(state.Catch ?? [])].map(({ Next }) => Next);
  return [...choices, ...[state.Next, state.Default].filter((name) => name !== undefined)];
}

/** Everything that can be said of a machine without running it; each is an empty list in a sound one. */
export function flawsOf({ StartAt, States }: Machine): { [flaw: string]: string[] } {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (!reached.has(name)) {
      reached.add(name);
      waysFrom(States[name] ?? { Type: 'Missing' }).forEach(visit);
    }
  };
  visit(StartAt);
  const entries = Object.entries(States);
  const assigned = new Set(Object.keys(States[StartAt]?.Assign ?? {}));
  const used = [...JSON.stringify(States).matchAll(/\$([a-z]\w*)\b(?!\()/gi)].map(([, name = '']) => name);
  return {
    missing: [...reached].filter((name) => States[name] === undefined),
    unreachable: entries.map(([name]) => name).filter((name) => !reached.has(name)),
    deadEnds: entries
      .filter(([, state]) => waysFrom(state).length === 0 && state.End !== true && state.Type !== 'Fail')
      .map(([name]) => name),
    unassigned: [...new Set(used)].filter((name) => name !== 'states' && !assigned.has(name)),
    uncaught: entries
      .filter(([, { Type, Catch = [] }]) => Type === 'Task' && !Catch.some((c) => c.ErrorEquals.includes('States.ALL')))
      .map(([name]) => name),
  };
}

/** The API calls of a machine, as IAM's actions. */
export function callsOf({ States }: Machine): string[] {
  const prefixes: { [service: string]: string } = { emr: 'elasticmapreduce', sfn: 'states' };
  return Object.values(States)
    .filter(({ Type }) => Type === 'Task')
    .map(({ Resource = '' }) => {
      const [service = '', action = ''] = Resource.split(':aws-sdk:')[1]?.split(':') ?? [];
      const call = `${prefixes[service] ?? service}:${action.charAt(0).toUpperCase()}${action.slice(1)}`;
      // IAM has another name for what lists the objects of a bucket
      return call === 's3:ListObjectsV2' ? 's3:ListBucket' : call;
    });
}

/** The statements of the policy that a grantee got, by a part of its name. */
export function policyOf(stack: Stack, grantee: string): Statement[] {
  const policies = resourcesIn<{ PolicyName: string; PolicyDocument: { Statement: Statement[] } }>(
    stack,
    'AWS::IAM::Policy',
  );
  return Object.values(policies)
    .filter(({ Properties }) => Properties.PolicyName.includes(grantee))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

/** A log group by a part of its logical id. */
export function logGroupOf(stack: Stack, part: string): object | undefined {
  return Object.entries(resourcesIn<object>(stack, 'AWS::Logs::LogGroup')).find(([id]) => id.includes(part))?.[1];
}

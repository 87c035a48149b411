import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, Aws, Fn, Names, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { LakeKey, acknowledgeGrant, acknowledgeWildcards, granted, textOnce } from '../foundation';
import type { Machine } from './states';

/** The longest name of a state machine. */
const NAME_LIMIT = 80;

/**
 * Where logs lie that need no line each in the account's policy for log delivery, which has 5,120 characters. The id of the stack
 * is part of the name, because a stack that is made again may find the log of the one before.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
 */
const VENDED_LOGS = '/aws/vendedlogs/states/';

/** What a workflow does, and with which permissions. */
export interface WorkflowProps {
  readonly machine: (name: string) => Machine;
  readonly statements: (name: string) => iam.PolicyStatement[];
  readonly encryptionKey?: kms.IKey;
  readonly logRetention?: logs.RetentionDays;
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A state machine that calls AWS itself, with no function: every event in an encrypted log group, traced, and a role that
 * may do what its states do. The definition is one document, because a construct for each state would cost synth more
 * than all clusters together.
 */
export class Workflow extends Construct {
  readonly stateMachine: stepfunctions.StateMachine;
  readonly logGroup: logs.LogGroup;
  readonly role: iam.Role;

  private readonly name: string;

  constructor(scope: Construct, id: string, props: WorkflowProps) {
    super(scope, id);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    this.name = Names.uniqueResourceName(this, { maxLength: NAME_LIMIT, separator: '-' });
    const key = props.encryptionKey ?? new LakeKey(this, 'Key', { description: 'encrypts logs', removalPolicy }).key;
    this.role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('states.amazonaws.com', {
        conditions: { ArnEquals: { 'aws:SourceArn': arnOf(this, 'stateMachine', this.name) } },
      }),
      inlinePolicies: { Calls: new iam.PolicyDocument({ statements: props.statements(this.name) }) },
    });
    acknowledgeWildcards(this.role, ['*'], 'log delivery, X-Ray, metrics and RunJobFlow take no resource');
    this.logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `${VENDED_LOGS}${this.name}-${Fn.select(2, Fn.split('/', Aws.STACK_ID))}`,
      retention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: key,
      removalPolicy,
    });
    this.stateMachine = new stepfunctions.StateMachine(this, 'Resource', {
      stateMachineName: this.name,
      definitionBody: stepfunctions.DefinitionBody.fromString(
        textOnce(this, Stack.of(this).toJsonString({ QueryLanguage: 'JSONata', ...props.machine(this.name) })),
      ),
      role: this.role,
      tracingEnabled: true,
      logs: { destination: this.logGroup, level: stepfunctions.LogLevel.ALL, includeExecutionData: true },
    });
  }

  /** Lets the grantee start executions of this machine, and see how they do. */
  grantStart(grantee: iam.IGrantable): iam.Grant {
    const executions = [arnOf(this, 'execution', `${this.name}:*`)];
    acknowledgeGrant(grantee, executions, 'executions are named when they start; all of them are of this one machine');
    const machines = [arnOf(this, 'stateMachine', this.name)];
    return granted(this, grantee, [
      iam.Grant.addToPrincipal({ grantee, actions: ['states:StartExecution'], resourceArns: machines }),
      iam.Grant.addToPrincipal({ grantee, actions: ['states:DescribeExecution'], resourceArns: executions }),
    ]);
  }
}

/** An ARN by the machine's name, which is known before the machine is there: its own role can name it. */
export function arnOf(scope: Construct, resource: string, resourceName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return Stack.of(scope).formatArn({ service: 'states', resource, resourceName, arnFormat });
}

import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcards } from '../foundation';
import type { IDagBundle } from './dag-bundle';

/** What the role of an environment is for. */
export interface ExecutionRoleProps {
  readonly environmentName: string;
  readonly environmentArn: string;
  readonly dags: IDagBundle;
  readonly encryptionKey: kms.IKey;
}

/**
 * The role that Airflow and its tasks have, with what MWAA documents as the least, and the bucket confined to Airflow's files.
 *
 * Its policy is inside it, because MWAA tries it out when it creates the environment: a policy that comes later is too late.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/cross-service-confused-deputy-prevention.html
 */
export function executionRole(scope: Construct, id: string, props: ExecutionRoleProps): iam.Role {
  const { account } = Stack.of(scope);
  const conditions = {
    StringEquals: { 'aws:SourceAccount': account },
    ArnLike: { 'aws:SourceArn': props.environmentArn },
  };
  const role = new iam.Role(scope, id, {
    assumedBy: new iam.CompositePrincipal(
      new iam.ServicePrincipal('airflow.amazonaws.com', { conditions }),
      new iam.ServicePrincipal('airflow-env.amazonaws.com', { conditions }),
    ),
    description: 'Role of an Airflow environment and its tasks',
    inlinePolicies: { Airflow: new iam.PolicyDocument({ statements: statementsOf(scope, props) }) },
  });
  answerFindings(scope, role, props);
  return role;
}

function statementsOf(scope: Construct, props: ExecutionRoleProps): iam.PolicyStatement[] {
  const { region } = Stack.of(scope);
  const { bucket } = props.dags;
  const otherKey = bucket.encryptionKey === props.encryptionKey ? undefined : bucket.encryptionKey;
  return [
    allow('PublishHealth', ['airflow:PublishMetrics'], [props.environmentArn]),
    allow('ReadFiles', ['s3:GetObject*'], fileArns(props.dags)),
    allow('LookAtBucket', ['s3:GetBucket*', 's3:List*'], [bucket.bucketArn]),
    allow('CheckPublicAccess', ['s3:GetAccountPublicAccessBlock'], ['*']),
    allow('Log', LOG_ACTIONS, [logArn(scope, props)]),
    allow('FindLogs', ['logs:DescribeLogGroups'], ['*']),
    allow('EmitMetrics', ['cloudwatch:PutMetricData'], ['*']),
    allow('QueueTasks', QUEUE_ACTIONS, [queueArn(scope)]),
    allow('UseKey', KEY_ACTIONS, [props.encryptionKey.keyArn], {
      StringLike: { 'kms:ViaService': [`sqs.${region}.amazonaws.com`, `s3.${region}.amazonaws.com`] },
    }),
    ...(otherKey === undefined
      ? []
      : [
          allow('ReadEncryptedFiles', ['kms:Decrypt'], [otherKey.keyArn], {
            StringLike: { 'kms:ViaService': [`s3.${region}.amazonaws.com`] },
          }),
        ]),
  ];
}

function answerFindings(scope: Construct, role: iam.Role, props: ExecutionRoleProps): void {
  for (const action of ['s3:GetObject*', 's3:GetBucket*', 's3:List*', 'kms:GenerateDataKey*']) {
    acknowledge(
      role,
      `IAM5[Action::${action}]`,
      "one of the actions that MWAA's documentation asks for, on named resources",
    );
  }
  acknowledgeWildcards(
    role,
    fileArns(props.dags),
    'the files of DAGs, requirements and plugins, under prefixes of one bucket',
  );
  acknowledgeWildcards(
    role,
    ['*'],
    'three actions that take no resource: PutMetricData, DescribeLogGroups, GetAccountPublicAccessBlock',
  );
  acknowledgeWildcards(role, [logArn(scope, props)], 'the log groups of this environment, whose names MWAA makes');
  acknowledgeWildcards(role, [queueArn(scope)], "the queue is in an account of MWAA's own, under a name that it makes");
}

/** The objects that an environment reads: folders rather than files, so that no change of a file changes the policy. */
function fileArns({ bucket, dagsPath, requirementsPath, pluginsPath }: IDagBundle): string[] {
  const files = [requirementsPath, pluginsPath].flatMap((file) => (file === undefined ? [] : [inFolder(file)]));
  return [...new Set([`${dagsPath}/*`, ...files])].map((key) => bucket.arnForObjects(key));
}

/** All of the folder of a file; the file where it lies in none. */
function inFolder(file: string): string {
  const folder = path.posix.dirname(file);
  return folder === '.' ? file : `${folder}/*`;
}

function logArn(scope: Construct, { environmentName }: ExecutionRoleProps): string {
  const resourceName = `airflow-${environmentName}-*`;
  return Stack.of(scope).formatArn({ service: 'logs', resource: `log-group:${resourceName}` });
}

function queueArn(scope: Construct): string {
  return Stack.of(scope).formatArn({ service: 'sqs', account: '*', resource: 'airflow-celery-*' });
}

const LOG_ACTIONS = [
  'logs:CreateLogGroup',
  'logs:CreateLogStream',
  'logs:GetLogEvents',
  'logs:GetLogGroupFields',
  'logs:GetLogRecord',
  'logs:GetQueryResults',
  'logs:PutLogEvents',
];

const QUEUE_ACTIONS = [
  'sqs:ChangeMessageVisibility',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:GetQueueUrl',
  'sqs:ReceiveMessage',
  'sqs:SendMessage',
];

const KEY_ACTIONS = ['kms:Decrypt', 'kms:DescribeKey', 'kms:Encrypt', 'kms:GenerateDataKey*'];

function allow(
  sid: string,
  actions: string[],
  resources: string[],
  conditions?: { [operator: string]: { [key: string]: string[] } },
): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources, conditions });
}

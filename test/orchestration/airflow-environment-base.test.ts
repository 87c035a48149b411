import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Duration } from 'aws-cdk-lib/core';
import { AirflowComponent, AirflowEnvironment, AirflowRole } from '../../lib/orchestration';
import { resourcesIn, testStack, warningsOf } from '../support/stacks';
import { build } from './environments';

/** The ARN of a role inside Airflow. */
const roleArn = (role: string): unknown => ({
  'Fn::Join': [
    '',
    ['arn:', { Ref: 'AWS::Partition' }, ':airflow:us-east-1:', { Ref: 'AWS::AccountId' }, `:role/nightly/${role}`],
  ],
});

/** What a role may do after a grant. */
function allowed(grant: (environment: AirflowEnvironment, grantee: iam.IGrantable) => iam.Grant): unknown {
  const { stack, environment } = build({ environmentName: 'nightly' });
  const role = new iam.Role(stack, 'Engineer', { assumedBy: new iam.AccountRootPrincipal() });
  grant(environment, role);
  const policies = resourcesIn<{ PolicyDocument: { Statement: unknown[] } }>(stack, 'AWS::IAM::Policy');
  const own = Object.entries(policies).find(([id]) => id.startsWith('Engineer'));
  return own?.[1].Properties.PolicyDocument.Statement;
}

describe('Grants of an AirflowEnvironment', () => {
  test.each(Object.values(AirflowRole))('let somebody sign in as %s', (role) => {
    expect(allowed(({ grants }, grantee) => grants.webLogin(grantee, role))).toEqual([
      { Action: 'airflow:CreateWebLoginToken', Effect: 'Allow', Resource: roleArn(role) },
    ]);
  });

  test('let somebody call the REST API', () => {
    expect(allowed(({ grants }, grantee) => grants.invokeRestApi(grantee, AirflowRole.OP))).toEqual([
      { Action: 'airflow:InvokeRestApi', Effect: 'Allow', Resource: roleArn('Op') },
    ]);
  });
});

describe('Metrics of an AirflowEnvironment', () => {
  const { environment } = build({ environmentName: 'nightly' });

  test.each([
    [environment.metricSchedulerHeartbeat(), 'SchedulerHeartbeat', { Function: 'Scheduler' }, 'Sum'],
    [environment.metricQueuedTasks(), 'QueuedTasks', { Function: 'Executor' }, 'Maximum'],
    [environment.metricRunningTasks(), 'RunningTasks', { Function: 'Executor' }, 'Maximum'],
    [environment.metricImportErrors(), 'ImportErrors', { Function: 'DAG Processing' }, 'Maximum'],
    [environment.metricTotalParseTime(), 'TotalParseTime', { Function: 'DAG Processing' }, 'Maximum'],
    [environment.metricTaskInstanceFailures(), 'TaskInstanceFailures', { DAG: 'All', Task: 'All' }, 'Sum'],
    [environment.metricTaskInstanceSuccesses(), 'TaskInstanceSuccesses', { DAG: 'All', Task: 'All' }, 'Sum'],
    [
      environment.metric('DagBagSize', { dimensionsMap: { Function: 'DAG Processing' } }),
      'DagBagSize',
      { Function: 'DAG Processing' },
      'Maximum',
    ],
  ])('of Airflow are in its namespace (%#)', (metric, metricName, dimensions, statistic) => {
    expect(metric).toMatchObject({ namespace: 'AmazonMWAA', metricName, statistic });
    expect(metric.dimensions).toEqual({ Environment: 'nightly', ...dimensions });
    expect(metric.period.toMinutes()).toBe(5);
  });

  test('of containers are those of the service', () => {
    const options = { period: Duration.minutes(1) };
    const metric = environment.metricCpuUtilization(AirflowComponent.ADDITIONAL_WORKER, options);
    expect(metric).toMatchObject({ namespace: 'AWS/MWAA', metricName: 'CPUUtilization', statistic: 'Average' });
    expect(metric.dimensions).toEqual({ Environment: 'nightly', Cluster: 'AdditionalWorker' });
    expect(metric.period.toMinutes()).toBe(1);
    expect(environment.metricMemoryUtilization(AirflowComponent.SCHEDULER)).toMatchObject({
      metricName: 'MemoryUtilization',
      dimensions: { Environment: 'nightly', Cluster: 'Scheduler' },
    });
  });
});

describe('An imported AirflowEnvironment', () => {
  const arn = 'arn:aws:airflow:eu-west-1:123456789012:environment/theirs';

  test('has its name, metrics and grants', () => {
    const stack = testStack();
    const executionRole = iam.Role.fromRoleName(stack, 'Role', 'theirs');
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Group', 'sg-1');
    const environment = AirflowEnvironment.fromAirflowEnvironmentAttributes(stack, 'Airflow', {
      environmentArn: arn,
      executionRole,
      securityGroups: [group],
    });
    expect(environment).toMatchObject({ environmentArn: arn, environmentName: 'theirs' });
    expect(environment.metricQueuedTasks().dimensions).toMatchObject({ Environment: 'theirs' });
    expect(environment.grantPrincipal).toBe(executionRole.grantPrincipal);
    expect(environment.connections.securityGroups).toEqual([group]);
  });

  test('without a role takes no grants', () => {
    const stack = testStack();
    const environment = AirflowEnvironment.fromAirflowEnvironmentAttributes(stack, 'Airflow', { environmentArn: arn });
    iam.Grant.addToPrincipal({ grantee: environment, actions: ['sns:Publish'], resourceArns: ['*'] });
    expect(resourcesIn(stack)).toEqual({});
    expect(warningsOf(stack)).toEqual([
      expect.stringMatching(/^\/Test\/Airflow: Add statement to this resource's role/),
    ]);
  });
});

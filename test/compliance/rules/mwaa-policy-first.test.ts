import { mwaaPolicyFirst } from '../../../lib/compliance/rules/mwaa-policy-first';
import { type Fixture, attribute, describeRule, ref, resources } from './fixtures';

const airflow = (DependsOn?: string[]): Fixture =>
  resources({
    Role: { Type: 'AWS::IAM::Role' },
    Policy: { Type: 'AWS::IAM::Policy', Properties: { Roles: [ref('Role')] } },
    Theirs: { Type: 'AWS::IAM::Policy', Properties: { Roles: ['theirs'] } },
    Airflow: { Type: 'AWS::MWAA::Environment', Properties: { ExecutionRoleArn: attribute('Role', 'Arn') }, DependsOn },
  });

describeRule(mwaaPolicyFirst, {
  compliant: {
    'an environment that waits': airflow(['Policy']),
    'a policy inside the role, and another for its tasks': resources({
      Role: { Type: 'AWS::IAM::Role', Properties: { Policies: [{ PolicyName: 'Run' }] } },
      Tasks: { Type: 'AWS::IAM::Policy', Properties: { Roles: [ref('Role')] } },
      Airflow: { Type: 'AWS::MWAA::Environment', Properties: { ExecutionRoleArn: attribute('Role', 'Arn') } },
    }),
  },
  nonCompliant: {
    'an environment that may come first': [airflow(), 'Airflow Properties.ExecutionRoleArn'],
  },
});

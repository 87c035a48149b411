import { mwaaSelfReference } from '../../../lib/compliance/rules/mwaa-self-reference';
import { type Resource, attribute, describeRule, resources } from './fixtures';

const group: Resource = { Type: 'AWS::EC2::SecurityGroup' };
const airflow = (...SecurityGroupIds: unknown[]): Resource => ({
  Type: 'AWS::MWAA::Environment',
  Properties: { NetworkConfiguration: { SecurityGroupIds } },
});
const ingress = (to: string, from: string): Resource => ({
  Type: 'AWS::EC2::SecurityGroupIngress',
  Properties: {
    GroupId: attribute(to, 'GroupId'),
    SourceSecurityGroupId: attribute(from, 'GroupId'),
    IpProtocol: '-1',
  },
});
const own = attribute('Own', 'GroupId');

describeRule(mwaaSelfReference, {
  compliant: {
    'a group that lets itself in': resources({ Own: group, Self: ingress('Own', 'Own'), Airflow: airflow(own) }),
    'a group of elsewhere': resources({ Airflow: airflow('sg-123') }),
  },
  nonCompliant: {
    'a group that lets nobody in': [
      resources({ Own: group, Airflow: airflow(own) }),
      'Airflow Properties.NetworkConfiguration.SecurityGroupIds',
    ],
    'a group that lets another in': [
      resources({ Own: group, Other: group, Rule: ingress('Own', 'Other'), Airflow: airflow(own) }),
      'Airflow Properties.NetworkConfiguration.SecurityGroupIds',
    ],
  },
});

import { mwaaSubnets } from '../../../lib/compliance/rules/mwaa-subnets';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const airflow = (SubnetIds: unknown): Fixture =>
  resources({ Airflow: { Type: 'AWS::MWAA::Environment', Properties: { NetworkConfiguration: { SubnetIds } } } });

describeRule(mwaaSubnets, {
  compliant: {
    'two subnets': airflow([ref('A'), ref('B')]),
    'a list known at deployment': airflow(ref('Subnets')),
  },
  nonCompliant: {
    'three subnets': [airflow(['a', 'b', 'c']), 'Airflow Properties.NetworkConfiguration.SubnetIds'],
  },
});

import { eachResource, type Rule } from '../rule';
import { dig } from '../values';

/** MWAA refuses the environment. */
export const mwaaSubnets: Rule = {
  id: 'mwaa-subnets',
  severity: 'error',
  wrong: 'An Airflow environment is not in exactly two subnets.',
  remedy: 'Name two private subnets in two availability zones.',
  source: 'https://docs.aws.amazon.com/mwaa/latest/userguide/networking-about.html',
  places: eachResource(['AWS::MWAA::Environment'], ({ properties }) => {
    const subnets = dig(properties, 'NetworkConfiguration', 'SubnetIds');
    return Array.isArray(subnets) && subnets.length !== 2 ? ['NetworkConfiguration.SubnetIds'] : [];
  }),
};

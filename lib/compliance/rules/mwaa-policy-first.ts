import { eachResource, type Rule } from '../rule';
import type { TemplateResource } from '../template';
import { listOf, textOf } from '../values';

/** MWAA tries the permissions of the role while it makes the environment, and fails when they come later. */
export const mwaaPolicyFirst: Rule = {
  id: 'mwaa-policy-first',
  severity: 'error',
  wrong:
    'An Airflow environment does not wait for the policy of its execution role, whose permissions it tries at once.',
  remedy: 'Let the environment depend on the policy, or put the policy inside the role.',
  source: 'https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-create-role.html',
  places: eachResource(['AWS::MWAA::Environment'], (environment, templates) => {
    const role = templates.referredBy(environment.properties.ExecutionRoleArn);
    // What is inside the role comes with it; what is granted beside it then is for the tasks, which come later.
    if (listOf(role?.properties.Policies).length > 0) {
      return [];
    }
    const late = templates
      .ofType('AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy')
      .filter(({ properties }) => listOf(properties.Roles).some((name) => role?.isIn(textOf(name) ?? '')))
      .filter((policy) => !waitsFor(environment, policy));
    return late.length > 0 ? ['ExecutionRoleArn'] : [];
  }),
};

function waitsFor({ template, body }: TemplateResource, policy: TemplateResource): boolean {
  return template !== policy.template || listOf(body.DependsOn).includes(policy.id);
}

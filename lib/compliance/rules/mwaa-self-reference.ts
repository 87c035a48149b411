import { eachResource, type Rule } from '../rule';
import type { TemplateResource, Templates } from '../template';
import { dig, listOf, textOf } from '../values';

/** The environment starts, and no task ever does. */
export const mwaaSelfReference: Rule = {
  id: 'mwaa-self-reference',
  severity: 'error',
  wrong:
    'The security groups of an Airflow environment do not let its own parts reach each other: no task ever starts.',
  remedy: 'Add a rule that lets the group in from itself.',
  source: 'https://docs.aws.amazon.com/mwaa/latest/userguide/vpc-security.html',
  places: eachResource(['AWS::MWAA::Environment'], ({ properties }, templates) => {
    const named = listOf(dig(properties, 'NetworkConfiguration', 'SecurityGroupIds'));
    const groups = named.flatMap((id) => templates.referredBy(id) ?? []);
    const isKnown = groups.length > 0 && groups.length === named.length;
    return isKnown && !areOpenToThemselves(groups, templates) ? ['NetworkConfiguration.SecurityGroupIds'] : [];
  }),
};

function areOpenToThemselves(groups: TemplateResource[], templates: Templates): boolean {
  const isOne = (id: unknown): boolean => groups.some((group) => group.isIn(textOf(id) ?? ''));
  const inside = groups.flatMap(({ properties }) => listOf(properties.SecurityGroupIngress));
  const beside = templates
    .ofType('AWS::EC2::SecurityGroupIngress')
    .filter(({ properties }) => isOne(properties.GroupId))
    .map(({ properties }) => properties);
  return [...inside, ...beside].some((rule) => isOne(dig(rule, 'SourceSecurityGroupId')));
}

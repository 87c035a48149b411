import { eachResource, type Rule } from '../rule';
import { dig, textOf } from '../values';

/** Glue folds such names, and SQL engines need quotes or fail. */
export const glueName: Rule = {
  id: 'glue-name',
  severity: 'error',
  wrong:
    'The name of a database or table has upper-case letters, hyphens or other characters that engines do not share.',
  remedy: 'Use lower-case letters, digits and underscores.',
  source: 'https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html',
  places: eachResource(['AWS::Glue::Database', 'AWS::Glue::Table'], ({ properties }) =>
    [['Name'], ['DatabaseName'], ['DatabaseInput', 'Name'], ['TableInput', 'Name']]
      .filter((path) => !isShared(textOf(dig(properties, ...path)) ?? ''))
      .map((path) => path.join('.')),
  ),
};

/** Of the parts known at deployment nothing can be said. */
function isShared(name: string): boolean {
  return /^[a-z0-9_]*$/.test(name.replaceAll(/\$\{[^}]*\}/g, ''));
}

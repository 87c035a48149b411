import { eachResource, type Rule } from '../rule';
import { locatedTables } from '../tables';
import type { TemplateResource, Templates } from '../template';
import { type Json, dig, isJson, listOf, textOf } from '../values';

/** Where an object cannot be read at once. */
const ARCHIVES = new Set(['GLACIER', 'DEEP_ARCHIVE']);

/** The age of a file says nothing about whether a snapshot still needs it. */
export const lifecycleOnTables: Rule = {
  id: 'lifecycle-on-tables',
  severity: 'error',
  wrong:
    'A lifecycle rule deletes or archives files of an Iceberg table by age, also those that its snapshots still need.',
  remedy: 'Leave the locations of tables out of the rule, or filter it by the tag that soft deletion sets.',
  source: 'https://docs.aws.amazon.com/glue/latest/dg/optimizer-notes.html',
  places: eachResource(['AWS::S3::Bucket'], (bucket, templates) => {
    const prefixes = tablePrefixes(bucket, templates);
    const { LifecycleConfiguration, IntelligentTieringConfigurations } = bucket.properties;
    const rules = listOf(dig(LifecycleConfiguration, 'Rules'));
    const tierings = listOf(IntelligentTieringConfigurations);
    return [
      ...at(rules, (rule) => endangers(rule) && reaches(rule, prefixes), 'LifecycleConfiguration.Rules'),
      ...at(
        tierings,
        (tiering) => isEnabled(tiering) && reaches(tiering, prefixes),
        'IntelligentTieringConfigurations',
      ),
    ];
  }),
};

function at(items: unknown[], isWrong: (item: Json) => boolean, path: string): string[] {
  return items.flatMap((item, index) => (isJson(item) && isWrong(item) ? [`${path}.${index}`] : []));
}

function tablePrefixes(bucket: TemplateResource, templates: Templates): string[] {
  return locatedTables(templates)
    .filter(({ bucket: name }) => templates.referredBy(name) === bucket || name === bucket.properties.BucketName)
    .map(({ prefix }) => prefix);
}

function isEnabled({ Status }: Json): boolean {
  return Status === 'Enabled';
}

function endangers(rule: Json): boolean {
  const { ExpirationInDays, ExpirationDate, Transition, Transitions } = rule;
  const classes = [...listOf(Transition), ...listOf(Transitions)].map((move) => dig(move, 'StorageClass'));
  return (
    isEnabled(rule) &&
    (ExpirationInDays !== undefined ||
      ExpirationDate !== undefined ||
      classes.some((name) => ARCHIVES.has(textOf(name) ?? '')))
  );
}

function reaches({ TagFilters, Prefix }: Json, prefixes: string[]): boolean {
  const own = textOf(Prefix) ?? '';
  return listOf(TagFilters).length === 0 && prefixes.some((prefix) => prefix.startsWith(own) || own.startsWith(prefix));
}

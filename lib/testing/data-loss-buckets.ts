import type { Loss } from './data-loss-rules';
import { type Json, type Members, at, isMembers } from './json';

/** What a lifecycle rule deletes, and after how many days. */
interface Deletion {
  readonly what: 'objects' | 'old versions';
  /** Which objects: all when empty. */
  readonly scope: string;
  readonly days: number;
}

/** The scope of a rule for the whole bucket. */
const EVERYTHING = '{}';

/** Losses by lifecycle rules: what is deleted that was kept, or is deleted earlier. */
export function lifecycleLosses(before: Members, after: Members): Loss[] {
  const old = deletionsIn(before);
  return deletionsIn(after)
    .filter(
      (deletion) =>
        !old.some(
          ({ what, scope, days }) =>
            what === deletion.what && days <= deletion.days && (scope === deletion.scope || scope === EVERYTHING),
        ),
    )
    .map(({ what, scope, days }) => ({
      property: 'LifecycleConfiguration.Rules',
      reason: `deletes ${what}${scope === EVERYTHING ? '' : ` with ${scope}`} after ${days} days, which were kept, or kept for longer`,
      remedy: 'take the expiration out, or acknowledge it when what is that old is not needed',
    }));
}

function deletionsIn(properties: Members): Deletion[] {
  const rules = at(properties, 'LifecycleConfiguration', 'Rules');
  return (Array.isArray(rules) ? rules : []).flatMap((rule) =>
    isMembers(rule) && rule.Status === 'Enabled' ? deletionsOf(rule) : [],
  );
}

function deletionsOf(rule: Members): Deletion[] {
  const scope = scopeOf(rule);
  const current = rule.ExpirationDate === undefined ? rule.ExpirationInDays : 0;
  const old = at(rule, 'NoncurrentVersionExpiration', 'NoncurrentDays') ?? rule.NoncurrentVersionExpirationInDays;
  return [
    ...(current === undefined ? [] : [{ what: 'objects' as const, scope, days: Number(current) }]),
    ...(old === undefined ? [] : [{ what: 'old versions' as const, scope, days: Number(old) }]),
  ];
}

function scopeOf(rule: Members): string {
  const scope: { [name: string]: Json } = {};
  for (const name of ['Prefix', 'Filter', 'TagFilters', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan']) {
    const value = rule[name];
    if (value !== undefined && value !== '') {
      scope[name] = value;
    }
  }
  return JSON.stringify(scope);
}

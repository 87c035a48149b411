import { same } from './create-only';
import type { Loss } from './data-loss-rules';
import { type Json, type Members, at, brief, isMembers } from './json';

/** What a lifecycle rule deletes, and after how many days. */
interface Deletion {
  readonly what: 'objects' | 'old versions';
  /** Which objects: all when empty. */
  readonly scope: Members;
  readonly days: Json;
  /** How many of the newest are kept, however old they are. */
  readonly kept: Json;
}

/** Losses by lifecycle rules: what is deleted that was kept, or is deleted earlier. */
export function lifecycleLosses(before: Members, after: Members): Loss[] {
  const old = deletionsIn(before);
  return deletionsIn(after)
    .filter((deletion) => !old.some((known) => includes(known, deletion)))
    .map(({ what, scope, days }) => ({
      property: 'LifecycleConfiguration.Rules',
      reason: `deletes ${what}${isEverything(scope) ? '' : ` with ${JSON.stringify(scope)}`} after ${brief(days)} days, which were kept, or kept for longer`,
      remedy: 'take the expiration out, or acknowledge it when what is that old is not needed',
    }));
}

/** Whether what is deleted was deleted before, and no later. */
function includes(known: Deletion, deletion: Deletion): boolean {
  return (
    known.what === deletion.what &&
    isAtMost(known.days, deletion.days) &&
    isAtMost(known.kept, deletion.kept) &&
    holds(known.scope, deletion.scope)
  );
}

/** What only the deployment knows is at most itself. */
function isAtMost(old: Json, new_: Json): boolean {
  return same(old, new_) || Number(old) <= Number(new_);
}

/** Whether a scope has all objects of another: it asks for nothing that the other does not ask for too. */
function holds(wide: Members, narrow: Members): boolean {
  return Object.entries(wide).every(([name, value]) => {
    const other = narrow[name];
    const begins = name === 'Prefix' && typeof value === 'string' && typeof other === 'string';
    return begins ? other.startsWith(value) : same(value, other);
  });
}

function isEverything(scope: Members): boolean {
  return Object.keys(scope).length === 0;
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
  const kept = at(rule, 'NoncurrentVersionExpiration', 'NewerNoncurrentVersions') ?? 0;
  return [
    ...(current === undefined ? [] : [{ what: 'objects' as const, scope, days: current, kept: 0 }]),
    ...(old === undefined ? [] : [{ what: 'old versions' as const, scope, days: old, kept }]),
  ];
}

function scopeOf(rule: Members): Members {
  const names = ['Prefix', 'Filter', 'TagFilters', 'ObjectSizeGreaterThan', 'ObjectSizeLessThan'];
  return Object.fromEntries(
    names.flatMap((name) => (rule[name] === undefined || rule[name] === '' ? [] : [[name, rule[name]]])),
  );
}

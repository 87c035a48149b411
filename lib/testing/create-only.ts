import * as fs from 'node:fs';
import * as path from 'node:path';
import type { FlatResource } from './flat-template';
import { referencesIn } from './flat-template';
import { type Json, at, inOrder, isMembers } from './json';

/** Made from AWS's resource schemas by `npm run generate:create-only`; beside the source, both here and in the package. */
const DATA = path.resolve(__dirname, '..', '..', 'lib', 'testing', 'create-only.json');

/** Whether a resource is replaced: never, depending on more than the template, or always. */
export enum Certainty {
  NO,
  MAYBE,
  YES,
}

/** What is known of resources that would be replaced, by address. */
export type Replaced = ReadonlyMap<string, Certainty>;

/** A change of one property, and what it does to the resource. */
export interface Replacement {
  /** The property, its names joined by dots. */
  readonly property: string;
  readonly certainty: Certainty;
  readonly before: Json | undefined;
  readonly after: Json | undefined;
  /** The resource whose replacement changes the value, when its text stays the same. */
  readonly through?: string;
}

interface CreateOnlyPath {
  readonly steps: string[];
  readonly certainty: Certainty;
}

let loaded: { readonly [type: string]: string } | undefined;

function data(): { readonly [type: string]: string } {
  loaded ??= JSON.parse(fs.readFileSync(DATA, 'utf8'));
  return loaded ?? {};
}

/** The paths of a type that replace it when they change; none for a type that AWS's schemas do not have. */
function pathsOf(type: string): CreateOnlyPath[] {
  return (data()[type] ?? '')
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({
      steps: word.replace(/\?$/, '').split('/'),
      certainty: word.endsWith('?') ? Certainty.MAYBE : Certainty.YES,
    }));
}

/** The changes that replace a resource, given what is replaced already. */
export function replacementsOf(before: FlatResource, after: FlatResource, replaced: Replaced): Replacement[] {
  const found = pathsOf(before.type).flatMap((createOnly): Replacement[] => {
    const seen = compared(before.properties, after.properties, createOnly.steps, replaced);
    const certainty: Certainty = Math.min(seen, createOnly.certainty);
    if (certainty === Certainty.NO) {
      return [];
    }
    // a list is shown as a whole: what is in it has no name
    const named = createOnly.steps.slice(0, (createOnly.steps.indexOf('*') + 1 || Infinity) - 1);
    const values = { before: at(before.properties, ...named), after: at(after.properties, ...named) };
    const through = same(values.before, values.after) ? firstReplaced(values.after, replaced) : undefined;
    return [{ property: createOnly.steps.join('.'), certainty, ...values, through }];
  });
  // what surely replaces says more than the possibility around it
  return found.filter(
    ({ property, certainty }) =>
      certainty === Certainty.YES ||
      !found.some((other) => other.certainty === Certainty.YES && other.property.startsWith(`${property}.`)),
  );
}

/** Which resources are replaced, those too that are only because what they refer to is. */
export function replacedResources(
  before: ReadonlyMap<string, FlatResource>,
  after: ReadonlyMap<string, FlatResource>,
): Replaced {
  const replaced = new Map<string, Certainty>();
  for (let changed = true; changed;) {
    changed = false;
    for (const [address, old] of before) {
      const certainty = certaintyOf(old, after.get(address), replaced);
      if (certainty > (replaced.get(address) ?? Certainty.NO)) {
        replaced.set(address, certainty);
        changed = true;
      }
    }
  }
  return replaced;
}

function certaintyOf(before: FlatResource, after: FlatResource | undefined, replaced: Replaced): Certainty {
  if (after === undefined) {
    return Certainty.NO;
  }
  if (before.type !== after.type) {
    return Certainty.YES;
  }
  return Math.max(Certainty.NO, ...replacementsOf(before, after, replaced).map(({ certainty }) => certainty));
}

/** Whether the values at a path differ; in lists and maps, `*`, each is compared with the one in its place. */
function compared(
  before: Json | undefined,
  after: Json | undefined,
  [step, ...rest]: string[],
  replaced: Replaced,
): Certainty {
  if (step === undefined || isIntrinsic(before) || isIntrinsic(after)) {
    const certainty = differs(before, after, replaced);
    return step === undefined ? certainty : Math.min(certainty, Certainty.MAYBE);
  }
  if (step !== '*') {
    return compared(at(before, step), at(after, step), rest, replaced);
  }
  const keys = new Set([...keysOf(before), ...keysOf(after)]);
  return Math.max(
    Certainty.NO,
    ...[...keys].map((key) => {
      const [old, new_] = [at(before, key), at(after, key)];
      const certainty = compared(old, new_, rest, replaced);
      // one more or one less is not the change of one
      return old === undefined || new_ === undefined ? Math.min(certainty, Certainty.MAYBE) : certainty;
    }),
  );
}

function keysOf(value: Json | undefined): string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function isIntrinsic(value: Json | undefined): boolean {
  const [key, ...more] = isMembers(value) ? Object.keys(value) : [];
  return key !== undefined && more.length === 0 && /^(Ref|Fn::.*)$/.test(key);
}

function differs(before: Json | undefined, after: Json | undefined, replaced: Replaced): Certainty {
  if (!same(before, after)) {
    return Certainty.YES;
  }
  return Math.max(Certainty.NO, ...referencesIn(after).map((address) => replaced.get(address) ?? Certainty.NO));
}

function firstReplaced(value: Json | undefined, replaced: Replaced): string | undefined {
  return referencesIn(value).find((address) => replaced.has(address));
}

/** Whether two values are the same to CloudFormation, for which `1` is `"1"` and the order of keys nothing. */
export function same(before: Json | undefined, after: Json | undefined): boolean {
  return comparable(before) === comparable(after);
}

function comparable(value: Json | undefined): string {
  return JSON.stringify(value === undefined ? null : inOrder(value), (_, member: unknown) =>
    typeof member === 'number' || typeof member === 'boolean' ? String(member) : member,
  );
}

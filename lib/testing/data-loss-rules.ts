import { type Json, type Members, at, brief, plain } from './json';

/** A change that CloudFormation makes in place, and that loses data or what guards it. */
export interface Loss {
  /** The property, its names joined by dots. */
  readonly property: string;
  /** What changes and what that does. */
  readonly reason: string;
  readonly remedy: string;
}

/** Compares the properties of a resource before and after. */
export type LossRule = (before: Members, after: Members, others: Others) => Loss[];

/** The properties of the other resources, by address, before and after. */
export interface Others {
  readonly before: Find;
  readonly after: Find;
}

/** Finds the properties of a resource by its address; none when it is in no template. */
export type Find = (address: string) => Members | undefined;

export const KEEP = 'keep the value, or acknowledge it when the data is not needed';

/** A loss when the number is less than it was; `unset` is what it means to have none. */
export function less(property: string, effect: string, unset: number = Number.POSITIVE_INFINITY): LossRule {
  return (before, after) => {
    const [old, new_] = [before, after].map((properties) => numberAt(properties, property, unset));
    return old !== undefined && new_ !== undefined && new_ < old ? [loss(property, { before, after, effect })] : [];
  };
}

/** A loss when what had the value has it no longer. */
export function noLonger(property: string, value: Json, effect: string): LossRule {
  return (before, after) => {
    const [old, new_] = [before, after].map((properties) => at(properties, ...property.split('.')));
    return plain(old) === plain(value) && plain(new_) !== plain(value)
      ? [loss(property, { before, after, effect })]
      : [];
  };
}

/** A loss when the value is set and was not. */
export function becomes(property: string, value: Json, effect: string): LossRule {
  return (before, after) => {
    const [old, new_] = [before, after].map((properties) => at(properties, ...property.split('.')));
    return plain(old) !== plain(value) && plain(new_) === plain(value)
      ? [loss(property, { before, after, effect })]
      : [];
  };
}

/** A loss when the value is another than it was; being set for the first time is none. */
export function changes(property: string, effect: string): LossRule {
  return (before, after) => {
    const [old, new_] = [before, after].map((properties) => JSON.stringify(at(properties, ...property.split('.'))));
    return old !== undefined && old !== new_ ? [loss(property, { before, after, effect })] : [];
  };
}

function numberAt(properties: Members, property: string, unset: number): number | undefined {
  const value = at(properties, ...property.split('.'));
  if (value === undefined || value === null) {
    return unset;
  }
  const number = typeof value === 'object' ? Number.NaN : Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function loss(property: string, change: { before: Members; after: Members; effect: string }): Loss {
  const [old, new_] = [change.before, change.after].map((properties) => brief(at(properties, ...property.split('.'))));
  return { property, reason: `goes from ${old} to ${new_}: ${change.effect}`, remedy: KEEP };
}

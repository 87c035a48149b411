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
export type LossRule = (before: Members, after: Members) => Loss[];

/** Configs that say how much is kept, on the volumes and in the cheaper tier, and those that say what happens to the rest. */
const RETENTION = /(^|(?<!local)\.)retention\.(ms|minutes|hours|bytes)$/;
const TIER = 'remote.storage.enable';
const CLEANUP = /(^|\.)cleanup\.policy$/;

const KEEP = 'keep the value, or acknowledge it when the data is not needed';

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

/**
 * A loss when Kafka keeps messages for a shorter time, or fewer of them: `property` holds configs, in Base64 or not, as
 * JSON or as lines.
 */
export function shorterKafkaRetention(property: string): LossRule {
  return (before, after) => {
    const [old, new_] = [before, after].map((properties) => kafkaConfigs(at(properties, property)));
    if (old === undefined || new_ === undefined) {
      return [];
    }
    const names = [...new Set([...Object.keys(old), ...Object.keys(new_)])];
    return [
      ...names.filter((name) => RETENTION.test(name) && amount(name, new_) < amount(name, old)),
      ...names.filter((name) => name === TIER && old[name] === 'true' && new_[name] !== 'true'),
      ...names.filter(
        (name) => CLEANUP.test(name) && cleanups(new_[name]).some((policy) => !cleanups(old[name]).includes(policy)),
      ),
    ].map((name) => ({
      property: `${property}.${name}`,
      reason: `goes from ${old[name] ?? 'the default'} to ${new_[name] ?? 'the default'}: messages are deleted`,
      remedy: KEEP,
    }));
  };
}

function cleanups(policy: string = 'delete'): string[] {
  return policy.split(',').map((name) => name.trim());
}

interface Configs {
  [name: string]: string;
}

function kafkaConfigs(value: Json | undefined): Configs | undefined {
  if (typeof value !== 'string') {
    return undefined;
  }
  const content = /^[A-Za-z0-9+/\s]+=*\s*$/.test(value) ? Buffer.from(value, 'base64').toString('utf8') : value;
  try {
    const json: Members = JSON.parse(content);
    return Object.fromEntries(Object.entries(json).map(([name, config]) => [name, plain(config)]));
  } catch {
    const lines = content.split(/\r?\n/).map((line) => line.split('=').map((part) => part.trim()));
    return Object.fromEntries(
      lines.flatMap(([name = '', ...rest]) => (rest.length === 0 ? [] : [[name, rest.join('=')]])),
    );
  }
}

/** How much is kept. Less than nothing is no limit, to Kafka; by default there is none for bytes; the rest is not known. */
function amount(name: string, configs: Configs): number {
  const value = configs[name];
  if (value === undefined) {
    return name.endsWith('bytes') ? Number.POSITIVE_INFINITY : Number.NaN;
  }
  return Number(value) < 0 ? Number.POSITIVE_INFINITY : Number(value);
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

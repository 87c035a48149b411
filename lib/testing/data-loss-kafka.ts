import { type Find, KEEP, type Loss, type LossRule } from './data-loss-rules';
import { referencesIn } from './flat-template';
import { type Json, type Members, at, plain } from './json';

/** Configs that say how much is kept, on the volumes and in the cheaper tier, and those that say what happens to the rest. */
const RETENTION = /(^|(?<!local)\.)retention\.(ms|minutes|hours|bytes)$/;
const TIER = 'remote.storage.enable';
const CLEANUP = /(^|\.)cleanup\.policy$/;

/** Configs that say how long is kept, with the milliseconds in their unit; of several Kafka heeds the first. */
const AGES: readonly [string, number][] = [
  ['retention.ms', 1],
  ['log.retention.ms', 1],
  ['log.retention.minutes', 60_000],
  ['log.retention.hours', 3_600_000],
];

/** How long brokers keep messages when nobody says anything. */
const SEVEN_DAYS = 604_800_000;

/** A loss when brokers keep messages for a shorter time, or fewer of them, in topics that say nothing else. */
export const shorterServerRetention: LossRule = (before, after) =>
  kafkaLosses('ServerProperties', { before, after, ages: { before: SEVEN_DAYS, after: SEVEN_DAYS } });

/** A loss when a topic keeps messages for a shorter time, or fewer of them; what it does not say is its cluster's to say. */
export const shorterTopicRetention: LossRule = (before, after, others) =>
  kafkaLosses('Configs', {
    before,
    after,
    ages: { before: ageOnCluster(before, others.before), after: ageOnCluster(after, others.after) },
  });

interface Change {
  readonly before: Members;
  readonly after: Members;
  /** How long is kept where nothing is said. */
  readonly ages: { readonly before: number; readonly after: number };
}

/** `property` holds configs, in Base64 or not, as JSON or as lines. */
function kafkaLosses(property: string, { before, after, ages }: Change): Loss[] {
  const [old, new_] = [before, after].map((properties) => kafkaConfigs(at(properties, property)));
  if (old === undefined || new_ === undefined) {
    return [];
  }
  const keepsLess = (name: string): boolean => {
    const [had, keeps] = [amount(name, old, ages.before), amount(name, new_, ages.after)];
    // an age that is not known may be more or less, and nothing is more than no limit
    return keeps < had || (isAge(name) && keeps !== Number.POSITIVE_INFINITY && !(keeps >= had));
  };
  const names = [...new Set([...Object.keys(old), ...Object.keys(new_)])].filter((name) => old[name] !== new_[name]);
  return [
    ...names.filter((name) => RETENTION.test(name) && keepsLess(name)),
    ...names.filter((name) => name === TIER && old[name] === 'true'),
    ...names.filter(
      (name) => CLEANUP.test(name) && cleanups(new_[name]).some((policy) => !cleanups(old[name]).includes(policy)),
    ),
  ].map((name) => ({
    property: `${property}.${name}`,
    reason: `goes from ${old[name] ?? 'the default'} to ${new_[name] ?? 'the default'}: messages ${old[name] === undefined || new_[name] === undefined ? 'may be' : 'are'} deleted`,
    remedy: KEEP,
  }));
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

function isAge(name: string): boolean {
  return AGES.some(([age]) => age === name);
}

/** How much is kept. Less than nothing is no limit, to Kafka; by default there is none for bytes; the rest is not known. */
function amount(name: string, configs: Configs, unset: number): number {
  if (isAge(name)) {
    return ageIn(configs, unset);
  }
  return limit(configs[name] ?? (name.endsWith('bytes') ? '-1' : 'unknown'));
}

function ageIn(configs: Configs, unset: number): number {
  const [name, unit] = AGES.find(([age]) => configs[age] !== undefined) ?? [];
  return name === undefined || unit === undefined ? unset : limit(configs[name] ?? '') * unit;
}

function limit(value: string): number {
  return Number(value) < 0 ? Number.POSITIVE_INFINITY : Number(value);
}

/** How long the cluster of a topic keeps messages, as far as it and its configuration are in the template. */
function ageOnCluster(topic: Members, find: Find): number {
  const cluster = referred(at(topic, 'ClusterArn'), find);
  const configuration = at(cluster, 'ConfigurationInfo', 'Arn');
  if (cluster === undefined || configuration === undefined) {
    return cluster === undefined ? Number.NaN : SEVEN_DAYS;
  }
  const configs = kafkaConfigs(referred(configuration, find)?.ServerProperties);
  return configs === undefined ? Number.NaN : ageIn(configs, SEVEN_DAYS);
}

function referred(value: Json | undefined, find: Find): Members | undefined {
  const [address] = referencesIn(value);
  return address === undefined ? undefined : find(address);
}

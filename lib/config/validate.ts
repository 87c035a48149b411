import * as logs from 'aws-cdk-lib/aws-logs';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { Zone } from '../contracts';
import { alertProblems, networkProblems } from '../foundation';
import { type Problem, didYouMean, failAll, problem } from '../private';
import { EmrRelease, InstanceArchitecture, sizingProblems } from '../processing';
import { StorageTier, lifecycleProblems, withDefaults } from '../storage';
import type { LakehouseConfig, ZoneStorageConfig } from './lakehouse-config';
import { alertPropsOf, batchPropsOf, lifecycleOf, networkPropsOf } from './resolve';
import { unknownMembers } from './members';

/** What a production environment needs at least. */
const PRODUCTION_ZONES = 3;

/** Throws everything that is wrong with the values of an environment, at once. */
export function validateConfig(config: LakehouseConfig): void {
  const problems = [
    ...unknownMembers(config),
    ...nameProblems(config),
    ...placeProblems(config),
    ...productionProblems(config),
    ...networkRules(config),
    ...storageRules(config),
    ...batchRules(config),
    ...sourceRules(config),
    ...within('alerts', alertProblems(alertPropsOf(config))),
  ];
  failAll(`environment '${config.environment}'`, problems.map(problem));
}

function nameProblems({ environment, namePrefix }: LakehouseConfig): Problem[] {
  return [
    ...unless(/^[a-z][a-z0-9]{1,15}$/.test(environment), {
      path: 'environment',
      must: '2 to 16 lower-case letters and digits, beginning with a letter',
      got: environment,
      remedy: 'it is part of database names, which Athena and Spark read without quotes',
    }),
    ...unless(namePrefix === undefined || /^[a-z][a-z0-9_]{0,31}$/.test(namePrefix), {
      path: 'namePrefix',
      must: 'at most 32 lower-case letters, digits and underscores, beginning with a letter',
      got: namePrefix,
      remedy: "leave it out for 'lakehouse'",
    }),
  ];
}

function placeProblems({ account, region, availabilityZones: zones }: LakehouseConfig): Problem[] {
  const foreign = zones.filter((zone) => !zone.startsWith(region) || zone === region);
  return [
    ...unless(/^[a-z]{2}(-[a-z]+)+-\d$/.test(region), {
      path: 'region',
      must: 'the name of an AWS region',
      got: region,
      remedy: "use a name such as 'eu-central-1'",
    }),
    ...unless(account === undefined || /^\d{12}$/.test(account), {
      path: 'account',
      must: '12 digits',
      got: account,
      remedy: 'take the account number from the console, as text, so that leading zeros stay',
    }),
    ...unless(foreign.length === 0, {
      path: 'availabilityZones',
      must: `zones of ${region}`,
      got: foreign,
      remedy: `use names such as '${region}a'`,
    }),
    ...unless(new Set(zones).size === zones.length, {
      path: 'availabilityZones',
      must: 'different zones',
      got: zones,
      remedy: 'name each zone once',
    }),
  ];
}

/** What an environment that people depend on must have; the others may. */
function productionProblems(config: LakehouseConfig): Problem[] {
  if (config.production !== true) {
    return [];
  }
  const { account, availabilityZones: zones, removalPolicy, network = {} } = config;
  return [
    ...unless(account !== undefined, {
      path: 'account',
      must: 'set in production',
      got: account,
      remedy: 'name the account, so that a deployment with credentials of another one is refused',
    }),
    ...unless(zones.length >= PRODUCTION_ZONES, {
      path: 'availabilityZones',
      must: `at least ${PRODUCTION_ZONES} zones in production`,
      got: zones,
      remedy: 'add zones: one can be lost, and Kafka keeps a majority of three',
    }),
    ...unless(removalPolicy !== RemovalPolicy.DESTROY, {
      path: 'removalPolicy',
      must: 'a policy that retains data in production',
      got: removalPolicy,
      remedy: 'leave it out',
    }),
    ...unless(network.natGateways === undefined || network.natGateways >= zones.length, {
      path: 'network.natGateways',
      must: `one per availability zone (${zones.length}) in production`,
      got: network.natGateways,
      remedy: 'leave it out: the loss of a zone must not cut the others off',
    }),
  ];
}

function networkRules(config: LakehouseConfig): Problem[] {
  const days = config.network?.flowLogRetentionDays;
  const allowed = Object.values(logs.RetentionDays).map(Number).filter(Number.isFinite);
  // The list of zones is at the top of the config, the rest is in its section.
  const problems = networkProblems(networkPropsOf(config)).map((found) =>
    found.path === 'availabilityZones' ? found : at(`network.${found.path}`, found),
  );
  return [
    ...problems,
    ...unless(days === undefined || allowed.includes(days), {
      path: 'network.flowLogRetentionDays',
      must: "one of CloudWatch's periods",
      got: days,
      remedy: `use one of ${allowed.filter((value) => value <= 400).join(', ')}`,
    }),
  ];
}

function storageRules({ storage = {} }: LakehouseConfig): Problem[] {
  const { landing, bronze, silver, gold, archive } = storage;
  const zones: { [name: string]: ZoneStorageConfig | undefined } = { landing, bronze, silver, gold, archive };
  return [
    ...Zone.all().flatMap((zone) => zoneRules(zone, zones[zone.name])),
    ...positiveDays('storage.logRetentionDays', storage.logRetentionDays),
  ];
}

function zoneRules(zone: Zone, values: ZoneStorageConfig | undefined): Problem[] {
  const path = `storage.${zone.name}`;
  const unknown = (values?.transitions ?? []).filter(({ tier }) => !StorageTier.names().includes(tier));
  const days = [
    ...(values?.transitions ?? []).flatMap(({ afterDays }, index) =>
      positiveDays(`${path}.transitions[${index}].afterDays`, afterDays),
    ),
    ...positiveDays(`${path}.expireAfterDays`, values?.expireAfterDays),
    ...positiveDays(`${path}.noncurrentExpireAfterDays`, values?.noncurrentExpireAfterDays),
  ];
  if (unknown.length > 0 || days.length > 0) {
    return [
      ...unknown.map(({ tier }) => unknownName(`${path}.transitions`, 'a storage tier', tier, StorageTier.names())),
      ...days,
    ];
  }
  // Settings in days have that in their names; the construct's do not.
  return lifecycleProblems(path, withDefaults(zone, lifecycleOf(values)), zone.holdsTables).map((found) =>
    at(found.path.replace(/after$/i, '$&Days'), found),
  );
}

function batchRules(config: LakehouseConfig): Problem[] {
  const { release, architecture } = config.batch ?? {};
  const architectures = InstanceArchitecture.names();
  const unknown = [
    ...(release === undefined || EmrRelease.knownLabels().includes(release)
      ? []
      : [unknownName('batch.release', 'a known EMR release', release, EmrRelease.knownLabels())]),
    ...(architecture === undefined || architectures.includes(architecture)
      ? []
      : [unknownName('batch.architecture', 'a known architecture', architecture, architectures)]),
  ];
  // The sizes do not depend on either, so they are checked as if both were left out when one is unknown.
  const known =
    unknown.length === 0
      ? config
      : { ...config, batch: { ...config.batch, release: undefined, architecture: undefined } };
  return [...unknown, ...within('batch', sizingProblems(batchPropsOf(known)))];
}

function sourceRules({ sources = [] }: LakehouseConfig): Problem[] {
  const names = sources.map(({ name }) => name);
  return [
    ...names
      .filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))
      .map((name) => ({
        path: 'sources.name',
        must: 'lower-case letters, digits and underscores, beginning with a letter',
        got: name,
        remedy: 'use the name that the contracts call the source by',
      })),
    ...unless(new Set(names).size === names.length, {
      path: 'sources',
      must: 'sources of different names',
      got: names,
      remedy: 'name each source once',
    }),
  ];
}

function unknownName(path: string, must: string, got: string, known: string[]): Problem {
  return { path, must, got, remedy: didYouMean(got, known) };
}

function positiveDays(path: string, days: number | undefined): Problem[] {
  return unless(days === undefined || (Number.isInteger(days) && days >= 1), {
    path,
    must: 'a whole number of days, at least 1',
    got: days,
    remedy: 'correct it or leave it out',
  });
}

function within(section: string, problems: Problem[]): Problem[] {
  return problems.map((found) => at(`${section}.${found.path}`, found));
}

/** The problem under another path. */
function at(path: string, found: Problem): Problem {
  return { ...found, path };
}

function unless(holds: boolean, otherwise: Problem): Problem[] {
  return holds ? [] : [otherwise];
}

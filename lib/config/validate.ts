import { RemovalPolicy, Token } from 'aws-cdk-lib/core';
import { type Problem, failAll, problem } from '../private';
import { arnRules } from './arns';
import type { LakehouseConfig } from './lakehouse-config';
import { oneOf, unless } from './problems';
import { ROOT, shapeProblems } from './shape';
import { tagRules } from './tags';
import {
  airflowRules,
  alertRules,
  athenaRules,
  batchRules,
  budgetRules,
  jobFlowRules,
  kafkaRules,
  lakeFormationRules,
  networkRules,
  observabilityRules,
  serverlessRules,
  sourceRules,
  storageRules,
  streamingRules,
} from './sections';

/** What a production environment needs at least. */
const PRODUCTION_ZONES = 3;

/** Throws everything that is wrong with the values of an environment, at once. */
export function validateConfig(config: LakehouseConfig): void {
  const misshapen = shapeProblems(config);
  // Rules read values, so they come when every value is what it should be; a setting there is not keeps none from that.
  const problems = misshapen.some(({ isUnknown }) => !isUnknown)
    ? misshapen
    : [...misshapen, ...RULES.flatMap((rules) => rules(config))];
  // From JavaScript and Python the name may be missing, and so may all of it.
  const isNameless = misshapen.some(({ path }) => path === ROOT || path === 'environment');
  failAll(isNameless ? 'the config' : `environment '${config.environment}'`, problems.map(problem));
}

/** In the order of the sections. */
const RULES: ((config: LakehouseConfig) => Problem[])[] = [
  nameProblems,
  placeProblems,
  productionProblems,
  networkRules,
  storageRules,
  alertRules,
  kafkaRules,
  streamingRules,
  batchRules,
  sourceRules,
  jobFlowRules,
  serverlessRules,
  airflowRules,
  athenaRules,
  lakeFormationRules,
  observabilityRules,
  budgetRules,
  arnRules,
  tagRules,
];

/** A snapshot there is of databases and disks only, and nothing here has one. */
const REMOVAL_POLICIES: string[] = [
  RemovalPolicy.DESTROY,
  RemovalPolicy.RETAIN,
  RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
];

function nameProblems({ environment, namePrefix, permissionsBoundary, removalPolicy }: LakehouseConfig): Problem[] {
  return [
    ...oneOf('removalPolicy', 'a removal policy that all data can have', removalPolicy, REMOVAL_POLICIES),
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
    ...unless(
      permissionsBoundary === undefined || /^arn:[\w-]+:iam::(\d{12}|aws):policy\/.+$/.test(permissionsBoundary),
      {
        path: 'permissionsBoundary',
        must: 'the ARN of a policy',
        got: permissionsBoundary,
        remedy: "use for example 'arn:aws:iam::123456789012:policy/Boundary'",
      },
    ),
  ];
}

function placeProblems({ account, region, availabilityZones: zones }: LakehouseConfig): Problem[] {
  if (Token.isUnresolved(region)) {
    // What zones and prices there are, and what a partition is called, all hang on it.
    const must = 'the name of an AWS region that is known at synth';
    return [
      { path: 'region', must, got: region, remedy: "write it, as 'eu-central-1': each region is a config of its own" },
    ];
  }
  // Local and Wavelength Zones have longer names, and neither Kafka nor Airflow.
  const foreign = zones.filter((zone) => !(zone.startsWith(region) && /^[a-z]$/.test(zone.slice(region.length))));
  return [
    ...unless(/^[a-z]{2,4}(-[a-z]+)+-\d+$/.test(region), {
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
  const { account, airflow, availabilityZones: zones, removalPolicy, network = {} } = config;
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
    ...unless(airflow?.size !== 'mw1.micro', {
      path: 'airflow.size',
      must: 'mw1.small or larger in production, because mw1.micro does not scale',
      got: airflow?.size,
      remedy: "use 'mw1.small'",
    }),
  ];
}

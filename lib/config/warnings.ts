import { Annotations, RemovalPolicy } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import type { DataContracts } from '../contracts';
import { didYouMean } from '../private';
import type { LakehouseConfig } from './lakehouse-config';
import { sourceSecretsOf } from './sections';

/**
 * What is legal and most often not meant.
 *
 * @internal
 */
export interface ConfigWarning {
  readonly id: string;
  readonly text: string;
}

/** What else the values of an environment meet. */
interface Surroundings {
  readonly contracts: DataContracts;
  readonly allowDestroy: boolean;
}

/**
 * Warns, beside the scope, of what is legal in the values of an environment and most often not meant.
 *
 * @internal
 */
export function warnOf(scope: IConstruct, config: LakehouseConfig, surroundings: Surroundings): void {
  for (const { id, text } of configWarnings(config, surroundings)) {
    Annotations.of(scope).addWarningV2(id, text);
  }
}

function configWarnings(config: LakehouseConfig, { contracts, allowDestroy }: Surroundings): ConfigWarning[] {
  return [
    ...keyWarnings(config, allowDestroy),
    ...sourceWarnings(config, contracts),
    ...streamWarnings(config, contracts),
    ...alertWarnings(config),
  ];
}

function keyWarnings({ removalPolicy }: LakehouseConfig, allowDestroy: boolean): ConfigWarning[] {
  if ((removalPolicy === RemovalPolicy.DESTROY) === allowDestroy) {
    return [];
  }
  const missing = allowDestroy ? "'removalPolicy: DESTROY' in the config" : "'allowDestroy' of the stack";
  const text = `data is retained, because only one of two keys is turned; the other one is ${missing}`;
  return [{ id: 'cdk-lakehouse:oneOfTwoKeys', text }];
}

/** Something else may subscribe to the topics; but an alarm that nobody hears is found out at the worst moment. */
function alertWarnings({ alerts = {}, production }: LakehouseConfig): ConfigWarning[] {
  if (production !== true || (alerts.criticalEmails ?? []).length > 0) {
    return [];
  }
  const text =
    "nobody is told of critical alerts by e-mail; name somebody in 'alerts.criticalEmails', or subscribe to the topic";
  return [{ id: 'cdk-lakehouse:nobodyIsTold', text }];
}

/** Others may load a dataset; but more often a name is missing or mistyped, and the load would find no secret. */
function sourceWarnings(config: LakehouseConfig, contracts: DataContracts): ConfigWarning[] {
  const known = Object.keys(sourceSecretsOf(config));
  const asked = new Set(contracts.all().flatMap(({ source }) => (source === undefined ? [] : [source.name])));
  return [...asked]
    .filter((name) => !known.includes(name))
    .map((name) => ({
      id: `cdk-lakehouse:unknownSource:${name}`,
      text: `contracts load from '${name}', which is not among the sources of the config; ${didYouMean(name, known)}`,
    }));
}

/** Others may read a topic, and a cluster may wait for its first stream; but both cost, or stay empty, until somebody looks. */
function streamWarnings({ streaming }: LakehouseConfig, contracts: DataContracts): ConfigWarning[] {
  const streams = contracts.streams().map(({ key }) => key);
  if (streams.length > 0 && streaming === undefined) {
    const text = `nothing fills ${streams.join(', ')}, because the config has no section 'streaming'; add it, and 'kafka'`;
    return [{ id: 'cdk-lakehouse:unreadStreams', text }];
  }
  if (streams.length === 0 && streaming !== undefined) {
    const text =
      "the streaming cluster has nothing to run, because no contract has a 'stream'; leave the section 'streaming' out";
    return [{ id: 'cdk-lakehouse:idleStreaming', text }];
  }
  return [];
}

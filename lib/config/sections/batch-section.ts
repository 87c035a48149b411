import { Duration } from 'aws-cdk-lib/core';
import type { Problem } from '../../private';
import { type BatchClusterProps, EmrRelease, InstanceArchitecture, sizingProblems } from '../../processing';
import type { LakehouseConfig } from '../lakehouse-config';
import { minutesWithin, oneOf, within } from '../problems';

/** Values for what runs Spark on EMR. */
export interface SparkConfig {
  /**
   * The label of the EMR release.
   *
   * @default 'emr-7.14.0'
   */
  readonly release?: string;

  /**
   * The processor architecture: x86_64 or arm64.
   *
   * @default 'x86_64'
   */
  readonly architecture?: string;
}

/** Values for a cluster with task nodes on Spot. One unit is 4 vCPUs. */
export interface SpotClusterConfig extends SparkConfig {
  /**
   * On-Demand units that run as long as the cluster does.
   *
   * @default 1
   */
  readonly coreUnits?: number;

  /**
   * Task units that may be added when there is work, on Spot but for onDemandTaskUnits of them.
   *
   * @default 2
   */
  readonly maxTaskUnits?: number;

  /**
   * How many of the task units are On-Demand. Managed scaling takes these first and Spot after them.
   *
   * @default 0
   */
  readonly onDemandTaskUnits?: number;

  /**
   * Minutes to try for Spot capacity, 5 to 1,440, before a cluster that starts falls back to On-Demand.
   *
   * @default 10
   */
  readonly spotTimeoutMinutes?: number;
}

/** Values for the batch cluster. */
export interface BatchConfig extends SpotClusterConfig {
  /**
   * How many steps run at once, 1 to 256.
   *
   * @default 1
   */
  readonly stepConcurrency?: number;
}

/**
 * The properties of the batch cluster that the values stand for.
 *
 * @internal
 */
export function batchPropsOf({ batch = {}, production }: LakehouseConfig): Omit<BatchClusterProps, 'vpc' | 'storage'> {
  return {
    ...runtimeOf(batch),
    coreUnits: batch.coreUnits,
    maxTaskUnits: batch.maxTaskUnits,
    onDemandTaskUnits: batch.onDemandTaskUnits,
    spotTimeout: minutes(batch.spotTimeoutMinutes),
    stepConcurrency: batch.stepConcurrency,
    terminationProtection: production,
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function batchRules(config: LakehouseConfig): Problem[] {
  const { batch } = config;
  if (batch === undefined) {
    return [];
  }
  return [
    ...clusterRules('batch', batch),
    ...within('batch', sizingProblems(batchPropsOf({ ...config, batch: sizesOf(batch) }))),
  ];
}

/**
 * What is wrong with what clusters have in common, but for their sizes.
 *
 * @internal
 */
export function clusterRules(section: string, cluster: SpotClusterConfig): Problem[] {
  const limits = { least: 5, most: 1440, usual: 10 };
  return [
    ...runtimeRules(section, cluster),
    ...minutesWithin(`${section}.spotTimeoutMinutes`, cluster.spotTimeoutMinutes, limits),
  ];
}

/**
 * A section without what has rules of its own, so that the sizes are checked whatever that is.
 *
 * @internal
 */
export function sizesOf<T extends SpotClusterConfig>(cluster: T): T {
  return { ...cluster, release: undefined, architecture: undefined, spotTimeoutMinutes: undefined };
}

/**
 * The release and architecture by their names.
 *
 * @internal
 */
export function runtimeOf({ release, architecture }: SparkConfig): {
  readonly release?: EmrRelease;
  readonly architecture?: InstanceArchitecture;
} {
  return {
    release: release === undefined ? undefined : EmrRelease.fromLabel(release),
    architecture: architecture === undefined ? undefined : InstanceArchitecture.fromName(architecture),
  };
}

/**
 * Names of releases and architectures that are none.
 *
 * @internal
 */
export function runtimeRules(section: string, { release, architecture }: SparkConfig): Problem[] {
  return [
    ...oneOf(`${section}.release`, 'a known EMR release', release, EmrRelease.knownLabels()),
    ...oneOf(`${section}.architecture`, 'a known architecture', architecture, InstanceArchitecture.names()),
  ];
}

/**
 * A time in minutes, where there is one.
 *
 * @internal
 */
export function minutes(count: number | undefined): Duration | undefined {
  return count === undefined ? undefined : Duration.minutes(count);
}

import type { Problem } from '../../private';
import { type StreamingClusterProps, streamingSizingProblems } from '../../processing';
import type { LakehouseConfig } from '../lakehouse-config';
import { unless, within } from '../problems';
import { type SparkConfig, runtimeOf, runtimeRules } from './batch-section';

/** Values for the cluster that streaming jobs run on, all On-Demand. One unit is 4 vCPUs. Needs the section `kafka`. */
export interface StreamingConfig extends SparkConfig {
  /**
   * Units that always run.
   *
   * @default 1
   */
  readonly coreUnits?: number;

  /**
   * Units at most, when jobs ask for more.
   *
   * @default - two more than the core units
   */
  readonly maxUnits?: number;

  /**
   * How often a job is started again before somebody is told.
   *
   * @default 5
   */
  readonly maxRestarts?: number;
}

/** How many steps run side by side where there are few jobs. */
const SIDE_BY_SIDE = 10;

/** The steps beside all jobs: a new version beside the old one of a job, and a part of a topic that is read again. */
const BESIDE_ALL = 2;

/** How many steps EMR runs at once. */
const MOST = 256;

/**
 * The properties of the streaming cluster that the values stand for, with room for all its jobs and a new version
 * of one beside them.
 *
 * @internal
 */
export function streamingPropsOf(
  { streaming = {}, production }: LakehouseConfig,
  jobs = 0,
): Omit<StreamingClusterProps, 'vpc' | 'storage'> {
  return {
    ...runtimeOf(streaming),
    coreUnits: streaming.coreUnits,
    maxUnits: streaming.maxUnits,
    stepConcurrency: Math.max(jobs, Math.min(jobs + BESIDE_ALL, MOST), SIDE_BY_SIDE),
    terminationProtection: production,
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function streamingRules(config: LakehouseConfig): Problem[] {
  const { streaming, kafka } = config;
  if (streaming === undefined) {
    return [];
  }
  const { maxRestarts: restarts = 5 } = streaming;
  const unknown = runtimeRules('streaming', streaming);
  const known =
    unknown.length === 0
      ? config
      : { ...config, streaming: { ...streaming, release: undefined, architecture: undefined } };
  return [
    ...unless(kafka !== undefined, {
      path: 'streaming',
      must: 'left out where there is no Kafka',
      got: streaming,
      remedy: "add the section 'kafka', whose topics the jobs read",
    }),
    ...unknown,
    ...within('streaming', streamingSizingProblems(streamingPropsOf(known))),
    ...unless(Number.isInteger(restarts) && restarts >= 0 && restarts <= 100, {
      path: 'streaming.maxRestarts',
      must: 'a whole number from 0 to 100',
      got: restarts,
      remedy: 'use 5',
    }),
  ];
}

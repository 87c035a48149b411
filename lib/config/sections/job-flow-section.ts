import type { Problem } from '../../private';
import { type BatchJobFlowProps, jobFlowProblems } from '../../processing';
import type { LakehouseConfig } from '../lakehouse-config';
import { within } from '../problems';
import { minutes, runtimeOf, runtimeRules } from './batch-section';

/** Values for the transient clusters that orchestration starts for heavy work. One unit is 4 vCPUs. */
export interface JobFlowConfig {
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

  /**
   * On-Demand units from the first to the last step.
   *
   * @default 1
   */
  readonly coreUnits?: number;

  /**
   * Task units at most, on Spot but for onDemandTaskUnits of them.
   *
   * @default 2
   */
  readonly maxTaskUnits?: number;

  /**
   * How many of the task units are On-Demand.
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

  /**
   * Minutes without work after which a cluster ends, 1 to 10,080; it ends with its last step in any case.
   *
   * @default 15
   */
  readonly idleMinutes?: number;
}

/**
 * The properties of the transient cluster that the values stand for.
 *
 * @internal
 */
export function jobFlowPropsOf(config: LakehouseConfig): Omit<BatchJobFlowProps, 'vpc' | 'storage'> {
  const { jobFlow = {} } = config;
  return {
    ...runtimeOf(jobFlow),
    coreUnits: jobFlow.coreUnits,
    maxTaskUnits: jobFlow.maxTaskUnits,
    onDemandTaskUnits: jobFlow.onDemandTaskUnits,
    spotTimeout: minutes(jobFlow.spotTimeoutMinutes),
    idleTimeout: minutes(jobFlow.idleMinutes),
    logRetention: config.observability?.logRetentionDays,
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function jobFlowRules(config: LakehouseConfig): Problem[] {
  const { jobFlow } = config;
  if (jobFlow === undefined) {
    return [];
  }
  const unknown = runtimeRules('jobFlow', jobFlow);
  const known =
    unknown.length === 0 ? config : { ...config, jobFlow: { ...jobFlow, release: undefined, architecture: undefined } };
  return [...unknown, ...within('jobFlow', jobFlowProblems(jobFlowPropsOf(known)))];
}

import type { Problem } from '../../private';
import { type BatchJobFlowProps, jobFlowProblems } from '../../processing';
import type { LakehouseConfig } from '../lakehouse-config';
import { IDLE_MINUTES, minutesWithin, within } from '../problems';
import { type SpotClusterConfig, clusterRules, minutes, runtimeOf, sizesOf } from './batch-section';

/** Values for the transient clusters that orchestration starts for heavy work. One unit is 4 vCPUs. */
export interface JobFlowConfig extends SpotClusterConfig {
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
  const sizes = { ...sizesOf(jobFlow), idleMinutes: undefined };
  return [
    ...clusterRules('jobFlow', jobFlow),
    ...minutesWithin('jobFlow.idleMinutes', jobFlow.idleMinutes, IDLE_MINUTES),
    ...within('jobFlow', jobFlowProblems(jobFlowPropsOf({ ...config, jobFlow: sizes }))),
  ];
}

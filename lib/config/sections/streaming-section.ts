import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { unless } from '../problems';

/** Values for the cluster that streaming jobs run on, all On-Demand. One unit is 4 vCPUs. Needs the section `kafka`. */
export interface StreamingConfig {
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
   * Units that always run.
   *
   * @default 1
   */
  readonly coreUnits?: number;

  /**
   * Units at most, when jobs ask for more.
   *
   * @default - twice the core units
   */
  readonly maxUnits?: number;

  /**
   * How often a job is started again before somebody is told.
   *
   * @default 5
   */
  readonly maxRestarts?: number;
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function streamingRules({ streaming, kafka }: LakehouseConfig): Problem[] {
  return unless(streaming === undefined || kafka !== undefined, {
    path: 'streaming',
    must: 'left out where there is no Kafka',
    got: streaming,
    remedy: "add the section 'kafka', whose topics the jobs read",
  });
}

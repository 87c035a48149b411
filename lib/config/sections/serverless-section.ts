import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';

/** Values for EMR Serverless, which ad-hoc Spark jobs run on. */
export interface ServerlessConfig {
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
   * vCPUs of all jobs together at most. A new account may use 16.
   *
   * @default 16
   */
  readonly maxVcpus?: number;

  /**
   * Minutes without work after which the application stops, 1 to 10,080.
   *
   * @default 15
   */
  readonly idleMinutes?: number;
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function serverlessRules(_config: LakehouseConfig): Problem[] {
  return [];
}

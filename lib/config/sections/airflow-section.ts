import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';

/** Values for Airflow, on Amazon MWAA. */
export interface AirflowConfig {
  /**
   * The version of Airflow.
   *
   * @default '3.0.6'
   */
  readonly version?: string;

  /**
   * The size of the environment: micro, small, medium, large, xlarge or 2xlarge.
   *
   * @default 'small'
   */
  readonly size?: string;

  /**
   * Workers that always run.
   *
   * @default 1
   */
  readonly minWorkers?: number;

  /**
   * Workers at most, when there is work.
   *
   * @default - 2, and 1 for micro, which does not scale
   */
  readonly maxWorkers?: number;

  /**
   * How many schedulers there are.
   *
   * @default - 2, and 1 for micro
   */
  readonly schedulers?: number;

  /**
   * Where the web interface can be reached from: PRIVATE_ONLY (the network) or PUBLIC_ONLY (anywhere, with a sign-in).
   *
   * @default 'PRIVATE_ONLY'
   */
  readonly webserverAccess?: string;
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function airflowRules(_config: LakehouseConfig): Problem[] {
  return [];
}

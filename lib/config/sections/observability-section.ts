import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { logRetention } from './network-section';

/** Values for alarms and dashboards. */
export interface ObservabilityConfig {
  /**
   * The address of the runbook that alarms point to; `#` and a section follow.
   *
   * @default 'docs/operations/runbook.md'
   */
  readonly runbook?: string;

  /**
   * Days that the logs of supervisors and orchestration are kept; one of CloudWatch's periods.
   *
   * @default 90
   */
  readonly logRetentionDays?: number;
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function observabilityRules({ observability = {} }: LakehouseConfig): Problem[] {
  return logRetention('observability.logRetentionDays', observability.logRetentionDays);
}

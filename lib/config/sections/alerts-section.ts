import { type AlertTopicsProps, alertProblems } from '../../foundation';
import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { within } from '../problems';

/** Who is told. */
export interface AlertsConfig {
  /**
   * The addresses that get critical alerts.
   *
   * @default - nobody
   */
  readonly criticalEmails?: string[];

  /**
   * The addresses that get warnings.
   *
   * @default - nobody
   */
  readonly warningEmails?: string[];
}

/**
 * The properties of the topics that the values stand for.
 *
 * @internal
 */
export function alertPropsOf({ alerts = {} }: LakehouseConfig): Omit<AlertTopicsProps, 'encryptionKey'> {
  return { criticalEmails: alerts.criticalEmails, warningEmails: alerts.warningEmails };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function alertRules(config: LakehouseConfig): Problem[] {
  return within('alerts', alertProblems(alertPropsOf(config)));
}

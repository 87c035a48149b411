import { Duration, Size } from 'aws-cdk-lib/core';
import type { AthenaWorkgroupProps } from '../../consumption';
import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { positiveDays, unless } from '../problems';

/** Values for the Athena workgroup, which ad-hoc queries run in. */
export interface AthenaConfig {
  /**
   * GiB that one query may scan before it is stopped.
   *
   * @default 100
   */
  readonly scanLimitGib?: number;

  /**
   * Days that results are kept.
   *
   * @default 30
   */
  readonly resultRetentionDays?: number;
}

/**
 * The properties of the workgroup that the values stand for.
 *
 * @internal
 */
export function athenaPropsOf({ athena = {} }: LakehouseConfig): Omit<AthenaWorkgroupProps, 'results'> {
  const { scanLimitGib, resultRetentionDays } = athena;
  return {
    scanLimit: scanLimitGib === undefined ? undefined : Size.gibibytes(scanLimitGib),
    resultRetention: resultRetentionDays === undefined ? undefined : Duration.days(resultRetentionDays),
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function athenaRules({ athena = {} }: LakehouseConfig): Problem[] {
  const { scanLimitGib: got } = athena;
  return [
    ...unless(got === undefined || (Number.isInteger(got) && got >= 1), {
      path: 'athena.scanLimitGib',
      must: 'a whole number of GiB, at least 1',
      got,
      remedy: 'correct it or leave it out',
    }),
    ...positiveDays('athena.resultRetentionDays', athena.resultRetentionDays),
  ];
}

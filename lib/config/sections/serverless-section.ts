import type { Problem } from '../../private';
import { type ServerlessSparkProps, serverlessProblems } from '../../processing';
import type { LakehouseConfig } from '../lakehouse-config';
import { IDLE_MINUTES, minutesWithin, within } from '../problems';
import { type SparkConfig, minutes, runtimeOf, runtimeRules } from './batch-section';

/** Values for EMR Serverless, which ad-hoc Spark jobs run on. */
export interface ServerlessConfig extends SparkConfig {
  /**
   * vCPUs of all jobs together at most: a multiple of 4, 8 at least. A new account may use 16.
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
 * The properties of the application that the values stand for.
 *
 * @internal
 */
export function serverlessPropsOf(config: LakehouseConfig): Omit<ServerlessSparkProps, 'vpc' | 'storage'> {
  const { serverless = {} } = config;
  return {
    ...runtimeOf(serverless),
    maxVcpus: serverless.maxVcpus,
    idleTimeout: minutes(serverless.idleMinutes),
    logRetention: config.observability?.logRetentionDays,
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function serverlessRules({ serverless }: LakehouseConfig): Problem[] {
  if (serverless === undefined) {
    return [];
  }
  const { maxVcpus, idleMinutes } = serverless;
  return [
    ...runtimeRules('serverless', serverless),
    ...minutesWithin('serverless.idleMinutes', idleMinutes, IDLE_MINUTES),
    ...within('serverless', serverlessProblems({ maxVcpus })),
  ];
}

import {
  type AirflowEnvironmentProps,
  AirflowSize,
  AirflowVersion,
  WebserverAccess,
  airflowProblems,
} from '../../orchestration';
import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { oneOf, unless, within } from '../problems';

/** Values for Airflow, on Amazon MWAA. */
export interface AirflowConfig {
  /**
   * The version of Airflow.
   *
   * @default '3.0.6'
   */
  readonly version?: string;

  /**
   * The environment class: mw1.micro, mw1.small, mw1.medium, mw1.large, mw1.xlarge or mw1.2xlarge.
   *
   * @default 'mw1.small'
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
   * @default - 10, and 1 for mw1.micro, which does not scale
   */
  readonly maxWorkers?: number;

  /**
   * How many schedulers there are.
   *
   * @default - 2, and 1 for mw1.micro
   */
  readonly schedulers?: number;

  /**
   * Where the web interface can be reached from: PRIVATE_ONLY (the network), PUBLIC_ONLY (anywhere, with a
   * sign-in) or PUBLIC_AND_PRIVATE (both).
   *
   * @default 'PRIVATE_ONLY'
   */
  readonly webserverAccess?: string;
}

/**
 * The properties of the environment that the values stand for.
 *
 * @internal
 */
export function airflowPropsOf(config: LakehouseConfig): Omit<AirflowEnvironmentProps, 'vpc' | 'dags'> {
  const { airflow = {}, environment, observability } = config;
  return {
    version: airflow.version === undefined ? undefined : AirflowVersion.fromName(airflow.version),
    size: airflow.size === undefined ? undefined : AirflowSize.fromName(airflow.size),
    minWorkers: airflow.minWorkers,
    maxWorkers: airflow.maxWorkers,
    schedulers: airflow.schedulers,
    access: ACCESS.find((known) => known === airflow.webserverAccess),
    // By this the DAGs find the runtime parameter.
    airflowConfiguration: { 'lakehouse.environment': environment },
    logRetention: observability?.logRetentionDays,
  };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function airflowRules(config: LakehouseConfig): Problem[] {
  const { airflow, availabilityZones: zones } = config;
  if (airflow === undefined) {
    return [];
  }
  const unknown = [
    ...oneOf('airflow.version', 'a known version of Airflow', airflow.version, AirflowVersion.knownVersions()),
    ...oneOf('airflow.size', 'a known size', airflow.size, AirflowSize.knownNames()),
    ...oneOf('airflow.webserverAccess', 'a known kind of access', airflow.webserverAccess, ACCESS),
  ];
  return [
    ...unless(zones.length >= 2, {
      path: 'availabilityZones',
      must: 'at least 2 zones where there is Airflow',
      got: zones,
      remedy: 'add a zone, or leave the section out',
    }),
    // How many there may be depends on the size, so they are checked when that is known.
    ...(unknown.length > 0 ? unknown : within('airflow', airflowProblems(airflowPropsOf(config)).map(inNames))),
  ];
}

const ACCESS = Object.values(WebserverAccess);

/** The construct speaks of its sizes as code, and the config names them. */
function inNames({ path, must, got, remedy }: Problem): Problem {
  return { path, must, got, remedy: remedy.replace('AirflowSize.SMALL', `'${AirflowSize.SMALL.environmentClass}'`) };
}

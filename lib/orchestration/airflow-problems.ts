import { Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';
import { WebserverAccess } from './airflow-access';
import { AirflowSize } from './airflow-size';
import { AirflowVersion } from './airflow-version';

/** What says how an environment is, without where it is. */
export interface AirflowSizing {
  readonly version?: AirflowVersion;
  readonly size?: AirflowSize;
  readonly minWorkers?: number;
  readonly maxWorkers?: number;
  readonly schedulers?: number;
  readonly minWebservers?: number;
  readonly maxWebservers?: number;
  readonly access?: WebserverAccess;
  readonly airflowConfiguration?: { [option: string]: string };
  readonly weeklyMaintenanceWindowStart?: string;
  readonly environmentName?: string;
}

/** How many there are of everything in an environment. */
export interface AirflowCounts {
  readonly minWorkers: number;
  readonly maxWorkers: number;
  readonly schedulers: number;
  readonly minWebservers: number;
  readonly maxWebservers: number;
}

/** The most workers of an environment, without a higher quota. */
const MOST_WORKERS = 25;

/** The longest name of an environment. */
export const NAME_LIMIT = 80;

/** The counts with their defaults, which are those of MWAA. */
export function countsOf(sizing: AirflowSizing): AirflowCounts {
  const { scales } = sizing.size ?? AirflowSize.SMALL;
  const minWorkers = sizing.minWorkers ?? 1;
  const minWebservers = sizing.minWebservers ?? (scales ? 2 : 1);
  return {
    minWorkers,
    maxWorkers: sizing.maxWorkers ?? (scales ? Math.max(10, minWorkers) : 1),
    schedulers: sizing.schedulers ?? (scales ? 2 : 1),
    minWebservers,
    maxWebservers: sizing.maxWebservers ?? (scales ? Math.max(2, minWebservers) : 1),
  };
}

/**
 * All that MWAA would refuse in an environment, or ignore.
 *
 * @internal
 */
export function airflowProblems(sizing: AirflowSizing): Problem[] {
  return [
    ...countProblems(sizing),
    ...accessProblems(sizing),
    ...textProblems(sizing),
    ...Object.entries(sizing.airflowConfiguration ?? {}).flatMap(([option, value]) => optionProblems(option, value)),
  ];
}

function countProblems(sizing: AirflowSizing): Problem[] {
  const { environmentClass, scales } = sizing.size ?? AirflowSize.SMALL;
  const counts = countsOf(sizing);
  const limits = {
    minWorkers: scales ? [1, MOST_WORKERS] : [1, 1],
    maxWorkers: scales ? [1, MOST_WORKERS] : [1, 1],
    schedulers: scales ? [2, 5] : [1, 1],
    minWebservers: scales ? [2, 5] : [1, 1],
    maxWebservers: scales ? [2, 5] : [1, 1],
  };
  const problems: Problem[] = [];
  const check = (path: keyof AirflowCounts, [least = 0, most = 0]: number[]): void => {
    const got = counts[path];
    if (!Token.isUnresolved(got) && !(Number.isInteger(got) && got >= least && got <= most)) {
      const must = least === most ? `${most} on ${environmentClass}` : `${least} to ${most} on ${environmentClass}`;
      const remedy = scales ? `use a number from ${least} to ${most}` : 'leave it out, or choose AirflowSize.SMALL';
      problems.push({ path, must, got, remedy });
    }
  };
  check('minWorkers', limits.minWorkers);
  check('maxWorkers', limits.maxWorkers);
  check('schedulers', limits.schedulers);
  check('minWebservers', limits.minWebservers);
  check('maxWebservers', limits.maxWebservers);
  const order = (least: keyof AirflowCounts, most: keyof AirflowCounts): void => {
    if (!Token.isUnresolved(counts[least]) && !Token.isUnresolved(counts[most]) && counts[least] > counts[most]) {
      const remedy = `raise ${most} or lower ${least}`;
      problems.push({ path: least, must: `at most ${most}, ${counts[most]}`, got: counts[least], remedy });
    }
  };
  order('minWorkers', 'maxWorkers');
  order('minWebservers', 'maxWebservers');
  return problems;
}

function accessProblems({ access, version = AirflowVersion.V3_0_6 }: AirflowSizing): Problem[] {
  return access === WebserverAccess.PUBLIC_AND_PRIVATE && version._isAtLeast(3, 2) === false
    ? [
        {
          path: 'access',
          must: `PRIVATE_ONLY or PUBLIC_ONLY on Airflow ${version.version}`,
          got: access,
          remedy: 'choose Airflow 3.2 or later, or one of the two',
        },
      ]
    : [];
}

function textProblems({ weeklyMaintenanceWindowStart: window, environmentName: name }: AirflowSizing): Problem[] {
  const problems: Problem[] = [];
  if (
    window !== undefined &&
    !Token.isUnresolved(window) &&
    !/^(MON|TUE|WED|THU|FRI|SAT|SUN):([01]\d|2[0-3]):(00|30)$/.test(window)
  ) {
    problems.push({
      path: 'weeklyMaintenanceWindowStart',
      must: 'a day and a half hour in UTC',
      got: window,
      remedy: "use one such as 'SUN:03:30'",
    });
  }
  if (name !== undefined && !Token.isUnresolved(name) && !/^[a-zA-Z][0-9a-zA-Z_-]{0,79}$/.test(name)) {
    problems.push({
      path: 'environmentName',
      must: `1 to ${NAME_LIMIT} letters, digits, hyphens and underscores, a letter first`,
      got: name,
      remedy: 'leave it out to get one',
    });
  }
  return problems;
}

/** The metrics options that MWAA takes; it sets the others itself. */
const METRICS = new Set(['statsd_on', 'metrics_block_list', 'metrics_allow_list']);

/** What MWAA sets itself, whatever the environment says. */
const FIXED_OPTIONS = new Set([
  'api.secret_key',
  'api_auth.jwt_algorithm',
  'api_auth.jwt_secret',
  'celery.broker_url',
  'celery.celery_config_options',
  'celery.result_backend',
  'celery.worker_enable_remote_control',
  'celery_broker_transport_options.visibility_timeout',
  'core.auth_manager',
  'core.execution_api_server_url',
  'core.executor',
  'core.fernet_key',
  'core.load_examples',
  'database.sql_alchemy_conn',
  'execution_api.jwt_expiration_time',
  'fab.config_file',
  'logging.colored_console_log',
  'logging.logging_config_class',
  'operators.default_queue',
  'scheduler.standalone_dag_processor',
]);

/**
 * An option that is not one, or that has no effect.
 *
 * Which options MWAA sets itself is in the source of its images.
 *
 * @see https://github.com/aws/amazon-mwaa-docker-images
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-env-variables.html
 */
function optionProblems(option: string, value: string): Problem[] {
  const path = `airflowConfiguration.${option}`;
  const [section = '', name = ''] = option.split('.');
  if (!/^[a-z][a-z0-9_]*\.[a-z0-9_]*[a-z0-9]$/.test(option) || option.length > 64) {
    const must = 'a section and an option of lower case letters, digits and underscores, at most 64 characters';
    return [{ path, must, got: option, remedy: "use one such as 'core.parallelism'" }];
  }
  if (option === 'celery.worker_concurrency') {
    const remedy = "set 'celery.worker_autoscale', '<most>,<least>' tasks of a worker";
    return [{ path, must: 'an option that MWAA heeds', got: value, remedy }];
  }
  if (FIXED_OPTIONS.has(option) || (section === 'metrics' && !METRICS.has(name))) {
    return [{ path, must: 'an option that MWAA does not set itself', got: value, remedy: 'leave it out' }];
  }
  return Token.isUnresolved(value) || /^[ -~]{1,65536}$/.test(value)
    ? []
    : [
        {
          path,
          must: '1 to 65,536 printable ASCII characters',
          got: value,
          remedy: 'leave out an option without value',
        },
      ];
}

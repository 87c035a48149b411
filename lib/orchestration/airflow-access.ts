/**
 * From where the web interface of an environment can be reached. Whoever reaches it still has to sign in with IAM.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-networking.html
 */
export enum WebserverAccess {
  /** From the network of the environment only. */
  PRIVATE_ONLY = 'PRIVATE_ONLY',
  /** From the internet. */
  PUBLIC_ONLY = 'PUBLIC_ONLY',
  /** From both; takes Airflow 3.2 or later. */
  PUBLIC_AND_PRIVATE = 'PUBLIC_AND_PRIVATE',
}

/** How detailed the logs of an environment are. */
export enum AirflowLogLevel {
  /** All that Airflow tells. */
  DEBUG = 'DEBUG',
  /** What happens, and all that is worse. */
  INFO = 'INFO',
  /** What looks wrong, and all that is worse. */
  WARNING = 'WARNING',
  /** What failed, and all that is worse. */
  ERROR = 'ERROR',
  /** What stopped a component. */
  CRITICAL = 'CRITICAL',
}

/**
 * What happens to running tasks when an update replaces the workers.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/API/API_UpdateEnvironment.html
 */
export enum WorkerReplacement {
  /** They are stopped, and tried again. */
  FORCED = 'FORCED',
  /** They get up to twelve hours to finish. */
  GRACEFUL = 'GRACEFUL',
}

/**
 * A role inside Airflow that MWAA maps IAM principals to.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/access-policies.html
 */
export enum AirflowRole {
  /** Looks at DAGs, runs and logs. */
  VIEWER = 'Viewer',
  /** Also triggers, clears and pauses. */
  USER = 'User',
  /** Also changes connections, pools and variables. */
  OP = 'Op',
  /** Everything. */
  ADMIN = 'Admin',
}

/** A part of an environment that has containers of its own. */
export enum AirflowComponent {
  /** The schedulers. */
  SCHEDULER = 'Scheduler',
  /** The worker that is always there. */
  BASE_WORKER = 'BaseWorker',
  /** The workers that come with load. */
  ADDITIONAL_WORKER = 'AdditionalWorker',
  /** The web servers. */
  WEBSERVER = 'WebServer',
}

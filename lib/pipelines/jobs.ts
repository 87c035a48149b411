import * as path from 'node:path';

const WORKLOADS = path.resolve(__dirname, '..', '..', 'workloads');

/** The jobs that ship with this package, from sources and from what jsii compiles. */
export const JOBS = path.join(WORKLOADS, 'jobs');

/** The file that Spark runs, whatever the job. */
export const JOBS_ENTRY_POINT = path.join(JOBS, 'main.py');

/** The lock of the jars that reading Kafka takes. */
export const STREAM_JARS = path.join(WORKLOADS, 'stream-jars.lock.json');

/** The dbt project that ships with this package. */
export const DBT_PROJECT = path.join(WORKLOADS, 'dbt');

/** The lock of the Python packages that running it takes. */
export const DBT_LOCK = path.join(WORKLOADS, 'python', 'dbt.lock');

/** The lock of the Python packages that the check of data quality takes. */
export const QUALITY_LOCK = path.join(WORKLOADS, 'python', 'quality.lock');

/** The DAGs that ship with this package; they need no more than MWAA has. */
export const DAGS = path.join(WORKLOADS, 'dags');

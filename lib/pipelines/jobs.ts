import * as path from 'node:path';

const WORKLOADS = path.resolve(__dirname, '..', '..', 'workloads');

/** The jobs that ship with this package, from sources and from what jsii compiles. */
export const JOBS = path.join(WORKLOADS, 'jobs');

/** The file that Spark runs, whatever the job. */
export const JOBS_ENTRY_POINT = path.join(JOBS, 'main.py');

/** The lock of the jars that reading Kafka takes. */
export const STREAM_JARS = path.join(WORKLOADS, 'stream-jars.lock.json');

/** The DAGs that ship with this package. */
export const DAGS = path.join(WORKLOADS, 'dags');

/** What the DAGs need beside what MWAA has. */
export const DAG_REQUIREMENTS = path.join(DAGS, 'requirements.txt');

import * as path from 'node:path';

/** The jobs that ship with this package, from sources and from what jsii compiles. */
export const JOBS = path.resolve(__dirname, '..', '..', 'workloads', 'jobs');

/** The file that Spark runs, whatever the job. */
export const JOBS_ENTRY_POINT = path.join(JOBS, 'main.py');

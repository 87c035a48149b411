export * from './airflow-access';
export * from './airflow-environment';
export * from './airflow-environment-base';
export * from './airflow-environment-grants';
export { airflowProblems } from './airflow-problems';
export * from './airflow-size';
export * from './airflow-version';
export * from './dag-bundle';

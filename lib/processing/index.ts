export * from './batch-cluster';
export * from './emr-release';
export * from './instance-architecture';
export * from './spark-application';
export * from './spark-dependencies';
export * from './transit-certificates';

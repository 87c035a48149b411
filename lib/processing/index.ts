export * from './batch-cluster';
export * from './cluster-options';
export * from './emr-release';
export * from './instance-architecture';
export * from './spark-application';
export * from './spark-cluster';
export * from './spark-dependencies';
export * from './transit-certificates';

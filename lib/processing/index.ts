export { BatchCluster, type BatchClusterAttributes, type BatchClusterProps, type IBatchCluster } from './batch-cluster';
export type { TransitCertificates } from './cluster-security';
export { EmrRelease, type EmrRuntime } from './emr-release';
export { InstanceArchitecture } from './instance-architecture';
export { SparkApplication, type SparkApplicationOptions, type SparkApplicationProps } from './spark-application';
export { SparkDependencies, type SparkDependenciesProps } from './spark-dependencies';

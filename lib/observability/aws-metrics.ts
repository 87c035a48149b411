/**
 * What a metric counts, which says what may be asked of it: the sum of a level means nothing, nor does the maximum of events.
 */
export enum MetricKind {
  /** A state at a moment, for example how full a disk is. */
  LEVEL = 'level',
  /** How often something happened since the last value. */
  EVENTS = 'events',
  /** How often something has happened since a start: only its growth is news. */
  TOTAL = 'total',
  /** How long something took. */
  DURATION = 'duration',
}

/** Metrics of one namespace with the same dimensions, unit and kind. */
export interface AwsMetricGroup {
  readonly dimensions: string[];
  readonly unit: string;
  readonly kind: MetricKind;
  readonly names: string[];
}

/** The metrics of one namespace that are used here. */
export interface AwsNamespace {
  /** The page of AWS that documents them. */
  readonly page: string;
  readonly groups: AwsMetricGroup[];
}

const { LEVEL, EVENTS, TOTAL, DURATION } = MetricKind;

const BROKER = ['Cluster Name', 'Broker ID'];
const LAG = ['Cluster Name', 'Consumer Group', 'Topic'];
const REQUESTS = ['BucketName', 'FilterId'];
const SERVERLESS = ['ApplicationId', 'ApplicationName'];
const QUERIES = ['QueryState', 'QueryType', 'WorkGroup'];

/**
 * The metrics of AWS that watches use, as AWS documents them: namespace, exact dimensions, unit. A clear name that AWS does
 * not know makes an alarm that never fires, so a metric that is not here is not used here, and a test holds every alarm and
 * every widget against this list.
 *
 * It is a file of the library, not a contract: jobs emit none of these metrics and need no copy of it.
 *
 * @internal
 */
export const AWS_METRICS: { [namespace: string]: AwsNamespace } = {
  // Clusters with KRaft have no ZooKeeper metrics.
  'AWS/Kafka': {
    page: 'https://docs.aws.amazon.com/msk/latest/developerguide/metrics-details.html',
    groups: [
      {
        dimensions: ['Cluster Name'],
        unit: 'Count',
        kind: LEVEL,
        names: ['ActiveControllerCount', 'GlobalPartitionCount', 'GlobalTopicCount', 'OfflinePartitionsCount'],
      },
      { dimensions: ['Cluster Name'], unit: 'Percent', kind: LEVEL, names: ['KafkaDataLogsDiskUsed'] },
      {
        dimensions: BROKER,
        unit: 'Percent',
        kind: LEVEL,
        names: ['CpuIdle', 'CpuSystem', 'CpuUser', 'HeapMemoryAfterGC', 'KafkaDataLogsDiskUsed', 'RootDiskUsed'],
      },
      {
        dimensions: BROKER,
        unit: 'Count',
        kind: LEVEL,
        names: [
          'ConnectionCount',
          'LeaderCount',
          'PartitionCount',
          'UnderMinIsrPartitionCount',
          'UnderReplicatedPartitions',
        ],
      },
      // From the monitoring level PER_BROKER on.
      {
        dimensions: BROKER,
        unit: 'Count',
        kind: LEVEL,
        names: ['FetchThrottleQueueSize', 'ProduceThrottleQueueSize', 'RequestThrottleQueueSize'],
      },
      { dimensions: BROKER, unit: 'Count', kind: EVENTS, names: ['TrafficShaping'] },
      { dimensions: BROKER, unit: 'Count/Second', kind: LEVEL, names: ['MessagesInPerSec'] },
      { dimensions: BROKER, unit: 'Bytes/Second', kind: LEVEL, names: ['BytesInPerSec', 'BytesOutPerSec'] },
      { dimensions: LAG, unit: 'Count', kind: LEVEL, names: ['MaxOffsetLag', 'SumOffsetLag'] },
      { dimensions: LAG, unit: 'Seconds', kind: LEVEL, names: ['EstimatedMaxTimeLag'] },
    ],
  },
  'AWS/ElasticMapReduce': {
    page: 'https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_ViewingMetrics.html',
    groups: [
      { dimensions: ['JobFlowId'], unit: 'Count', kind: TOTAL, names: ['AppsCompleted', 'AppsFailed', 'AppsKilled'] },
      {
        dimensions: ['JobFlowId'],
        unit: 'Count',
        kind: LEVEL,
        names: [
          'AppsPending',
          'AppsRunning',
          'ContainerPending',
          'CoreNodesRunning',
          'MissingBlocks',
          'MRActiveNodes',
          'MRLostNodes',
          'MRTotalNodes',
          'MRUnhealthyNodes',
          'TaskNodesRunning',
        ],
      },
      // A boolean is a count of one.
      { dimensions: ['JobFlowId'], unit: 'Count', kind: LEVEL, names: ['IsIdle'] },
      {
        dimensions: ['JobFlowId'],
        unit: 'Percent',
        kind: LEVEL,
        names: ['HDFSUtilization', 'LiveDataNodes', 'YARNMemoryAvailablePercentage'],
      },
    ],
  },
  // With ApplicationName as EMR 7.10 and later have it; the metrics of before get no more values.
  'AWS/EMRServerless': {
    page: 'https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/app-job-metrics.html',
    groups: [
      {
        dimensions: SERVERLESS,
        unit: 'Count',
        kind: LEVEL,
        names: ['FailedJobs', 'PendingJobs', 'RunningJobs', 'SubmittedJobs', 'SuccessJobs'],
      },
      { dimensions: SERVERLESS, unit: 'Count', kind: LEVEL, names: ['MaxCPUAllowed'] },
      { dimensions: SERVERLESS, unit: 'Gigabytes', kind: LEVEL, names: ['MaxMemoryAllowed'] },
    ],
  },
  AmazonMWAA: {
    page: 'https://docs.aws.amazon.com/mwaa/latest/userguide/access-metrics-cw.html',
    groups: [
      { dimensions: ['Function', 'Environment'], unit: 'Count', kind: EVENTS, names: ['SchedulerHeartbeat'] },
      {
        dimensions: ['Function', 'Environment'],
        unit: 'Count',
        kind: LEVEL,
        names: ['ImportErrors', 'OpenSlots', 'QueuedTasks', 'RunningTasks', 'TasksStarving'],
      },
      { dimensions: ['Function', 'Environment'], unit: 'Seconds', kind: DURATION, names: ['TotalParseTime'] },
      {
        dimensions: ['DAG', 'Environment'],
        unit: 'Milliseconds',
        kind: DURATION,
        names: ['DAGDurationFailed', 'DAGDurationSuccess'],
      },
      // Of failures Airflow 3.0 says none here, and others say each attempt.
      {
        dimensions: ['DAG', 'Task', 'Environment'],
        unit: 'Count',
        kind: EVENTS,
        names: ['TaskInstanceFailures', 'TaskInstanceSuccesses'],
      },
    ],
  },
  // What Airflow runs on; Cluster is Scheduler, BaseWorker, AdditionalWorker or WebServer.
  'AWS/MWAA': {
    page: 'https://docs.aws.amazon.com/mwaa/latest/userguide/accessing-metrics-cw-container-queue-db.html',
    groups: [
      {
        dimensions: ['Cluster', 'Environment'],
        unit: 'Percent',
        kind: LEVEL,
        names: ['CPUUtilization', 'MemoryUtilization'],
      },
    ],
  },
  'AWS/S3': {
    page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html',
    groups: [
      { dimensions: ['BucketName', 'StorageType'], unit: 'Bytes', kind: LEVEL, names: ['BucketSizeBytes'] },
      { dimensions: ['BucketName', 'StorageType'], unit: 'Count', kind: LEVEL, names: ['NumberOfObjects'] },
      { dimensions: REQUESTS, unit: 'Count', kind: EVENTS, names: ['4xxErrors', '5xxErrors', 'AllRequests'] },
    ],
  },
  'AWS/States': {
    page: 'https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html',
    groups: [
      {
        dimensions: ['StateMachineArn'],
        unit: 'Count',
        kind: EVENTS,
        names: [
          'ExecutionsAborted',
          'ExecutionsFailed',
          'ExecutionsStarted',
          'ExecutionsSucceeded',
          'ExecutionsTimedOut',
          'ExecutionThrottled',
        ],
      },
      { dimensions: ['StateMachineArn'], unit: 'Milliseconds', kind: DURATION, names: ['ExecutionTime'] },
    ],
  },
  'AWS/Athena': {
    page: 'https://docs.aws.amazon.com/athena/latest/ug/query-metrics-viewing.html',
    groups: [
      { dimensions: QUERIES, unit: 'Bytes', kind: EVENTS, names: ['ProcessedBytes'] },
      { dimensions: QUERIES, unit: 'Milliseconds', kind: DURATION, names: ['QueryQueueTime', 'TotalExecutionTime'] },
    ],
  },
  'AWS/SNS': {
    page: 'https://docs.aws.amazon.com/sns/latest/dg/sns-monitoring-using-cloudwatch.html',
    groups: [
      {
        dimensions: ['TopicName'],
        unit: 'Count',
        kind: EVENTS,
        names: ['NumberOfMessagesPublished', 'NumberOfNotificationsDelivered', 'NumberOfNotificationsFailed'],
      },
    ],
  },
};

import type { Construct } from 'constructs';
import type { IAthenaWorkgroup } from '../consumption';
import type { DataContracts } from '../contracts';
import type { IAlertTopics } from '../foundation';
import type { IAirflowEnvironment } from '../orchestration';
import type { BatchJobFlow, IBatchCluster, IServerlessSpark, IStreamingCluster, StreamingJob } from '../processing';
import type { ILakeStorage } from '../storage';
import type { IKafkaCluster, IKafkaTopic } from '../streaming';
import type { LakehouseMetrics } from './lakehouse-metrics';
import { pascal } from './pascal';
import { airflowWatch } from './watch-airflow';
import { batchClusterWatch, streamingClusterWatch } from './watch-clusters';
import { deliveriesWatch } from './watch-deliveries';
import { kafkaWatch } from './watch-kafka';
import type {
  QualityWatchOptions,
  TablesWatchOptions,
  TopicWatchOptions,
  WatchOptions,
  WatchParts,
} from './watch-parts';
import { pipelineWatch } from './watch-pipeline';
import { qualityWatch } from './watch-quality';
import { serverlessWatch } from './watch-serverless';
import { flowWatch, jobWatch } from './watch-state-machines';
import { storageWatch } from './watch-storage';
import { tablesWatch } from './watch-tables';
import { topicWatch } from './watch-topic';
import { workgroupWatch } from './watch-workgroup';

/**
 * Something to watch: which alarms and which rows of dashboards it brings. The same watch is given to both.
 *
 * A watch of your own extends this class and says so in `bind`.
 */
export abstract class Watch {
  /** The controllers, replicas, disks, processors and queues of a Kafka cluster. */
  public static kafka(cluster: IKafkaCluster, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => kafkaWatch(cluster, options.name ?? 'Kafka'));
  }

  /**
   * How far a consumer group is behind on a topic.
   *
   * Jobs that keep their offsets in a checkpoint and commit none to Kafka are behind without a sign here.
   *
   * @param topic the topic
   * @param consumerGroup the id of the group
   */
  public static topic(topic: IKafkaTopic, consumerGroup: string, options: TopicWatchOptions = {}): Watch {
    return new MadeWatch(() => topicWatch(topic, consumerGroup, options));
  }

  /** The nodes, HDFS and applications of a batch cluster. */
  public static batchCluster(cluster: IBatchCluster, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => batchClusterWatch(cluster, options.name ?? 'Batch'));
  }

  /** The nodes, HDFS and applications of a cluster that runs streaming jobs. */
  public static streamingCluster(cluster: IStreamingCluster, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => streamingClusterWatch(cluster, options.name ?? 'Streaming'));
  }

  /** Whether a streaming job is kept running, and how often it is started again. Its alarms begin with its id. */
  public static streamingJob(job: StreamingJob, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => jobWatch(job, options.name ?? pascal(job.node.id)));
  }

  /** The runs of a job flow. Its alarms begin with its id. */
  public static jobFlow(flow: BatchJobFlow, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => flowWatch(flow.stateMachine, options.name ?? pascal(flow.node.id)));
  }

  /** The jobs of an application of EMR Serverless. */
  public static serverless(application: IServerlessSpark, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => serverlessWatch(application, options.name ?? 'Serverless'));
  }

  /** The scheduler, queue, tasks and DAG files of an Airflow environment. */
  public static airflow(environment: IAirflowEnvironment, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => airflowWatch(environment.environmentName, options.name ?? 'Airflow'));
  }

  /** The size of the buckets, and the errors of those that publish request metrics. */
  public static storage(storage: ILakeStorage, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => storageWatch(storage, options));
  }

  /**
   * The runs of a pipeline.
   *
   * @param pipeline its name, as it emits it
   * @param metrics the metrics of the environment it runs in
   */
  public static pipeline(pipeline: string, metrics: LakehouseMetrics): Watch {
    return new MadeWatch(() => pipelineWatch(pipeline, metrics));
  }

  /**
   * The rows and rejected rows of every dataset that comes from a source or a stream, and the freshness of those from a source.
   *
   * @param contracts what each dataset promises
   * @param metrics the metrics of the environment they are in
   */
  public static tables(contracts: DataContracts, metrics: LakehouseMetrics, options: TablesWatchOptions = {}): Watch {
    return new MadeWatch(() => tablesWatch(contracts, metrics, options));
  }

  /**
   * How good the rows are that loads read, and the tables that checks look at.
   *
   * @param contracts what each dataset must be
   * @param metrics the metrics of the environment they are in
   */
  public static quality(contracts: DataContracts, metrics: LakehouseMetrics, options: QualityWatchOptions = {}): Watch {
    return new MadeWatch(() => qualityWatch(contracts, metrics, options));
  }

  /** The bytes, failures and waiting time of the queries of a workgroup. */
  public static workgroup(workgroup: IAthenaWorkgroup, options: WatchOptions = {}): Watch {
    return new MadeWatch(() => workgroupWatch(workgroup, options.name ?? 'Athena'));
  }

  /** Whether alerts reach those who subscribed. */
  public static deliveries(topics: IAlertTopics): Watch {
    return new MadeWatch(() => deliveriesWatch(topics));
  }

  /**
   * What it brings.
   *
   * @param scope the alarms or dashboards that ask
   */
  public abstract bind(scope: Construct): WatchParts;
}

/** A watch whose parts are made when they are first asked for, and once: alarms and dashboards share its metrics. */
class MadeWatch extends Watch {
  private parts?: WatchParts;

  constructor(private readonly make: () => WatchParts) {
    super();
  }

  public bind(): WatchParts {
    this.parts ??= this.make();
    return this.parts;
  }
}

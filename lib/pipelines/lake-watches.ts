import type * as logs from 'aws-cdk-lib/aws-logs';
import { Duration } from 'aws-cdk-lib/core';
import type { IAthenaWorkgroup } from '../consumption';
import type { DataContracts } from '../contracts';
import type { IAlertTopics } from '../foundation';
import { LakehouseMetrics, type SavedLogQueriesProps, Watch } from '../observability';
import type { AirflowEnvironment } from '../orchestration';
import type { BatchCluster, BatchJobFlow, ServerlessSpark, StreamingCluster } from '../processing';
import type { ILakeStorage } from '../storage';
import type { KafkaCluster } from '../streaming';
import { IngestPipeline } from './ingest-pipeline';
import type { QualityPipeline } from './quality-pipeline';
import type { StreamPipeline } from './stream-pipeline';

/**
 * The rooms that are watched.
 *
 * @internal
 */
export interface WatchedLake {
  readonly alerts: IAlertTopics;
  readonly storage: ILakeStorage;
  readonly kafka?: KafkaCluster;
  readonly streamingCluster?: StreamingCluster;
  readonly streams: { readonly [dataset: string]: StreamPipeline };
  readonly batchCluster?: BatchCluster;
  readonly ingest?: IngestPipeline;
  readonly quality?: QualityPipeline;
  readonly jobFlow?: BatchJobFlow;
  readonly serverless?: ServerlessSpark;
  readonly airflow?: AirflowEnvironment;
  readonly workgroup?: IAthenaWorkgroup;
}

/**
 * What alarms and dashboards watch: every room there is, in the order that data travels.
 *
 * @internal
 */
export function watchesOf(lake: WatchedLake, environment: string, contracts: DataContracts): Watch[] {
  const metrics = new LakehouseMetrics(environment);
  return [
    Watch.storage(lake.storage),
    Watch.tables(contracts, metrics, { datasets: writtenIn(lake, contracts) }),
    ...only(lake.quality, () => Watch.quality(contracts, metrics, { datasets: writtenIn(lake, contracts) })),
    ...only(lake.ingest, () => Watch.pipeline(IngestPipeline.NAME, metrics)),
    ...only(lake.kafka, (kafka) => Watch.kafka(kafka)),
    ...only(lake.streamingCluster, (cluster) => Watch.streamingCluster(cluster)),
    ...Object.entries(lake.streams).flatMap(([dataset, { consumerGroup, job, topic }]) => [
      Watch.streamingJob(job, { name: inPascalCase(dataset) }),
      Watch.topic(topic, consumerGroup, {
        progress: metrics.ofDataset('RowsRead', dataset),
        maximumLag: latencyOf(dataset, contracts),
      }),
    ]),
    ...only(lake.batchCluster, (cluster) => Watch.batchCluster(cluster)),
    ...only(lake.jobFlow, (flow) => Watch.jobFlow(flow)),
    ...only(lake.serverless, (application) => Watch.serverless(application)),
    ...only(lake.airflow, (airflow) => Watch.airflow(airflow)),
    ...only(lake.workgroup, (workgroup) => Watch.workgroup(workgroup)),
    Watch.deliveries(lake.alerts),
  ];
}

/**
 * The log groups that queries are saved over.
 *
 * @internal
 */
export function logsOf(lake: WatchedLake, flowLogs: logs.ILogGroup[]): SavedLogQueriesProps {
  const { airflow, jobFlow, kafka, streams } = lake;
  return {
    flowLogs,
    brokerLogs: only(kafka, ({ logGroup }) => logGroup),
    stateMachineLogs: [
      ...Object.values(streams).map(({ job }) => job.logGroup),
      ...only(jobFlow, (flow) => flow.logGroup),
    ],
    airflowLogs: only(airflow, ({ logGroups }) => Object.values(logGroups)).flat(),
  };
}

/** The keys of the datasets that something writes: an alarm for any other would never be still. */
function writtenIn({ ingest, streams }: WatchedLake, contracts: DataContracts): string[] {
  return contracts
    .all()
    .filter(({ dataset, source }) => (source === undefined ? dataset in streams : ingest !== undefined))
    .map(({ key }) => key);
}

/** How long a record of a dataset may take, where its contract says so. */
function latencyOf(dataset: string, contracts: DataContracts): Duration | undefined {
  const seconds = contracts.streams().find((contract) => contract.dataset === dataset)?.latencySeconds;
  return seconds === undefined ? undefined : Duration.seconds(seconds);
}

/** What is made of something, where it is there. */
function only<T, R>(room: T | undefined, make: (room: T) => R): R[] {
  return room === undefined ? [] : [make(room)];
}

/** `flight_events` becomes `FlightEvents`. */
function inPascalCase(name: string): string {
  return name
    .split('_')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

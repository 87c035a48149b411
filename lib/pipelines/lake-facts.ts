import { CfnOutput } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { LakeCatalog } from '../catalog';
import type { IAthenaWorkgroup } from '../consumption';
import { Zone } from '../contracts';
import { type IAlertTopics, type RuntimeFacts, Severity } from '../foundation';
import type { IAirflowEnvironment } from '../orchestration';
import type { BatchJobFlow, IBatchCluster, IServerlessSpark, IStreamingCluster } from '../processing';
import type { ILakeStorage } from '../storage';
import type { IKafkaCluster } from '../streaming';
import { IngestPipeline } from './ingest-pipeline';
import { QualityPipeline } from './quality-pipeline';
import type { StreamPipeline } from './stream-pipeline';
import { TransformPipeline } from './transform-pipeline';

/**
 * The rooms that pipelines, commands and people must find.
 *
 * @internal
 */
export interface FactSources {
  readonly storage: ILakeStorage;
  readonly catalog: LakeCatalog;
  readonly alerts: IAlertTopics;
  readonly kafka?: IKafkaCluster;
  readonly streamingCluster?: IStreamingCluster;
  readonly streams: { readonly [dataset: string]: StreamPipeline };
  readonly batchCluster?: IBatchCluster;
  readonly ingest?: IngestPipeline;
  readonly quality?: QualityPipeline;
  readonly transform?: TransformPipeline;
  readonly jobFlow?: BatchJobFlow;
  readonly serverless?: IServerlessSpark;
  readonly airflow?: IAirflowEnvironment;
  readonly workgroup?: IAthenaWorkgroup;
}

/**
 * What a running pipeline must know of the lake it runs on.
 *
 * @internal
 */
export function lakeFacts(lake: FactSources, sourceSecrets: { [source: string]: string }): RuntimeFacts {
  const { alerts, catalog, ingest, quality, storage, transform } = lake;
  const { artifacts, accessLogs } = storage;
  return {
    databases: Object.fromEntries(Zone.withTables().map((zone) => [zone.name, catalog.databaseName(zone)])),
    buckets: {
      ...Object.fromEntries(Zone.all().map((zone) => [zone.name, storage.bucket(zone).bucketName])),
      artifacts: artifacts.bucketName,
      accessLogs: accessLogs.bucketName,
    },
    topics: Object.fromEntries(Object.values(Severity).map((severity) => [severity, alerts.topic(severity).topicArn])),
    kafkaCluster: lake.kafka?.clusterArn,
    streamingClusterId: lake.streamingCluster?.clusterId,
    streamingJobs: jobsOf(lake.streams),
    batchClusterId: lake.batchCluster?.clusterId,
    jobFlow: lake.jobFlow?.stateMachine.stateMachineArn,
    serverlessApplicationId: lake.serverless?.applicationId,
    airflowEnvironment: lake.airflow?.environmentName,
    athenaWorkgroup: lake.workgroup?.workgroupName,
    sourceSecrets,
    applications: {
      ...(ingest === undefined ? {} : { [IngestPipeline.NAME]: ingest.application.stepArgs }),
      ...(quality === undefined ? {} : { [QualityPipeline.NAME]: quality.application.stepArgs }),
      ...(transform === undefined ? {} : { [TransformPipeline.NAME]: transform.application.stepArgs }),
    },
  };
}

/** The state machine that keeps each stream running; nothing where there is no stream. */
function jobsOf(streams: FactSources['streams']): { [dataset: string]: string } | undefined {
  const jobs = Object.entries(streams).map(([dataset, { job }]) => [dataset, job.stateMachine.stateMachineArn]);
  return jobs.length === 0 ? undefined : Object.fromEntries(jobs);
}

/**
 * Outputs for people; pipelines read the runtime parameter. None is exported, because an export locks its producer.
 *
 * @internal
 */
export function publishOutputs(scope: Construct, parameterName: string, facts: RuntimeFacts): void {
  const outputs: { [id: string]: string | undefined } = {
    RuntimeParameter: parameterName,
    KafkaClusterArn: facts.kafkaCluster,
    StreamingClusterId: facts.streamingClusterId,
    BatchClusterId: facts.batchClusterId,
    JobFlowArn: facts.jobFlow,
    ServerlessApplicationId: facts.serverlessApplicationId,
    AirflowEnvironmentName: facts.airflowEnvironment,
    AthenaWorkgroupName: facts.athenaWorkgroup,
    ...named('Bucket', facts.buckets),
    ...named('Database', facts.databases),
    ...named('Topic', facts.topics),
  };
  for (const [id, value] of Object.entries(outputs)) {
    if (value !== undefined) {
      new CfnOutput(scope, id, { value });
    }
  }
}

/** `{landing: …}` becomes `{LandingBucket: …}`. */
function named(suffix: string, values: { [name: string]: string }): { [id: string]: string } {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}${suffix}`, value]),
  );
}

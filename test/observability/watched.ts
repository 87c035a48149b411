import * as path from 'node:path';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import { AthenaWorkgroup } from '../../lib/consumption';
import { DataContracts, Zone } from '../../lib/contracts';
import { AlertTopics, LakeKey, LakeNetwork } from '../../lib/foundation';
import { LakehouseAlarms, LakehouseMetrics, Watch, type WatchAlarm, type WatchOptions } from '../../lib/observability';
import { AirflowEnvironment } from '../../lib/orchestration';
import {
  BatchCluster,
  BatchJobFlow,
  type IStreamingCluster,
  ServerlessSpark,
  StreamingCluster,
  StreamingJob,
} from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { type KafkaBrokers, KafkaCluster } from '../../lib/streaming';
import { resourcesIn } from '../support/stacks';

/** Every contract of this lake. */
export const CONTRACTS = DataContracts.fromDirectory(path.resolve(__dirname, '..', '..', 'contracts'));

/** A stack with topics, and every watch there is on things that stand for real ones. */
export class Watched {
  readonly stack = new Stack(new App(), 'Test', { env: { account: '111122223333', region: 'us-east-1' } });
  readonly topics = new AlertTopics(this.stack, 'Alerts', { encryptionKey: new LakeKey(this.stack, 'Key').key });
  readonly metrics = new LakehouseMetrics('dev');
  private count = 0;

  kafka(brokerCount?: number, brokers?: KafkaBrokers): Watch {
    return Watch.kafka(this.cluster(brokerCount, brokers));
  }

  topic(options?: Parameters<typeof Watch.topic>[2]): Watch {
    const topic = this.cluster().addTopic('Topic', { topicName: 'flight-events', partitions: 3 });
    return Watch.topic(topic, 'loader', { progress: this.metrics.ofDataset('RowsRead', 'flight_events'), ...options });
  }

  quality(options?: Parameters<typeof Watch.quality>[2], contracts = CONTRACTS): Watch {
    return Watch.quality(contracts, this.metrics, options);
  }

  batchCluster(): Watch {
    const instanceRole = new iam.Role(this.stack, this.id(), {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    });
    const attributes = { clusterId: 'j-1', instanceRole };
    return Watch.batchCluster(BatchCluster.fromBatchClusterAttributes(this.stack, this.id(), attributes));
  }

  importedCluster(): IStreamingCluster {
    const instanceRole = new iam.Role(this.stack, this.id(), {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    });
    const attributes = { clusterId: 'j-2', instanceRole, storage: new LakeStorage(this.stack, this.id()) };
    return StreamingCluster.fromStreamingClusterAttributes(this.stack, this.id(), attributes);
  }

  streamingJob(options?: WatchOptions): Watch {
    const restarts = this.metrics.ofDataset('StreamRestarts', 'flights');
    const props = { cluster: this.importedCluster(), entryPoint: 'workloads/jobs/main.py', restarts };
    return Watch.streamingJob(new StreamingJob(this.stack, 'flights', props), options);
  }

  jobFlow(options?: WatchOptions): Watch {
    const { vpc } = new LakeNetwork(this.stack, this.id(), { availabilityZones: ['us-east-1a', 'us-east-1b'] });
    const storage = new LakeStorage(this.stack, this.id());
    return Watch.jobFlow(new BatchJobFlow(this.stack, 'Nightly', { vpc, storage }), options);
  }

  serverless(): Watch {
    const jobRole = iam.Role.fromRoleName(this.stack, this.id(), 'jobs');
    const attributes = { applicationId: '00f', applicationName: 'adhoc', jobRole };
    return Watch.serverless(ServerlessSpark.fromServerlessSparkAttributes(this.stack, this.id(), attributes));
  }

  airflow(): Watch {
    const executionRole = iam.Role.fromRoleName(this.stack, this.id(), 'airflow');
    const environmentArn = 'arn:aws:airflow:us-east-1:111122223333:environment/lake';
    const attributes = { environmentArn, executionRole };
    return Watch.airflow(AirflowEnvironment.fromAirflowEnvironmentAttributes(this.stack, this.id(), attributes));
  }

  storage(requestMetrics?: Zone[]): Watch {
    return Watch.storage(new LakeStorage(this.stack, this.id(), { requestMetrics }));
  }

  workgroup(): Watch {
    const results = s3.Bucket.fromBucketName(this.stack, this.id(), 'results');
    const attributes = { workgroupName: 'analysts', results, resultsPrefix: 'athena/' };
    return Watch.workgroup(AthenaWorkgroup.fromAthenaWorkgroupAttributes(this.stack, this.id(), attributes));
  }

  tables(options?: Parameters<typeof Watch.tables>[2], contracts = CONTRACTS): Watch {
    return Watch.tables(contracts, this.metrics, options);
  }

  /** Each watch there is, by the name of its factory. */
  all(): { [factory: string]: Watch } {
    return {
      kafka: this.kafka(3),
      topic: this.topic(),
      batchCluster: this.batchCluster(),
      streamingCluster: Watch.streamingCluster(this.importedCluster()),
      streamingJob: this.streamingJob(),
      jobFlow: this.jobFlow(),
      serverless: this.serverless(),
      airflow: this.airflow(),
      storage: this.storage([Zone.LANDING]),
      pipeline: Watch.pipeline('ingest', this.metrics),
      tables: this.tables(),
      quality: this.quality(),
      workgroup: this.workgroup(),
      deliveries: Watch.deliveries(this.topics),
    };
  }

  /** The alarms that watches ask for. */
  asked(...watch: Watch[]): WatchAlarm[] {
    return watch.flatMap((each) => each.bind(this.stack).alarms);
  }

  alarms(watch: Watch[], runbook?: string): LakehouseAlarms {
    return new LakehouseAlarms(this.stack, 'Alarms', { topics: this.topics, watch, runbook });
  }

  /** The ARN of a topic, as templates say it. */
  arn(severity: string): unknown {
    const { critical, warning, info } = this.topics;
    const topics: { [severity: string]: typeof critical } = { critical, warning, info };
    return this.stack.resolve(topics[severity]?.topicArn);
  }

  /** The properties of an alarm in the template. */
  template(alarm: cloudwatch.Alarm | undefined): AlarmProperties {
    const logicalId: string = this.stack.resolve(alarm?.alarmName).Ref;
    const found = resourcesIn<AlarmProperties>(this.stack)[logicalId];
    if (found === undefined) throw new Error(`no alarm ${logicalId}`);
    return found.Properties;
  }

  private cluster(
    brokerCount?: number,
    brokers?: KafkaBrokers,
  ): ReturnType<typeof KafkaCluster.fromKafkaClusterAttributes> {
    const clusterArn = 'arn:aws:kafka:us-east-1:111122223333:cluster/lake/0-1';
    return KafkaCluster.fromKafkaClusterAttributes(this.stack, this.id(), { clusterArn, brokerCount, brokers });
  }

  private id(): string {
    this.count += 1;
    return `Fixture${this.count}`;
  }
}

/** An alarm in a template. */
export interface AlarmProperties {
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly EvaluationPeriods: number;
  readonly Period?: number;
  readonly Statistic?: string;
  readonly Namespace?: string;
  readonly MetricName?: string;
  readonly Dimensions?: { readonly Name: string; readonly Value: unknown }[];
  readonly Metrics?: {
    readonly Id: string;
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: AlarmProperties; readonly Stat: string; readonly Period: number };
  }[];
  readonly TreatMissingData: string;
  readonly AlarmDescription: string;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
}

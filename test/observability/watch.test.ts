import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Duration } from 'aws-cdk-lib/core';
import { DataContracts, Zone } from '../../lib/contracts';
import { Severity } from '../../lib/foundation';
import { Watch } from '../../lib/observability';
import { KafkaBrokers } from '../../lib/streaming';
import { resourcesIn } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';
import { type AlarmProperties, CONTRACTS, Watched } from './watched';

/** What an alarm measures, by itself or inside its expression. */
function measured(alarm: AlarmProperties): string {
  const parts = (alarm.Metrics ?? []).flatMap(({ MetricStat: stat }) =>
    stat === undefined ? [] : [{ ...stat.Metric, Statistic: stat.Stat }],
  );
  const expression = alarm.Metrics?.find(({ Expression }) => Expression !== undefined)?.Expression;
  if (expression?.startsWith('SELECT ') === true) {
    return expression;
  }
  const all = parts.length === 0 ? [alarm] : parts;
  const text = all.map(({ MetricName, Statistic }) => `${Statistic} ${MetricName}`).join(', ');
  return expression === undefined ? text : `${expression} of ${text}`;
}

const COMPARED: { [operator: string]: string } = { GreaterThanThreshold: '>', LessThanThreshold: '<' };

/** The alarms of a watch, each in a line: what is measured, threshold, periods, severity, missing data. */
function linesOf(watched: Watched, watch: Watch): { [id: string]: string } {
  const { alarms } = watched.alarms([watch]);
  const lines = watched.asked(watch).map(({ id, severity }): [string, string] => {
    const alarm = watched.template(alarms[id]);
    const compared = `${COMPARED[alarm.ComparisonOperator]} ${alarm.Threshold}`;
    return [
      id,
      `${measured(alarm)} ${compared}, ${alarm.EvaluationPeriods} periods, ${severity}, ${alarm.TreatMissingData}`,
    ];
  });
  return Object.fromEntries(lines);
}

/** The names and values of the dimensions of the only alarm with that id. */
function dimensionsOf(watched: Watched, watch: Watch, id: string): { [name: string]: unknown } {
  const { Dimensions = [], Metrics = [] } = watched.template(watched.alarms([watch]).alarms[id]);
  const [inside] = Metrics.flatMap(({ MetricStat }) => MetricStat?.Metric.Dimensions ?? []);
  const all = Dimensions.length > 0 ? Dimensions : inside === undefined ? [] : [inside];
  return Object.fromEntries(all.map(({ Name, Value }) => [Name, Value]));
}

/** The alarms of a broker. */
const brokerLines = (id: number): { [name: string]: string } => ({
  DiskFull: 'Maximum KafkaDataLogsDiskUsed > 85, 1 periods, critical, notBreaching',
  CpuHigh: `user${id} + system${id} of Average CpuUser, Average CpuSystem > 60, 3 periods, warning, notBreaching`,
  UnderReplicated: 'Maximum UnderReplicatedPartitions > 0, 3 periods, warning, notBreaching',
  UnderMinIsr: 'Maximum UnderMinIsrPartitionCount > 0, 2 periods, critical, notBreaching',
});

describe('Watch.kafka', () => {
  test.each([undefined, 3])('has no alarm of disks for %s Express brokers, which have none', (count) => {
    const watched = new Watched();
    const brokers = KafkaBrokers.express({ instanceType: new ec2.InstanceType('m7g.large') });
    const ids = Object.keys(linesOf(watched, watched.kafka(count, brokers)));
    expect(ids).toContain('KafkaControllerGone');
    expect(ids.filter((id) => id.endsWith('DiskFull'))).toEqual([]);
  });

  test('tells of controllers, partitions, disks, processors and replicas', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.kafka(2))).toEqual({
      KafkaControllerGone: 'Maximum ActiveControllerCount < 1, 3 periods, critical, breaching',
      KafkaOfflinePartitions: 'Maximum OfflinePartitionsCount > 0, 1 periods, critical, notBreaching',
      ...Object.fromEntries(
        [1, 2].flatMap((id) =>
          Object.entries(brokerLines(id)).map(([name, line]) => [`KafkaBroker${id}${name}`, line]),
        ),
      ),
    });
  });

  test('measures each broker by itself', () => {
    const watched = new Watched();
    expect(dimensionsOf(watched, watched.kafka(3), 'KafkaBroker3DiskFull')).toMatchObject({ 'Broker ID': '3' });
  });

  test('measures the fullest broker where nobody knows how many there are', () => {
    const watched = new Watched();
    const lines = linesOf(watched, watched.kafka());
    expect(Object.keys(lines)).toEqual(['KafkaControllerGone', 'KafkaOfflinePartitions', 'KafkaDiskFull']);
    const other = new Watched();
    expect(Object.keys(dimensionsOf(other, other.kafka(), 'KafkaDiskFull'))).toEqual(['Cluster Name']);
  });
});

describe('Watch.topic', () => {
  const line = 'Maximum EstimatedMaxTimeLag > 900, 3 periods, warning, notBreaching';
  const standing =
    'IF(waiting > 0 AND FILL(read, 0) == 0, 1, 0) of Minimum SumOffsetLag, Sum RowsRead > 0, 3 periods, critical, notBreaching';

  test('tells of a group that is a quarter of an hour behind, and of one that reads nothing', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.topic())).toEqual({
      FlightEventsLoaderLagging: line,
      FlightEventsLoaderStanding: standing,
    });
    const other = new Watched();
    expect(dimensionsOf(other, other.topic(), 'FlightEventsLoaderLagging')).toMatchObject({
      'Consumer Group': 'loader',
      Topic: 'flight-events',
    });
  });

  test('takes another name, lag and severity', () => {
    const watched = new Watched();
    const options = { name: 'Events', maximumLag: Duration.minutes(5), severity: Severity.CRITICAL };
    expect(linesOf(watched, watched.topic(options))).toEqual({
      EventsLagging: 'Maximum EstimatedMaxTimeLag > 300, 3 periods, critical, notBreaching',
      EventsStanding: standing,
    });
  });

  test('fails on a lag below a second', () => {
    const watched = new Watched();
    expect(() => watched.alarms([watched.topic({ maximumLag: Duration.millis(10) })])).toThrow(
      '\'maximumLag\' must be a second or more, got "10 ms"; the metric is in whole seconds',
    );
  });
});

describe('Watch.batchCluster and Watch.streamingCluster', () => {
  const cluster = {
    AppsFailed: 'DIFF(total) of Maximum AppsFailed > 0, 1 periods, warning, notBreaching',
    UnhealthyNodes: 'Maximum MRUnhealthyNodes > 0, 3 periods, warning, notBreaching',
    HdfsFull: 'Maximum HDFSUtilization > 80, 3 periods, warning, notBreaching',
    MissingBlocks: 'Maximum MissingBlocks > 0, 1 periods, critical, notBreaching',
    ClusterGone: 'Minimum LiveDataNodes < 1, 3 periods, critical, breaching',
  };
  const named = (name: string): { [id: string]: string } =>
    Object.fromEntries(Object.entries(cluster).map(([id, line]) => [`${name}${id}`, line]));

  test('tell of failed applications, nodes, HDFS and a cluster that is gone', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.batchCluster())).toEqual(named('Batch'));
    const other = new Watched();
    expect(dimensionsOf(other, other.batchCluster(), 'BatchClusterGone')).toEqual({ JobFlowId: 'j-1' });
  });

  test('tell of a streaming cluster on which nothing runs', () => {
    const watched = new Watched();
    expect(linesOf(watched, Watch.streamingCluster(watched.importedCluster()))).toEqual({
      ...named('Streaming'),
      StreamingNothingRuns: 'Maximum AppsRunning < 1, 3 periods, critical, notBreaching',
    });
    const other = new Watched();
    const watch = Watch.streamingCluster(other.importedCluster());
    expect(dimensionsOf(other, watch, 'StreamingNothingRuns')).toEqual({ JobFlowId: 'j-2' });
  });

  test('tell two clusters apart by name', () => {
    const watched = new Watched();
    const first = Watch.streamingCluster(watched.importedCluster());
    const second = Watch.streamingCluster(watched.importedCluster(), { name: 'Orders' });
    const ids = Object.keys(watched.alarms([first, second]).alarms);
    expect(ids).toEqual(expect.arrayContaining(['StreamingNothingRuns', 'OrdersNothingRuns']));
  });
});

describe('Watch.streamingJob and Watch.jobFlow', () => {
  test('tell of a job that is started again and again, and of one whose restarts are used up', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.streamingJob())).toEqual({
      FlightsStopped: 'Sum ExecutionsFailed > 0, 1 periods, critical, notBreaching',
      FlightsRestarting: 'Sum StreamRestarts > 2, 1 periods, warning, notBreaching',
    });
  });

  test('tell of runs that fail or take too long', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.jobFlow())).toEqual({
      NightlyFlowFailed: 'Sum ExecutionsFailed > 0, 1 periods, critical, notBreaching',
      NightlyFlowTimedOut: 'Sum ExecutionsTimedOut > 0, 1 periods, critical, notBreaching',
    });
  });
});

describe('Watch.serverless, Watch.airflow, Watch.workgroup and Watch.deliveries', () => {
  test('tell of failed jobs', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.serverless())).toEqual({
      ServerlessJobsFailed: 'Maximum FailedJobs > 0, 1 periods, warning, notBreaching',
    });
  });

  test('tell of the scheduler, runs, queue and DAG files of Airflow', () => {
    const failedRuns = `SELECT COUNT(DAGDurationFailed) FROM SCHEMA("AmazonMWAA", DAG, Environment) WHERE Environment = 'lake'`;
    const watched = new Watched();
    expect(linesOf(watched, watched.airflow())).toEqual({
      AirflowSchedulerGone: 'Sum SchedulerHeartbeat < 1, 3 periods, critical, breaching',
      AirflowDagRunsFailed: `${failedRuns} > 0, 1 periods, warning, notBreaching`,
      AirflowTasksQueued: 'Minimum QueuedTasks > 0, 6 periods, warning, notBreaching',
      AirflowImportErrors: 'Maximum ImportErrors > 0, 2 periods, warning, notBreaching',
    });
    const other = new Watched();
    expect(dimensionsOf(other, other.airflow(), 'AirflowSchedulerGone')).toMatchObject({ Function: 'Scheduler' });
  });

  test('leave failed queries to who runs them', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.workgroup())).toEqual({});
  });

  test('tell by another topic what a topic did not deliver', () => {
    const watched = new Watched();
    expect(linesOf(watched, Watch.deliveries(watched.topics))).toEqual({
      AlertsCriticalUndelivered: 'Sum NumberOfNotificationsFailed > 0, 1 periods, warning, notBreaching',
      AlertsWarningUndelivered: 'Sum NumberOfNotificationsFailed > 0, 1 periods, critical, notBreaching',
    });
    const other = new Watched();
    const { TopicName } = dimensionsOf(other, Watch.deliveries(other.topics), 'AlertsCriticalUndelivered');
    expect(TopicName).toEqual(other.stack.resolve(other.topics.critical.topicName));
  });
});

describe('Watch.storage', () => {
  test('tells of requests that fail in the buckets that publish them', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.storage([Zone.SILVER, Zone.LANDING]))).toEqual({
      LandingRequestsFail: 'Average 5xxErrors > 0.01, 3 periods, warning, notBreaching',
      SilverRequestsFail: 'Average 5xxErrors > 0.01, 3 periods, warning, notBreaching',
    });
    const buckets = Object.values(resourcesIn<{ MetricsConfigurations?: unknown }>(watched.stack, 'AWS::S3::Bucket'));
    const published = buckets.flatMap(({ Properties }) => Properties.MetricsConfigurations ?? []);
    expect(published).toEqual([{ Id: 'EntireBucket' }, { Id: 'EntireBucket' }]);
    const other = new Watched();
    expect(dimensionsOf(other, other.storage([Zone.LANDING]), 'LandingRequestsFail')).toMatchObject({
      FilterId: 'EntireBucket',
    });
  });

  test('tells of none where no bucket publishes them', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.storage())).toEqual({});
  });
});

describe('Watch.pipeline', () => {
  test('tells of a failed run until one succeeds', () => {
    const watched = new Watched();
    const watch = Watch.pipeline('late-data', watched.metrics);
    expect(linesOf(watched, watch)).toEqual({
      LateDataRunsFailed: 'Sum RunsFailed > 0, 1 periods, critical, ignore',
    });
    const other = new Watched();
    expect(dimensionsOf(other, watch, 'LateDataRunsFailed')).toEqual({ Environment: 'dev', Pipeline: 'late-data' });
  });
});

/** The contracts of this lake, that of `airlines` changed. */
function changed(from: string, to: string): DataContracts {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'silver'));
  const text = readFileSync(join(CONTRACTS.directory, 'silver', 'airlines.yaml'), 'utf8');
  writeFileSync(join(directory, 'silver', 'airlines.yaml'), text.replace(from, to));
  return DataContracts.fromDirectory(directory);
}

/** One promises another freshness. */
function promising(value: number, unit: string): DataContracts {
  return changed('value: 30\n    unit: d', `value: ${value}\n    unit: ${unit}`);
}

/** The description of the alarm on a stale table. */
function staleText(contracts: DataContracts): string {
  const watched = new Watched();
  return watched.template(watched.alarms([watched.tables({}, contracts)]).alarms.AirlinesStale).AlarmDescription;
}

describe('Watch.quality', () => {
  test('tells of bad rows where something is loaded, and of tables that do not meet their contract everywhere', () => {
    const watched = new Watched();
    const lines = linesOf(watched, watched.quality({ datasets: ['silver.flights', 'silver.flight_events'] }));
    expect(lines).toEqual({
      FlightsQualityLow: 'Minimum QualityScore < 99, 1 periods, warning, notBreaching',
      FlightsExpectationsUnmet: 'Minimum ExpectationsMet < 99, 1 periods, warning, ignore',
      FlightEventsExpectationsUnmet: 'Minimum ExpectationsMet < 99, 1 periods, warning, ignore',
    });
  });

  test('holds a table against what its contract promises', () => {
    const watched = new Watched();
    const contracts = changed(
      'customProperties:',
      '  - property: quality\n    value: 90\n    unit: percent\ncustomProperties:',
    );
    const { alarms } = watched.alarms([watched.quality({}, contracts)]);
    expect(watched.template(alarms.AirlinesExpectationsUnmet)).toMatchObject({
      Threshold: 90,
      AlarmDescription: expect.stringContaining('less than 90 percent of what the contract of airlines expects'),
    });
    expect(watched.template(alarms.AirlinesQualityLow).Threshold).toBe(99);
  });
});

describe('Watch.tables', () => {
  const written = CONTRACTS.all().filter(({ source, stream }) => (source ?? stream) !== undefined);

  test('tells of each dataset that is stale or has rejected rows', () => {
    const watched = new Watched();
    const lines = linesOf(watched, watched.tables());
    expect(Object.keys(lines)).toHaveLength(2 * written.length);
    expect(lines).toMatchObject({
      FlightsStale: 'Sum DatasetLoaded < 1, 24 periods, warning, breaching',
      FlightEventsStale: 'Sum DatasetLoaded < 1, 3 periods, warning, breaching',
      FlightEventsRowsRejected: 'Sum RowsRejected > 0, 1 periods, warning, notBreaching',
      AirportsRowsRejected: 'Sum RowsRejected > 0, 1 periods, warning, notBreaching',
    });
    const other = new Watched();
    const dimensions = { Environment: 'dev', Dataset: 'flights' };
    expect(dimensionsOf(other, other.tables(), 'FlightsStale')).toEqual(dimensions);
  });

  test.each([
    [1, 'd', 24, 3600],
    [36, 'h', 36, 3600],
    [90, 'm', 2, 3600],
    [30, 'm', 6, 300],
    [7, 'd', 168, 3600],
    [30, 'd', 168, 3600],
  ])('looks back over %d %s in %d periods of %d seconds', (value, unit, periods, seconds) => {
    const watched = new Watched();
    const watch = watched.tables({}, promising(value, unit));
    const { EvaluationPeriods, Period } = watched.template(watched.alarms([watch]).alarms.AirlinesStale);
    expect([EvaluationPeriods, Period]).toEqual([periods, seconds]);
  });

  test('says so where CloudWatch cannot look back as far as the contract allows', () => {
    expect(staleText(promising(30, 'd'))).toContain(
      'for 7 days; its contract allows 30 days, CloudWatch looks back seven days',
    );
    expect(staleText(promising(2, 'd'))).toMatch(/for 2 days\. First/);
  });

  test('fails on a promise too short to be watched', () => {
    const watched = new Watched();
    expect(() => watched.alarms([watched.tables({}, promising(5, 'm'))])).toThrow(
      /'freshness of silver\.airlines' must be 10 minutes or more to be watched, got "300 seconds"; correct .*airlines\.yaml, or leave it out by withoutFreshness/,
    );
  });

  test('watches those datasets alone that something writes', () => {
    const watched = new Watched();
    const lines = linesOf(watched, watched.tables({ datasets: ['silver.flights'] }));
    expect(Object.keys(lines).toSorted()).toEqual(['FlightsRowsRejected', 'FlightsStale']);
  });

  test('leaves out the freshness of datasets that are loaded seldom', () => {
    const watched = new Watched();
    const lines = linesOf(watched, watched.tables({ withoutFreshness: ['silver.airlines'] }));
    expect(lines).not.toHaveProperty('AirlinesStale');
    expect(lines).toHaveProperty('AirlinesRowsRejected');
    expect(() => new Watched().alarms([watched.tables({ withoutFreshness: ['silver.airline'] })])).toThrow(
      "'withoutFreshness' must be keys of datasets that come from a source or a stream, got \"silver.airline\"; did you mean 'silver.airlines'?",
    );
  });

  test('takes another severity', () => {
    const watched = new Watched();
    expect(linesOf(watched, watched.tables({ severity: Severity.CRITICAL })).FlightsStale).toContain('critical');
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts } from '../../lib/contracts';
import { LakeNetwork } from '../../lib/foundation';
import { StreamPipeline, type StreamPipelineProps } from '../../lib/pipelines';
import { STREAM_JARS } from '../../lib/pipelines/jobs';
import { StreamingCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { KafkaBrokers, KafkaCluster } from '../../lib/streaming';
import { fixtureDependencies } from '../support/dependencies';
import { resourcesIn, testStack } from '../support/stacks';

const CONTRACTS = DataContracts.fromDirectory(path.resolve(__dirname, '..', '..', 'contracts'));

function pipelineOf(props: Partial<StreamPipelineProps> = {}): { stack: Stack; pipeline: StreamPipeline } {
  const stack = testStack();
  const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a', 'us-east-1b'] });
  const storage = new LakeStorage(stack, 'Storage');
  const brokers = KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') });
  const contract = CONTRACTS.get('silver.flight_events');
  const pipeline = new StreamPipeline(stack, 'Stream', {
    cluster: new StreamingCluster(stack, 'Cluster', { vpc, storage }),
    topic: new KafkaCluster(stack, 'Kafka', { vpc, brokers }).addTopic('Topic', { contract }),
    catalog: new LakeCatalog(stack, 'Catalog', { zones: storage, contracts: CONTRACTS }),
    contract,
    contracts: CONTRACTS,
    environment: 'test',
    storage,
    dependencies: fixtureDependencies(),
    ...props,
  });
  return { stack, pipeline };
}

/** The statements of the role that the job runs with, as text. */
function statements(stack: Stack): string {
  // what does not fit into the role's own policy is in a managed one
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    Object.entries(resourcesIn(stack, type)),
  );
  return JSON.stringify(policies.filter(([id]) => id.startsWith('ClusterRolesInstance')));
}

/** The definition of the supervisor. */
function definition(stack: Stack): string {
  return JSON.stringify(resourcesIn(stack, 'AWS::StepFunctions::StateMachine'));
}

describe('StreamPipeline', () => {
  test('is a supervised job that is told its environment, its dataset and where it keeps its place', () => {
    const { pipeline, stack } = pipelineOf();
    const args = stack.resolve(pipeline.job.stepArgs).map(String);
    const own = args.slice(args.indexOf('stream'));
    expect(own.slice(0, 6)).toEqual(['stream', '--environment', 'test', '--dataset', 'flight_events', '--checkpoint']);
    const lock: unknown[] = JSON.parse(fs.readFileSync(STREAM_JARS, 'utf8'));
    const jars = JSON.stringify(stack.resolve(pipeline.job.stepArgs)).match(/\.jar"/g);
    expect(jars).toHaveLength(lock.length);
  });

  test('tells a running stream where the contracts are that were deployed last, in a parameter it may read', () => {
    const { pipeline, stack } = pipelineOf();
    const [[id, { Properties }] = ['', { Properties: {} }]] = Object.entries(
      resourcesIn<{ Name?: string; Value?: unknown }>(stack, 'AWS::SSM::Parameter'),
    );
    const uri: unknown = stack.resolve(pipeline.job.application.dataUris.contracts);
    expect(Properties).toMatchObject({ Name: '/lakehouse/test/streams/flight_events', Value: uri });
    expect(JSON.stringify(stack.resolve(pipeline.job.stepArgs))).toContain(JSON.stringify(uri).slice(1, -1));
    expect(statements(stack)).toContain(id);
  });

  test("may read and write its dataset's tables and those of its windows, and no other", () => {
    const tables = [...statements(pipelineOf().stack).matchAll(/:table\/(lakehouse_\w+\/[\w*]+)/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(tables)].toSorted()).toEqual([
      'lakehouse_bronze/flight_events',
      'lakehouse_bronze/flight_events__dlq',
      'lakehouse_silver/departures_hourly',
      'lakehouse_silver/departures_hourly__late',
      'lakehouse_silver/flight_events',
    ]);
  });

  test('reads its topic in groups whose names begin with its own', () => {
    const { pipeline, stack } = pipelineOf();
    expect(pipeline.consumerGroup).toBe('lakehouse-flight_events');
    expect(statements(stack)).toContain('/lakehouse-flight_events*');
    expect(statements(stack)).toContain('/flights.events');
  });

  test('is started again five times in a row, or as often as it is told', () => {
    expect(definition(pipelineOf({ maxRestarts: 7 }).stack)).not.toBe(definition(pipelineOf().stack));
    expect(definition(pipelineOf({ maxRestarts: 5 }).stack)).toBe(definition(pipelineOf().stack));
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import { App, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from '../../lib/config';
import { DataContracts } from '../../lib/contracts';
import { LakehouseStack, type LakehouseStackProps } from '../../lib/lakehouse-stack';
import { fixtureDependencies } from '../support/dependencies';
import { MINIMAL_CONFIG, PRODUCTION_CONFIG, type Resource, resourcesIn, warningsOf } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

const ROOT = path.resolve(__dirname, '..', '..');

/** All that our contracts ask for, so that nothing is left to warn of. */
const COMPLETE: Partial<LakehouseConfig> = { batch: {}, sources: [{ name: 'nycflights' }], kafka: {}, streaming: {} };

/** Read once, because nothing changes them. */
const CONTRACTS = DataContracts.fromDirectory(path.join(ROOT, 'contracts'));
const DEPENDENCIES = fixtureDependencies();

/** A batch cluster, and the source that our contracts load from. */
const SOURCE: Partial<LakehouseConfig> = { batch: {}, sources: [{ name: 'nycflights' }] };

/** The same in production. */
const COMPLETE_PRODUCTION: Partial<LakehouseConfig> = { ...PRODUCTION_CONFIG, ...COMPLETE };

/** Every room that can be left out, but Lake Formation, which is the account's. */
const EVERYTHING: Partial<LakehouseConfig> = {
  ...SOURCE,
  kafka: {},
  streaming: {},
  jobFlow: {},
  serverless: {},
  airflow: {},
  athena: {},
  budget: { monthlyUsd: 1000 },
};

interface Outputs {
  readonly Outputs?: { readonly [id: string]: { readonly Export?: unknown } };
}

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

function build(values: Partial<LakehouseConfig> = {}, props: Partial<LakehouseStackProps> = {}): LakehouseStack {
  return new LakehouseStack(new App(), 'Lakehouse-test', {
    config: { ...MINIMAL_CONFIG, ...values },
    contracts: CONTRACTS,
    dependencies: DEPENDENCIES,
    ...props,
  });
}

/** The names of the topics. */
function topicsOf(stack: Stack): string[] {
  return Object.values(resourcesIn<{ TopicName: string }>(stack, 'AWS::MSK::Topic')).map(
    ({ Properties }) => Properties.TopicName,
  );
}

/** The boundary of every role. */
function boundsOf(stack: Stack): unknown[] {
  return Object.values(resourcesIn<{ PermissionsBoundary?: unknown }>(stack, 'AWS::IAM::Role')).map(
    ({ Properties }) => Properties.PermissionsBoundary,
  );
}

let minimal: LakehouseStack | undefined;

/** The stack of the least config that loads something, made once for the tests that only look at it. */
function minimalStack(): LakehouseStack {
  return (minimal ??= build({ batch: {} }));
}

/** The statements that the load has on top of what every cluster has. */
function ingestStatements(stack: Stack): Statement[] {
  // a policy that is too long for a role goes on in a managed one
  const policies = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    Object.entries(resourcesIn<{ PolicyDocument: { Statement: Statement[] } }>(stack, type)),
  );
  const own = policies.filter(([id]) => id.startsWith('BatchClusterRolesInstance'));
  return own.flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
}

function dataOf(stack: Stack): Resource<unknown>[] {
  return ['AWS::S3::Bucket', 'AWS::KMS::Key', 'AWS::Glue::Database'].flatMap((type) =>
    Object.values(resourcesIn(stack, type)),
  );
}

/** The value of the runtime parameter. */
function runtimeOf(stack: LakehouseStack): string {
  const parameters = Object.values(resourcesIn<{ Name: string; Value: unknown }>(stack, 'AWS::SSM::Parameter'));
  const runtime = parameters.find(({ Properties }) => Properties.Name.endsWith('/runtime'));
  return JSON.stringify(runtime?.Properties.Value).replaceAll('\\"', '"');
}

describe('LakehouseStack', () => {
  test('publishes to jobs what they must know', () => {
    const stack = build(SOURCE);
    const [parameter] = Object.values(resourcesIn<{ Name: string; Value: unknown }>(stack, 'AWS::SSM::Parameter'));
    expect(parameter?.Properties.Name).toBe('/lakehouse/test/runtime');
    const value = JSON.stringify(parameter?.Properties.Value).replaceAll('\\"', '"');
    for (const text of [
      '"databases":{"bronze":"lakehouse_test_bronze","silver":"lakehouse_test_silver","gold":"lakehouse_test_gold"}',
      '"buckets":{"landing":"',
      '"accessLogs":"',
      '"topics":{"critical":"',
      '"batchCluster":{"id":"',
      '"sources":{"nycflights":{"secretId":"lakehouse/test/sources/nycflights"}}',
      '"applications":{"ingest":{"args":["spark-submit","--deploy-mode","cluster"',
    ]) {
      expect(value).toContain(text);
    }
  });

  test('has an output for everything a pipeline needs, and exports none', () => {
    const { Outputs: outputs = {} }: Outputs = Template.fromStack(minimalStack()).toJSON();
    expect(Object.keys(outputs).toSorted()).toEqual(
      [
        'RuntimeParameter',
        'BatchClusterId',
        ...['Landing', 'Bronze', 'Silver', 'Gold', 'Archive', 'Artifacts', 'AccessLogs'].map((name) => `${name}Bucket`),
        ...['Bronze', 'Silver', 'Gold'].map((name) => `${name}Database`),
        ...['Critical', 'Warning', 'Info'].map((name) => `${name}Topic`),
      ].toSorted(),
    );
    expect(Object.values(outputs).every((output) => output.Export === undefined)).toBe(true);
  });

  test('lets the load emit metrics into its own namespace only', () => {
    expect(ingestStatements(minimalStack())).toContainEqual({
      Sid: 'EmitMetrics',
      Effect: 'Allow',
      Action: 'cloudwatch:PutMetricData',
      Resource: '*',
      Condition: { StringEquals: { 'cloudwatch:namespace': 'Lakehouse' } },
    });
  });

  test("lets the load read each source's secret, and no other", () => {
    const statements = ingestStatements(
      build({ ...SOURCE, sources: [{ name: 'a' }, { name: 'b', secretName: 'mine/b' }] }),
    );
    const secrets = JSON.stringify(
      statements.filter(({ Action }) => JSON.stringify(Action).includes('secretsmanager')),
    );
    expect(secrets).toContain(':secret:lakehouse/test/sources/a-??????');
    expect(secrets).toContain(':secret:mine/b-??????');
    expect(JSON.stringify(ingestStatements(minimalStack()))).not.toContain('secretsmanager');
  });

  test('lets the batch jobs write landing, run records and tables, and create tables in gold alone', () => {
    const statements = ingestStatements(minimalStack());
    const text = JSON.stringify(statements);
    expect(text).toMatch(/StorageLanding\w+","Arn"\]},"\/\*"/);
    expect(text).toMatch(/StorageArtifacts\w+","Arn"\]},"\/runs\/\*"/);
    expect(text).toContain('table/lakehouse_test_bronze/*');
    expect(text).toContain('table/lakehouse_test_silver/*');
    const creating = statements.filter(({ Action }) => JSON.stringify(Action).includes('glue:CreateTable'));
    expect(JSON.stringify(creating)).toContain('table/lakehouse_test_gold/*');
    expect(JSON.stringify(creating)).not.toMatch(/lakehouse_test_(bronze|silver)/);
    expect(text).toContain(':parameter/lakehouse/test/runtime');
  });

  test('does not let the cluster wait for the parameter that names it', () => {
    const [cluster] = Object.entries(resourcesIn(minimalStack(), 'AWS::EMR::Cluster'));
    expect(JSON.stringify(cluster)).not.toContain('Runtime');
  });

  test.each([
    ['neither key', undefined, false],
    ['only the key in the config', RemovalPolicy.DESTROY, false],
    ['only the key of the app', undefined, true],
  ])('retains all data with %s', (_what, removalPolicy, allowDestroy) => {
    const data = dataOf(build({ removalPolicy }, { allowDestroy }));
    expect(data.length).toBeGreaterThan(10);
    expect(new Set(data.map(({ Type, DeletionPolicy }) => `${Type} ${DeletionPolicy}`))).toEqual(
      new Set([
        'AWS::S3::Bucket Retain',
        'AWS::KMS::Key RetainExceptOnCreate',
        'AWS::Glue::Database RetainExceptOnCreate',
      ]),
    );
    expect(new Set(data.map(({ UpdateReplacePolicy }) => UpdateReplacePolicy))).toEqual(new Set(['Retain']));
  });

  test.each([
    [{ removalPolicy: RemovalPolicy.DESTROY }, {}, "the other one is 'allowDestroy' of the stack"],
    [{}, { allowDestroy: true }, "the other one is 'removalPolicy: DESTROY' in the config"],
  ])('warns when only one key is turned: %j %j', (values, props, text) => {
    expect(warningsOf(build({ ...COMPLETE, ...values }, props))).toEqual([
      expect.stringContaining(`/Lakehouse-test: data is retained, because only one of two keys is turned; ${text}`),
    ]);
  });

  test('has nothing to warn of when none or both are turned', () => {
    const both = build({ ...COMPLETE, removalPolicy: RemovalPolicy.DESTROY }, { allowDestroy: true });
    expect([build(COMPLETE), both].flatMap(warningsOf)).toEqual([]);
  });

  test('warns when nobody is told of critical alerts in production', () => {
    const told = { ...COMPLETE_PRODUCTION, alerts: { criticalEmails: ['oncall@example.com'] } };
    expect(warningsOf(build(COMPLETE_PRODUCTION))).toEqual([
      expect.stringContaining('nobody is told of critical alerts'),
    ]);
    expect(warningsOf(build(told))).toEqual([]);
  });

  test('warns of a source that contracts name and the config does not', () => {
    expect(warningsOf(build({ ...COMPLETE, sources: [{ name: 'nycflight' }] }))).toEqual([
      expect.stringContaining(
        "contracts load from 'nycflights', which is not among the sources of the config; did you mean 'nycflight'?",
      ),
    ]);
  });

  test('needs no contract: an empty lake can be filled later', () => {
    const directory = temporaryDirectory();
    fs.writeFileSync(path.join(directory, 'schema.lock.json'), '{"version":1,"tables":{}}');
    const stack = build({}, { contracts: DataContracts.fromDirectory(directory) });
    expect(Object.keys(resourcesIn(stack, 'AWS::Glue::Database'))).toHaveLength(3);
    expect(resourcesIn(stack, 'AWS::CloudFormation::Stack')).toEqual({});
  });

  test('lets data go when both keys are turned', () => {
    const data = dataOf(build({ removalPolicy: RemovalPolicy.DESTROY }, { allowDestroy: true }));
    expect(new Set(data.map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Delete']));
  });

  test('is protected against termination in production, and so is its cluster', () => {
    const protectedStack = build({ ...PRODUCTION_CONFIG, batch: {} });
    expect(protectedStack.terminationProtection).toBe(true);
    expect(minimalStack().terminationProtection).toBe(false);
    const [cluster] = Object.values(
      resourcesIn<{ Instances: { TerminationProtected: boolean } }>(protectedStack, 'AWS::EMR::Cluster'),
    );
    expect(cluster?.Properties.Instances.TerminationProtected).toBe(true);
  });

  test('deploys to the account and region of its config only', () => {
    expect(build(PRODUCTION_CONFIG)).toMatchObject({ account: '123456789012', region: 'us-east-1' });
  });

  test('tags its resources', () => {
    const [topic] = Object.values(
      resourcesIn<{ Tags: unknown[] }>(build({ tags: { owner: 'data' } }), 'AWS::SNS::Topic'),
    );
    expect(topic?.Properties.Tags).toEqual([
      { Key: 'environment', Value: 'test' },
      { Key: 'owner', Value: 'data' },
    ]);
  });

  test('begins database names with the prefix', () => {
    const names = Object.values(
      resourcesIn<{ DatabaseInput: { Name: string } }>(build({ namePrefix: 'my_lake' }), 'AWS::Glue::Database'),
    ).map(({ Properties }) => Properties.DatabaseInput.Name);
    expect(names.toSorted()).toEqual(['my_lake_test_bronze', 'my_lake_test_gold', 'my_lake_test_silver']);
  });

  test('uses a network and a key of your own', () => {
    const app = new App();
    const mine = new Stack(app, 'Mine', { env: { region: 'us-east-1' } });
    const stack = build(
      {},
      {
        vpc: new ec2.Vpc(mine, 'Vpc'),
        encryptionKey: kms.Key.fromKeyArn(mine, 'Key', 'arn:aws:kms:us-east-1:1:key/k'),
      },
    );
    expect(stack.vpc.node.path).toBe('Mine/Vpc');
    expect(stack.encryptionKey.keyArn).toBe('arn:aws:kms:us-east-1:1:key/k');
    expect(stack.node.tryFindChild('Network')).toBeUndefined();
    expect(stack.node.tryFindChild('Key')).toBeUndefined();
  });

  test('fails with all mistakes of its config before it makes anything', () => {
    expect(() => build({ account: '1', region: 'x', batch: { coreUnits: 0 } })).toThrow(
      /^4 problems in environment 'test'/,
    );
  });

  test('makes the topics of the contracts where there is Kafka, and what reads them where there is a cluster for that', () => {
    const kafka = build({ kafka: {} });
    expect(topicsOf(kafka)).toEqual(['flights.events']);
    expect(Object.keys(kafka.streams)).toEqual([]);
    const streaming = build({ kafka: {}, streaming: {} });
    expect(Object.keys(streaming.streams)).toEqual(['flight_events']);
    const [machine] = Object.values(
      resourcesIn<{ DefinitionString: unknown }>(streaming, 'AWS::StepFunctions::StateMachine'),
    );
    expect(JSON.stringify(machine?.Properties.DefinitionString)).toContain('flight_events');
    expect(topicsOf(build())).toEqual([]);
  });

  test('tells pipelines where every room is that there is, and of none that there is not', () => {
    const all = runtimeOf(build(EVERYTHING));
    const names = [
      'kafka',
      'streamingCluster',
      'streamingJobs',
      'batchCluster',
      'jobFlow',
      'serverless',
      'airflow',
      'athena',
    ];
    expect(names.filter((name) => !all.includes(`"${name}":{`))).toEqual([]);
    const few = runtimeOf(build());
    expect(names.filter((name) => few.includes(`"${name}":`))).toEqual([]);
  });

  test('lets Airflow run steps, the job flow and nothing else of EMR', () => {
    const policies = resourcesIn<{ PolicyDocument: { Statement: Statement[] } }>(build(EVERYTHING), 'AWS::IAM::Policy');
    const [, policy] = Object.entries(policies).find(([id]) => id.startsWith('AirflowRole')) ?? [];
    const actions = (policy?.Properties.PolicyDocument.Statement ?? []).flatMap(({ Action }) => Action);
    expect(actions.filter((action) => action.startsWith('elasticmapreduce:')).toSorted()).toEqual([
      'elasticmapreduce:AddJobFlowSteps',
      'elasticmapreduce:CancelSteps',
      'elasticmapreduce:DescribeCluster',
      'elasticmapreduce:DescribeStep',
      'elasticmapreduce:ListSteps',
    ]);
    expect(actions).toContain('states:StartExecution');
  });

  test('lets the clusters write what Lake Formation governs, where the config has it', () => {
    const stack = build({
      ...EVERYTHING,
      lakeFormation: { administrators: ['arn:aws:iam::123456789012:role/Steward'] },
    });
    const writers = JSON.stringify(resourcesIn(stack, 'AWS::LakeFormation::PrincipalPermissions'));
    expect(writers).toContain('BatchClusterRolesInstance');
    expect(writers).toContain('StreamingClusterRolesInstance');
    const settings = JSON.stringify(resourcesIn(stack, 'AWS::LakeFormation::DataLakeSettings'));
    expect(settings).toContain('arn:aws:iam::123456789012:role/Steward');
    expect(settings).toContain('APPEND');
    expect(resourcesIn(build(EVERYTHING), 'AWS::LakeFormation::DataLakeSettings')).toEqual({});
  });

  test('bounds every role, where the config names a boundary', () => {
    const boundary = 'arn:aws:iam::123456789012:policy/Boundary';
    expect(new Set(boundsOf(build({ ...EVERYTHING, permissionsBoundary: boundary })))).toEqual(new Set([boundary]));
    expect(new Set(boundsOf(build(EVERYTHING)))).toEqual(new Set([undefined]));
  });

  test('reads like a table of contents', () => {
    const source = fs.readFileSync(path.join(ROOT, 'lib', 'lakehouse-stack.ts'), 'utf8');
    expect(source.split('\n').length).toBeLessThanOrEqual(251);
    const rooms = [...source.matchAll(/new (\w+)\(this/g)].map(([, room]) => room);
    expect(rooms).toEqual([
      'LakeKey',
      'LakeNetwork',
      'AlertTopics',
      'LakeStorage',
      'LakeCatalog',
      'KafkaSchemaRegistry',
      'KafkaCluster',
      'StreamingCluster',
      'BatchJobFlow',
      'BatchCluster',
      'IngestPipeline',
      'QualityPipeline',
      'TransformPipeline',
      'ServerlessSpark',
      'BatchDags',
      'AirflowEnvironment',
      'LakeGovernance',
      'AthenaWorkgroup',
      'LakehouseAlarms',
      'LakehouseDashboards',
      'SavedLogQueries',
      'CostBudget',
      'RuntimeParameter',
      'StreamPipeline',
    ]);
  });
});

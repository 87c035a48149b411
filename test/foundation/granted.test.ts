import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { environments } from '../../config';
import { type IIcebergTable, IcebergTable } from '../../lib/catalog';
import { DataContracts, Zone } from '../../lib/contracts';
import { LakehouseStack } from '../../lib/lakehouse-stack';
import { AirflowRole } from '../../lib/orchestration';
import type { BatchDags } from '../../lib/pipelines';
import { StreamingCluster, StreamingJob } from '../../lib/processing';
import { KafkaSchema, KafkaSchemaRegistry } from '../../lib/streaming';
import { fixtureDependencies } from '../support/dependencies';

const contracts = DataContracts.fromDirectory(path.resolve(__dirname, '..', '..', 'contracts'));
const ACCOUNT = '123456789012';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/reader`;

type Principals = { readonly [name: string]: (stack: Stack) => iam.IGrantable };

/** Whose policy the app cannot change, and what the warning calls them. */
const CLOSED: Principals = {
  "'Lake/Reader'": (stack) => iam.Role.fromRoleArn(stack, 'Reader', ROLE, { mutable: false }),
  "'Lake/Other'": (stack) => iam.Role.fromRoleArn(stack, 'Other', 'arn:aws:iam::210987654321:role/reader'),
  "'Lake/Both'": (stack) => iam.Role.fromRoleArn(stack, 'Both', ROLE, { mutable: false, addGrantsToResources: true }),
  'ServicePrincipal(glue.amazonaws.com)': () => new iam.ServicePrincipal('glue.amazonaws.com'),
};

const root = new iam.AccountRootPrincipal();

const OPEN: Principals = {
  'a role of the app': (stack) => new iam.Role(stack, 'Reader', { assumedBy: root }),
  'an imported role': (stack) => iam.Role.fromRoleArn(stack, 'Reader', ROLE),
  'a role that is made when it is needed': (stack) => new iam.LazyRole(stack, 'Reader', { assumedBy: root }),
  'a role under conditions': (stack) =>
    new iam.PrincipalWithConditions(new iam.Role(stack, 'Reader', { assumedBy: root }), {}),
  'a user': (stack) => new iam.User(stack, 'Reader'),
  'an imported user': (stack) => iam.User.fromUserName(stack, 'Reader', 'reader'),
  'a managed policy': (stack) => new iam.ManagedPolicy(stack, 'Reader'),
  'a role of an app whose roles are made elsewhere': (stack) => {
    iam.Role.customizeRoles(stack, { usePrecreatedRoles: {} });
    return iam.Role.fromRoleArn(stack, 'Reader', ROLE);
  },
};

/** What is said beside a construct of what is not granted. */
function warningsOf(construct: IConstruct): string[] {
  return construct.node.metadata
    .filter(({ type, data }) => type === 'aws:cdk:warning' && String(data).includes('cdk-lakehouse:nothingGranted'))
    .map(({ data }) => String(data));
}

function tableIn(stack: Stack, encryptionKey?: kms.IKey): IIcebergTable {
  const bucket = new s3.Bucket(stack, 'Bucket', { encryptionKey });
  const attributes = { databaseName: 'silver', tableName: 'trips', bucket };
  return IcebergTable.fromIcebergTableAttributes(stack, 'Trips', attributes);
}

function lakeStack(): Stack {
  return new Stack(new App(), 'Lake', { env: { account: ACCOUNT, region: 'eu-central-1' } });
}

describe('granted', () => {
  test.each(Object.entries(CLOSED))('warns beside the table that %s is allowed nothing', (name, principal) => {
    const stack = lakeStack();
    const table = tableIn(stack);
    table.grants.read(principal(stack));
    expect(warningsOf(table)).toEqual([expect.stringContaining(`${name} is not allowed `)]);
  });

  test('names the actions once, for whoever may allow them', () => {
    const stack = lakeStack();
    const table = tableIn(stack, new kms.Key(stack, 'Key'));
    table.grants.read(iam.Role.fromRoleArn(stack, 'Reader', ROLE, { mutable: false }));
    const actions = 'glue:GetDatabase, glue:GetTable, kms:Decrypt, s3:GetBucketLocation, s3:GetObject, s3:ListBucket';
    expect(warningsOf(table)).toEqual([
      `'Lake/Reader' is not allowed ${actions}, because this app cannot change its policy; allow it where it is defined ` +
        '[ack: cdk-lakehouse:nothingGranted]',
    ]);
  });

  test.each(Object.entries(OPEN))('does not warn of %s', (_, principal) => {
    const stack = lakeStack();
    const grantee = principal(stack);
    const table = tableIn(stack, new kms.Key(stack, 'Key'));
    table.grants.readWrite(grantee);
    expect(warningsOf(table)).toEqual([]);
  });

  test('leaves it to CDK to warn of a grantee that nobody knows', () => {
    const stack = lakeStack();
    const resource = new Construct(stack, 'Imported');
    const table = tableIn(stack);
    table.grants.read({ grantPrincipal: new iam.UnknownPrincipal({ resource }) });
    expect(warningsOf(table)).toEqual([]);
    expect(resource.node.metadata).not.toEqual([]);
  });

  test('warns of all that can be granted', () => {
    const config = { ...environments.load('dev'), account: ACCOUNT, lakeFormation: {} };
    const lake = new LakehouseStack(new App(), 'Lake', { config, contracts, dependencies: fixtureDependencies() });
    const role = iam.Role.fromRoleArn(lake, 'Reader', ROLE, { mutable: false });
    const dags = lake.node.findChild('Dags') as BatchDags;
    const registry = new KafkaSchemaRegistry(lake, 'OwnRegistry');
    const schema = new KafkaSchema(lake, 'Schema', {
      registry,
      schemaName: 'own',
      contract: contracts.get('silver.flight_events'),
    });
    const attributes = { clusterId: 'j-1', instanceRole: role, storage: lake.storage };
    const cluster = StreamingCluster.fromStreamingClusterAttributes(lake, 'Theirs', attributes);

    lake.catalog.table(Zone.SILVER, 'flights').grants.read(role);
    lake.catalog.grants.read(role);
    lake.workgroup?.grants.query(role);
    lake.serverless?.grants.run(role);
    lake.airflow?.grants.invokeRestApi(role, AirflowRole.VIEWER);
    lake.jobFlow?.grantRun(role);
    lake.governance?.addReader('Readers', { role, classifications: ['unclassified'] });
    dags.grantRun(role);
    lake.streams.flight_events?.topic.grants.consume(role, 'readers');
    lake.streams.flight_events?.job.grantStart(role);
    schema.grants.read(role);
    new StreamingJob(lake, 'Own', { cluster, entryPoint: 'workloads/jobs/main.py' });

    const warned = lake.node.findAll().filter((construct) => warningsOf(construct).length > 0);
    expect(warned.map(({ node }) => node.path).toSorted()).toEqual([
      'Lake/Airflow',
      'Lake/Catalog',
      'Lake/Catalog/Operations/Silver_flights',
      'Lake/Dags',
      'Lake/Governance',
      'Lake/JobFlow/Machine',
      'Lake/Kafka/Topic-flight_events',
      'Lake/Own',
      'Lake/Own/Application',
      'Lake/Schema',
      'Lake/Serverless',
      'Lake/StreamingCluster/Job-flight_events/Supervisor',
      'Lake/Workgroup',
    ]);
  });
});

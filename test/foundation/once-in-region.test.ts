import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack, Stage } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { IcebergTable, LakeCatalog } from '../../lib/catalog';
import { AthenaWorkgroup } from '../../lib/consumption';
import { DataContracts, IcebergType } from '../../lib/contracts';
import { AirflowEnvironment, DagBundle } from '../../lib/orchestration';
import { LakeStorage } from '../../lib/storage';
import { KafkaBrokers, KafkaCluster, KafkaSchemaRegistry } from '../../lib/streaming';

const contracts = DataContracts.fromDirectory('contracts');

/** Makes what has a name. */
type Named = (scope: Construct, id: string) => unknown;

function tableIn(scope: Construct, id: string): IcebergTable {
  return new IcebergTable(scope, id, {
    databaseName: 'silver',
    tableName: 'trips',
    bucket: s3.Bucket.fromBucketName(scope, `${id}Bucket`, `lake-${id.toLowerCase()}`),
    columns: [{ id: 1, name: 'id', type: IcebergType.LONG }],
  });
}

/** What is named in a scope, with what it needs beside it. */
const NAMED: { readonly [path: string]: readonly [got: string, named: Named] } = {
  tableName: ['silver.trips', tableIn],
  databasePrefix: [
    'lake',
    (scope, id) => {
      const zones = new LakeStorage(scope, `${id}Zones`);
      return new LakeCatalog(scope, id, { zones, contracts, databasePrefix: 'lake' });
    },
  ],
  workgroupName: [
    'analysts',
    (scope, id) => {
      const results = new s3.Bucket(scope, `${id}Bucket`, { encryptionKey: new kms.Key(scope, `${id}Key`) });
      return new AthenaWorkgroup(scope, id, { results, workgroupName: 'analysts' });
    },
  ],
  clusterName: [
    'events',
    (scope, id) => {
      const vpc = new ec2.Vpc(scope, `${id}Vpc`, { maxAzs: 3 });
      const brokers = KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') });
      return new KafkaCluster(scope, id, { vpc, brokers, clusterName: 'events' });
    },
  ],
  registryName: ['events', (scope, id) => new KafkaSchemaRegistry(scope, id, { registryName: 'events' })],
  environmentName: [
    'nightly',
    (scope, id) => {
      const vpc = new ec2.Vpc(scope, `${id}Vpc`, { maxAzs: 2 });
      const bucket = new s3.Bucket(scope, `${id}Bucket`, {
        versioned: true,
        blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      });
      const dags = new DagBundle(scope, `${id}Dags`, { bucket, bundleName: 'nightly', directory: 'workloads/dags' });
      return new AirflowEnvironment(scope, id, { vpc, dags, environmentName: 'nightly' });
    },
  ],
};

const PLACE = { account: '123456789012', region: 'eu-west-1' };

describe('onceInRegion', () => {
  test.each(Object.entries(NAMED))('refuses a second %s in the same account and region', (path, [got, named]) => {
    const app = new App();
    named(new Stack(app, 'One', { env: PLACE }), 'First');
    expect(() => named(new Stack(app, 'Two', { env: PLACE }), 'Second')).toThrow(
      `'${path}' must be another name than that of 'One/First', which is in the same account and region, got "${got}"; rename one of the two`,
    );
  });

  test('refuses two in one stack, wherever that is deployed', () => {
    const stack = new Stack(new App(), 'One');
    tableIn(stack, 'First');
    expect(() => tableIn(stack, 'Second')).toThrow("'tableName' must be another name than that of 'One/First'");
  });

  test('takes one in each region, account and stage', () => {
    const app = new App();
    const places = [PLACE, { ...PLACE, region: 'eu-north-1' }, { ...PLACE, account: '210987654321' }];
    places.forEach((env, index) => tableIn(new Stack(app, `Stack${index}`, { env }), 'Table'));
    const stages = ['Dev', 'Prod'].map((id) => tableIn(new Stack(new Stage(app, id), 'Stack'), 'Table'));
    expect(stages.map(({ tableName }) => tableName)).toEqual(['trips', 'trips']);
  });

  test('takes one in each stack that is deployed to wherever somebody is signed in', () => {
    const app = new App();
    const stacks = ['Dev', 'Prod'].map((id) => tableIn(new Stack(app, id), 'Table'));
    expect(stacks.map(({ tableName }) => tableName)).toEqual(['trips', 'trips']);
  });

  test('takes one name for things of different kinds', () => {
    const stack = new Stack(new App(), 'One', { env: PLACE });
    new KafkaSchemaRegistry(stack, 'Registry', { registryName: 'analysts' });
    expect(() => NAMED.workgroupName?.[1](stack, 'Workgroup')).not.toThrow();
  });
});

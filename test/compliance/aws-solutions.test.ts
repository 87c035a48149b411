import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { IcebergTable } from '../../lib/catalog';
import { IcebergType, Zone } from '../../lib/contracts';
import { LakeNetwork } from '../../lib/foundation';
import { BatchCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { answersIn, complianceOf, withAwsSolutions } from '../support/compliance';
import { ENVIRONMENTS, lakehouseAppOf } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';

describe.each(ENVIRONMENTS)('AwsSolutions rules on %s', (environment) => {
  const { app } = lakehouseAppOf(environment, { outdir: temporaryDirectory() });
  const { open, answered } = complianceOf(withAwsSolutions(app));

  test('have no open finding', () => {
    expect(open).toEqual([]);
  });

  test('are answered with reasons, each for a finding that exists', () => {
    const given = answersIn(app).filter(({ id }) => id.startsWith('AwsSolutions'));
    const used = new Set(answered.map(({ acknowledgedAt, acknowledgedId }) => `${acknowledgedAt} ${acknowledgedId}`));
    expect(given.length).toBeGreaterThan(0);
    expect(given.filter(({ construct, id }) => !used.has(`${construct} ${id}`))).toEqual([]);
    expect(given.filter(({ reason }) => reason.length < 40)).toEqual([]);
  });
});

test('single rooms in another app, under other names and in any account, have no open finding', () => {
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Theirs');
  const part = new Construct(stack, 'Analytics');
  const storage = new LakeStorage(part, 'Zones');
  const { vpc } = new LakeNetwork(part, 'Net', { availabilityZones: ['eu-west-1a'] });
  const cluster = new BatchCluster(part, 'Nightly', { vpc, storage });
  cluster.addApplication('Report', { entryPoint: __filename });
  expect(complianceOf(withAwsSolutions(app)).open).toEqual([]);
});

test('grants to whom another stack defines, and clusters on a lake of another stack, have no open finding', () => {
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
  const env = { account: '123456789012', region: 'us-east-1' };
  const lake = new Stack(app, 'Lake', { env });
  const storage = new LakeStorage(lake, 'Zones');
  const bucket = storage.bucket(Zone.SILVER);
  const columns = [{ id: 1, name: 'id', type: IcebergType.LONG }];
  const table = new IcebergTable(lake, 'Trips', { databaseName: 'silver', tableName: 'trips', bucket, columns });

  const theirs = new Stack(app, 'Theirs', { env });
  const { vpc } = new LakeNetwork(theirs, 'Net', { availabilityZones: ['us-east-1a'] });
  const grantees = [
    new BatchCluster(theirs, 'Nightly', { vpc, storage }),
    new iam.Role(theirs, 'Role', { assumedBy: new iam.AccountRootPrincipal() }),
    iam.Role.fromRoleName(theirs, 'Known', 'known'),
    new iam.Group(theirs, 'Group'),
    new iam.ServicePrincipal('glue.amazonaws.com'),
  ];
  grantees.forEach((grantee) => table.grants.readWrite(grantee));
  expect(complianceOf(withAwsSolutions(app)).open).toEqual([]);
});

test('an unanswered finding is open, so the rules are really on', () => {
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
  const stack = new Stack(app, 'Bad', { env: { region: 'us-east-1' } });
  new LakeStorage(stack, 'Storage');
  new s3.Bucket(stack, 'Plain');
  const { open } = complianceOf(withAwsSolutions(app));
  expect(open.map(({ rule, construct }) => `${rule} ${construct}`).toSorted()).toEqual([
    'AwsSolutions-S1 Bad/Plain/Resource',
    'AwsSolutions-S10 Bad/Plain/Resource',
  ]);
});

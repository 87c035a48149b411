import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import { DataContracts } from '../../lib/contracts';
import { LakeNetwork } from '../../lib/foundation';
import { AirflowEnvironment, AirflowVersion } from '../../lib/orchestration';
import { BatchDags } from '../../lib/pipelines';
import { DAGS } from '../../lib/pipelines/jobs';
import { LakeStorage } from '../../lib/storage';
import { resourcesIn, testStack, theOnly } from '../support/stacks';

const CONTRACTS = DataContracts.fromDirectory(join(__dirname, '..', '..', 'contracts'));

/** Seconds between two runs, by Airflow's names of schedules. */
const EVERY: { readonly [schedule: string]: number } = { '@hourly': 3600, '@daily': 86_400 };

describe('BatchDags', () => {
  test('lets Airflow read what the jobs recorded, and of the bucket nothing else', () => {
    const stack = testStack();
    const bucket = new LakeStorage(stack, 'Storage').artifacts;
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('airflow.amazonaws.com') });
    new BatchDags(stack, 'Dags', { environment: 'test', bucket }).grantRun(role);
    const policy = Object.entries(resourcesIn(stack, 'AWS::IAM::Policy')).find(([id]) => id.startsWith('Role'));
    expect(JSON.stringify(policy).match(/"s3:\w+"|"\/\w+\/\*"/g)).toEqual(['"s3:GetObject"', '"/runs/*"']);
  });

  test.each(AirflowVersion.knownVersions())(
    'installs nothing, so a private environment of Airflow %s runs it',
    (name) => {
      const stack = testStack();
      const bucket = new LakeStorage(stack, 'Storage').artifacts;
      const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a', 'us-east-1b'] });
      const dags = new BatchDags(stack, 'Dags', { environment: 'test', bucket }).bundle;
      new AirflowEnvironment(stack, 'Airflow', { vpc, dags, version: AirflowVersion.fromName(name) });
      const environment = theOnly(stack, 'AWS::MWAA::Environment');
      expect(environment).toMatchObject({ AirflowVersion: name, WebserverAccessMode: 'PRIVATE_ONLY' });
      expect(environment).not.toHaveProperty('RequirementsS3Path');
    },
  );
});

describe('The DAG of the load', () => {
  test('runs twice at least within the shortest time that a contract promises, so that one late run breaks no promise', () => {
    const [, schedule = ''] = /schedule="(@\w+)"/.exec(readFileSync(join(DAGS, 'lakehouse_batch.py'), 'utf8')) ?? [];
    const promised = CONTRACTS.all().flatMap(({ source, freshnessSeconds }) =>
      source === undefined || freshnessSeconds === undefined ? [] : [freshnessSeconds],
    );
    expect(promised.length).toBeGreaterThan(0);
    expect(2 * (EVERY[schedule] ?? Infinity)).toBeLessThanOrEqual(Math.min(...promised));
  });
});

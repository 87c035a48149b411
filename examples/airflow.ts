import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Stack } from 'aws-cdk-lib/core';
import { foundation, orchestration, storage } from '../lib';

const app = new App();
const stack = new Stack(app, 'Orchestration', { env: { region: 'eu-west-1' } });
const { key } = new foundation.LakeKey(stack, 'Key');
const { vpc } = new foundation.LakeNetwork(stack, 'Network', { availabilityZones: ['eu-west-1a', 'eu-west-1b'] });
const lake = new storage.LakeStorage(stack, 'Lake', { encryptionKey: key });

// The folder of DAGs, copied into the bucket at each deployment that changes it. They need no more than MWAA has.
const dags = new orchestration.DagBundle(stack, 'Dags', {
  bucket: lake.artifacts,
  bundleName: 'lakehouse',
  directory: path.join(__dirname, '..', 'workloads', 'dags'),
  encryptionKey: key,
});

const airflow = new orchestration.AirflowEnvironment(stack, 'Airflow', {
  vpc,
  dags,
  encryptionKey: key,
  version: orchestration.AirflowVersion.V3_0_6,
  size: orchestration.AirflowSize.SMALL,
  maxWorkers: 5,
  // A section of one's own tells the DAGs which environment they are in.
  airflowConfiguration: { 'lakehouse.environment': 'prod' },
});

// What tasks may do is granted to the environment; people sign in with IAM, as what they are.
const resourceArns = [foundation.RuntimeParameter.arnFor(stack, 'prod')];
iam.Grant.addToPrincipal({ grantee: airflow, actions: ['ssm:GetParameter'], resourceArns });
const engineer = new iam.Role(stack, 'Engineer', { assumedBy: new iam.AccountRootPrincipal() });
airflow.grants.webLogin(engineer, orchestration.AirflowRole.USER);

app.synth();

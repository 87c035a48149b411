/** A cluster for each backfill and none in between; whoever orchestrates may run it and needs no permission on EMR. */
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib/core';
import { catalog, contracts, foundation, processing, storage } from '../lib';

const app = new App();
const stack = new Stack(app, 'Backfills', { env: { region: 'eu-central-1' } });

const { key } = new foundation.LakeKey(stack, 'Key');
const { vpc } = new foundation.LakeNetwork(stack, 'Network', { availabilityZones: ['eu-central-1a', 'eu-central-1b'] });
const zones = new storage.LakeStorage(stack, 'Zones', { encryptionKey: key });

const flow = new processing.BatchJobFlow(stack, 'Backfill', {
  vpc,
  storage: zones,
  encryptionKey: key,
  architecture: processing.InstanceArchitecture.ARM_64,
  coreUnits: 2,
  maxTaskUnits: 40,
  onDemandTaskUnits: 4,
  timeout: Duration.hours(6),
});
const report = flow.addApplication('Report', { entryPoint: 'workloads/jobs/main.py', codeDirectory: 'workloads/jobs' });
const trips = catalog.IcebergTable.fromIcebergTableAttributes(stack, 'Trips', {
  databaseName: 'lakehouse_silver',
  tableName: 'trips',
  bucket: zones.bucket(contracts.Zone.SILVER),
});
trips.grants.readWrite(flow);
flow.grantRun(new iam.Role(stack, 'Orchestrator', { assumedBy: new iam.AccountRootPrincipal() }));

/** What `aws stepfunctions start-execution --input` takes. */
const step = { Name: 'report', HadoopJarStep: { Jar: 'command-runner.jar', Args: [...report.stepArgs, '--all'] } };
new CfnOutput(stack, 'Machine', { value: flow.stateMachine.stateMachineArn });
new CfnOutput(stack, 'Input', { value: stack.toJsonString({ Steps: [step] }) });

app.synth();

import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts } from '../../lib/contracts';
import { AlertTopics, LakeKey, LakeNetwork } from '../../lib/foundation';
import { QualityPipeline } from '../../lib/pipelines';
import { BatchCluster, BatchJobFlow } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { fixtureDependencies } from '../support/dependencies';
import { actionsOfRole, actionsOn, testStack } from '../support/stacks';

const contracts = DataContracts.fromDirectory(path.resolve(__dirname, '..', '..', 'contracts'));

function pipelineOf(): { stack: Stack; pipeline: QualityPipeline } {
  const stack = testStack();
  const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a'] });
  const storage = new LakeStorage(stack, 'Storage');
  const catalog = new LakeCatalog(stack, 'Catalog', { zones: storage, contracts });
  const cluster = new BatchCluster(stack, 'Cluster', { vpc, storage });
  const jobFlow = new BatchJobFlow(stack, 'JobFlow', { vpc, storage });
  const alerts = new AlertTopics(stack, 'Alerts', { encryptionKey: new LakeKey(stack, 'Key').key });
  const lake = { cluster, jobFlow, environment: 'test', storage, catalog, contracts, alerts };
  return { stack, pipeline: new QualityPipeline(stack, 'Quality', { ...lake, dependencies: fixtureDependencies() }) };
}

describe('QualityPipeline', () => {
  const { stack, pipeline } = pipelineOf();

  test('is a Spark application with the contracts beside the jobs', () => {
    const args = JSON.stringify(stack.resolve(pipeline.application.stepArgs));
    expect(args).toContain('spark-submit');
    expect(args).toContain('#contracts');
    expect(args).toContain('#dependencies');
  });

  test('may run on the transient cluster too, which may then do the same', () => {
    const [one, other] = ['ClusterRolesInstance', 'JobFlowRolesInstance'].map((role) => actionsOfRole(stack, role));
    expect(one).toContain('"sns:Publish"');
    expect(other).toEqual(one);
  });

  test('may publish silver, and knows neither bronze nor gold', () => {
    expect(actionsOn(stack, 'table/lakehouse_silver/*')).toContain('glue:UpdateTable');
    expect(actionsOn(stack, 'lakehouse_bronze')).toEqual([]);
    expect(actionsOn(stack, 'lakehouse_gold')).toEqual([]);
  });

  test('may put its documentation under its prefix, and alert by the critical topic alone', () => {
    expect(actionsOn(stack, 'quality/*')).toEqual(['s3:PutObject']);
    expect(actionsOn(stack, 'AlertsCritical')).toEqual(['sns:Publish']);
    expect(actionsOn(stack, 'AlertsWarning')).toEqual([]);
  });
});

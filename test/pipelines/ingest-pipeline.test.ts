import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts } from '../../lib/contracts';
import { LakeNetwork } from '../../lib/foundation';
import { IngestPipeline, type IngestPipelineProps } from '../../lib/pipelines';
import { BatchCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { fixtureDependencies } from '../support/dependencies';
import { resourcesIn, testStack } from '../support/stacks';

const CONTRACTS = DataContracts.fromDirectory(path.resolve(__dirname, '..', '..', 'contracts'));

function pipelineOf(props: Partial<IngestPipelineProps> = {}): { stack: Stack; pipeline: IngestPipeline } {
  const stack = testStack();
  const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a'] });
  const storage = new LakeStorage(stack, 'Storage');
  const catalog = new LakeCatalog(stack, 'Catalog', { zones: storage, contracts: CONTRACTS });
  const pipeline = new IngestPipeline(stack, 'Ingest', {
    cluster: new BatchCluster(stack, 'Cluster', { vpc, storage }),
    environment: 'test',
    storage,
    catalog,
    contracts: CONTRACTS,
    dependencies: fixtureDependencies(),
    ...props,
  });
  return { stack, pipeline };
}

/** The statements of the policies of roles, as text. */
function statements(stack: Stack): string {
  return JSON.stringify(resourcesIn(stack, 'AWS::IAM::Policy'));
}

describe('IngestPipeline', () => {
  test('is a Spark application with the jobs and contracts of the package', () => {
    const { pipeline, stack } = pipelineOf();
    const args = JSON.stringify(stack.resolve(pipeline.application.stepArgs));
    expect(args).toContain('spark-submit');
    expect(args).toContain('#contracts');
    expect(args).toContain('#dependencies');
  });

  test('reads no secret where there is no source, and exactly those that are named', () => {
    expect(statements(pipelineOf().stack)).not.toContain('secretsmanager');
    const text = statements(pipelineOf({ sourceSecrets: { a: 'mine/a', b: 'mine/b' } }).stack);
    expect(text.match(/:secret:mine\/\w-\?{6}/g)).toEqual([':secret:mine/a-??????', ':secret:mine/b-??????']);
  });

  test('reads the runtime parameter of its environment and no other', () => {
    const text = statements(pipelineOf({ environment: 'blue' }).stack);
    expect(text).toContain(':parameter/lakehouse/blue/runtime');
    expect(text.match(/ssm:GetParameter/g)).toHaveLength(1);
  });

  test('may write bronze and silver, and not gold', () => {
    const text = statements(pipelineOf().stack);
    expect(text).toContain('table/lakehouse_bronze/*');
    expect(text).toContain('table/lakehouse_silver/*');
    expect(text).not.toContain('lakehouse_gold');
  });
});

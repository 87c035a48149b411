import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts } from '../../lib/contracts';
import { LakeNetwork } from '../../lib/foundation';
import { TransformPipeline, type TransformPipelineProps } from '../../lib/pipelines';
import { BatchCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { fixtureDependencies } from '../support/dependencies';
import { actionsOn, testStack } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

const CONTRACTS = DataContracts.fromDirectory(path.resolve(__dirname, '..', '..', 'contracts'));

function pipelineOf(props: Partial<TransformPipelineProps> = {}): { stack: Stack; pipeline: TransformPipeline } {
  const stack = testStack();
  const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a'] });
  const storage = new LakeStorage(stack, 'Storage');
  const catalog = new LakeCatalog(stack, 'Catalog', { zones: storage, contracts: CONTRACTS });
  const cluster = new BatchCluster(stack, 'Cluster', { vpc, storage });
  const fixed = { cluster, environment: 'test', storage, catalog, dependencies: fixtureDependencies() };
  return { stack, pipeline: new TransformPipeline(stack, 'Transform', { ...fixed, ...props }) };
}

function argsOf({ stack, pipeline }: { stack: Stack; pipeline: TransformPipeline }): string {
  return JSON.stringify(stack.resolve(pipeline.application.stepArgs));
}

describe('TransformPipeline', () => {
  test('is a Spark application with the dbt project beside the jobs', () => {
    const args = argsOf(pipelineOf());
    expect(args).toContain('spark-submit');
    expect(args).toContain('#dbt');
    expect(args).toContain('#dependencies');
  });

  test('runs a project of your own', () => {
    const project = temporaryDirectory();
    fs.writeFileSync(path.join(project, 'dbt_project.yml'), 'name: mine\n');
    expect(argsOf(pipelineOf({ project }))).not.toBe(argsOf(pipelineOf()));
  });

  test.each(['none', path.resolve(__dirname, '..', '..', 'workloads', 'dags')])('fails with %s', (project) => {
    expect(() => pipelineOf({ project })).toThrow("'project' must be a directory with a dbt_project.yml, got");
  });

  test('may create and change tables of gold, and drop none', () => {
    const actions = actionsOn(pipelineOf().stack, 'table/lakehouse_gold/*');
    expect(actions).toEqual(
      ['CreateTable', 'GetDatabase', 'GetTable', 'GetTables', 'UpdateTable'].map((a) => `glue:${a}`),
    );
  });

  test('only reads silver, and does not know bronze', () => {
    const { stack } = pipelineOf();
    expect(actionsOn(stack, 'table/lakehouse_silver/*')).toEqual([
      'glue:GetDatabase',
      'glue:GetTable',
      'glue:GetTables',
    ]);
    expect(actionsOn(stack, 'lakehouse_bronze')).toEqual([]);
  });

  test('may put documentation under its prefix', () => {
    expect(actionsOn(pipelineOf().stack, 'dbt-docs/*')).toEqual(['s3:PutObject']);
  });
});

import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts } from '../../lib/contracts';
import { LakeNetwork } from '../../lib/foundation';
import { IngestPipeline, type IngestPipelineProps } from '../../lib/pipelines';
import { BatchCluster, BatchJobFlow, InstanceArchitecture } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { fixtureDependencies } from '../support/dependencies';
import { actionsOfRole, resourcesIn, testStack } from '../support/stacks';

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

/** What the role of a cluster may do, sorted. */
describe('IngestPipeline', () => {
  test('is a Spark application with the jobs and contracts of the package', () => {
    const { pipeline, stack } = pipelineOf();
    const args = JSON.stringify(stack.resolve(pipeline.application.stepArgs));
    expect(args).toContain('spark-submit');
    expect(args).toContain('#contracts');
    expect(args).toContain('#dependencies');
  });

  test('runs on a cluster that exists already, whose role may then what the load does', () => {
    const stack = testStack();
    const storage = new LakeStorage(stack, 'Storage');
    const catalog = new LakeCatalog(stack, 'Catalog', { zones: storage, contracts: CONTRACTS });
    const instanceRole = iam.Role.fromRoleName(stack, 'Role', 'theirs');
    const lake = { environment: 'test', storage, catalog, contracts: CONTRACTS, dependencies: fixtureDependencies() };
    const cluster = BatchCluster.fromBatchClusterAttributes(stack, 'Theirs', { clusterId: 'j-1', instanceRole });
    const { application } = new IngestPipeline(stack, 'Ingest', { ...lake, cluster });
    expect(application.stepArgs[0]).toBe('spark-submit');
    expect(statements(stack)).toContain('"Sid":"LandExtracts"');
  });

  test('reads no secret where there is no source, and exactly those that are named', () => {
    expect(statements(pipelineOf().stack)).not.toContain('secretsmanager');
    const text = statements(pipelineOf({ sourceSecrets: { a: 'mine/a', b: 'mine/b' } }).stack);
    expect(text.match(/:secret:mine\/\w-\?{6}/g)).toEqual([':secret:mine/a-??????', ':secret:mine/b-??????']);
  });

  test('may run on a transient cluster too, which may then do the same', () => {
    const stack = testStack();
    const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a'] });
    const storage = new LakeStorage(stack, 'Storage');
    const jobFlow = new BatchJobFlow(stack, 'JobFlow', { vpc, storage });
    const cluster = new BatchCluster(stack, 'Cluster', { vpc, storage });
    const lake = { environment: 'test', storage, contracts: CONTRACTS, dependencies: fixtureDependencies() };
    const catalog = new LakeCatalog(stack, 'Catalog', { zones: storage, contracts: CONTRACTS });
    new IngestPipeline(stack, 'Ingest', { ...lake, catalog, cluster, jobFlow, sourceSecrets: { a: 'mine/a' } });
    const [one, other] = ['ClusterRolesInstance', 'JobFlowRolesInstance'].map((role) => actionsOfRole(stack, role));
    expect(one).toContain('"secretsmanager:GetSecretValue"');
    expect(other).toEqual(one);
  });

  test('fails when the transient cluster could not run what is built for the standing one', () => {
    const stack = testStack();
    const { vpc } = new LakeNetwork(stack, 'Network', { availabilityZones: ['us-east-1a'] });
    const storage = new LakeStorage(stack, 'Storage');
    const jobFlow = new BatchJobFlow(stack, 'JobFlow', { vpc, storage, architecture: InstanceArchitecture.ARM_64 });
    expect(() => pipelineOf({ jobFlow })).toThrow(
      `'jobFlow' must be of the cluster's architecture, x86_64, got "arm64"; give both the same architecture`,
    );
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

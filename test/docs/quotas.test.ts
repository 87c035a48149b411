import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environments } from '../../config';
import { root } from '../../local/paths';

interface Fleet {
  readonly TargetOnDemandCapacity?: number;
  readonly InstanceTypeConfigs: { readonly InstanceType: string; readonly WeightedCapacity: number }[];
}

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Instances: { readonly MasterInstanceFleet: Fleet; readonly CoreInstanceFleet: Fleet };
  };
}

/** https://aws.amazon.com/ec2/instance-types/: an xlarge of the families in use. */
const VCPUS_OF_XLARGE = 4;

function resourcesOf(environment: string): Resource[] {
  const file = join(root, 'test/stack/baselines', `Lakehouse-${environment}.template.json`);
  const template: { Resources: { [id: string]: Resource } } = JSON.parse(readFileSync(file, 'utf8'));
  return Object.values(template.Resources);
}

/** What runs On-Demand from the start: one unit is one instance, whichever of the types it is. */
function vcpusOf({ TargetOnDemandCapacity = 0, InstanceTypeConfigs }: Fleet): number {
  for (const { InstanceType, WeightedCapacity } of InstanceTypeConfigs) {
    expect([InstanceType, WeightedCapacity]).toEqual([expect.stringMatching(/\.xlarge$/), 1]);
  }
  return TargetOnDemandCapacity * VCPUS_OF_XLARGE;
}

test('The operations page says what the shipped environments need of quotas', () => {
  const page = readFileSync(join(root, 'docs/operations/README.md'), 'utf8');
  const rowOf = (title: string): number[] =>
    (page.split('\n').find((line) => line.startsWith(`| ${title}`)) ?? '').split('|').slice(3, -1).map(Number);
  const all = environments.names().map(resourcesOf);
  expect(environments.names()).toEqual(['dev', 'staging', 'prod']);
  expect(rowOf('EC2-VPC Elastic IPs')).toEqual(
    all.map((resources) => resources.filter(({ Type }) => Type === 'AWS::EC2::EIP').length),
  );
  const clusters = all.map((resources) => resources.filter(({ Type }) => Type === 'AWS::EMR::Cluster'));
  expect(rowOf('vCPUs of running On-Demand')).toEqual(
    clusters.map((each) =>
      each
        .flatMap(({ Properties: { Instances } }) => [Instances.MasterInstanceFleet, Instances.CoreInstanceFleet])
        .reduce((sum, fleet) => sum + vcpusOf(fleet), 0),
    ),
  );
});

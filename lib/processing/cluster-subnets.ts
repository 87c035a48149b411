import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Annotations } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { fail } from '../private';

/** What says where a cluster is. */
interface Place {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
}

/**
 * The subnets of a cluster: private ones, because its security groups are those of a cluster without public addresses.
 *
 * Fails when there is none, or one is public; warns of one without a way out.
 */
export function clusterSubnets(scope: Construct, { vpc, vpcSubnets }: Place): ec2.SelectedSubnets {
  if (vpcSubnets === undefined && vpc.privateSubnets.length === 0) {
    fail(
      {
        path: 'vpc',
        must: 'a network with private subnets that have a way out',
        got: { public: vpc.publicSubnets.length, private: 0, isolated: vpc.isolatedSubnets.length },
        remedy: 'add subnets of the type PRIVATE_WITH_EGRESS, or name the subnets with vpcSubnets',
      },
      scope,
    );
  }
  const selected = vpc.selectSubnets(vpcSubnets);
  if (selected.subnets.length === 0 && selected.isPendingLookup !== true) {
    fail(
      {
        path: 'vpcSubnets',
        must: 'at least one subnet of the network',
        got: [],
        remedy: `choose among the zones ${[...new Set(vpc.availabilityZones)].join(', ')}, or leave it out`,
      },
      scope,
    );
  }
  const among = (subnets: ec2.ISubnet[]): string[] =>
    selected.subnets.filter((subnet) => subnets.includes(subnet)).map(({ node }) => node.path);
  const open = among(vpc.publicSubnets);
  if (open.length > 0) {
    fail(
      {
        path: 'vpcSubnets',
        must: 'private subnets, because the nodes of a cluster have no public address',
        got: open,
        remedy: 'choose subnets of the type PRIVATE_WITH_EGRESS',
      },
      scope,
    );
  }
  const shut = among(vpc.isolatedSubnets);
  if (shut.length > 0) {
    Annotations.of(scope).addWarningV2(
      'cdk-lakehouse:isolatedSubnets',
      `${shut.join(', ')} has no way out of the network: give it endpoints for S3, EMR, Glue, KMS, Logs, Monitoring, SSM, ` +
        'Secrets Manager and STS, or the cluster does not start',
    );
  }
  return selected;
}

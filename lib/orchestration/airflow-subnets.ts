import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Annotations, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Problem } from '../private';

/** What says where an environment is. */
interface Place {
  readonly vpc: ec2.IVpc;
  readonly vpcSubnets?: ec2.SubnetSelection;
}

/** The subnets of an environment: those that are named, or the first private ones of two zones. */
export function airflowSubnets({ vpc, vpcSubnets }: Place): ec2.ISubnet[] {
  if (vpcSubnets !== undefined) {
    return vpc.selectSubnets(vpcSubnets).subnets;
  }
  const zones = new Set<string>();
  return vpc.privateSubnets.filter(({ availabilityZone }) => {
    const isWanted = zones.size < 2 && !zones.has(availabilityZone);
    zones.add(availabilityZone);
    return isWanted;
  });
}

/** Why MWAA would refuse the subnets: it takes exactly two, in two zones, and its containers have no public address. */
export function subnetProblems({ vpc, vpcSubnets }: Place, subnets: ec2.ISubnet[]): Problem[] {
  const zones = subnets.map(({ availabilityZone }) => availabilityZone);
  const problems: Problem[] = [];
  if (zones.length !== 2 || new Set(zones).size !== 2) {
    const shown = zones.map((zone) => (Token.isUnresolved(zone) ? 'a zone known later' : zone));
    problems.push(
      vpcSubnets === undefined
        ? {
            path: 'vpc',
            must: 'a network with private subnets that have a way out, in two zones',
            got: shown,
            remedy: 'add subnets of the type PRIVATE_WITH_EGRESS, or name the subnets with vpcSubnets',
          }
        : {
            path: 'vpcSubnets',
            must: 'two subnets, each in a zone of its own',
            got: shown,
            remedy: 'name one subnet in each of two zones',
          },
    );
  }
  const open = among(subnets, vpc.publicSubnets);
  if (open.length > 0) {
    problems.push({
      path: 'vpcSubnets',
      must: 'private subnets, because the containers of Airflow have no public address',
      got: open,
      remedy: 'choose subnets of the type PRIVATE_WITH_EGRESS',
    });
  }
  return problems;
}

/** Warns of subnets without a way out, which need endpoints. */
export function warnOfIsolation(scope: Construct, { vpc }: Place, subnets: ec2.ISubnet[]): void {
  const shut = among(subnets, vpc.isolatedSubnets);
  if (shut.length > 0) {
    Annotations.of(scope).addWarningV2(
      'cdk-lakehouse:isolatedAirflowSubnets',
      `${shut.join(', ')} has no way out of the network: give it endpoints for S3, SQS, Logs, Monitoring, KMS, ECR and ` +
        'the three of Airflow (api, env, ops), and plain wheels in the bucket, or the environment is not created',
    );
  }
}

function among(subnets: ec2.ISubnet[], others: ec2.ISubnet[]): string[] {
  return subnets.filter((subnet) => others.includes(subnet)).map(({ node }) => node.path);
}

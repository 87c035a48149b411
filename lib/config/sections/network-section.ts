import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as logs from 'aws-cdk-lib/aws-logs';
import { type LakeNetworkProps, isKnownLater, networkProblems } from '../../foundation';
import { type Problem, fail } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { at, unless } from '../problems';

/** Values for the network. */
export interface NetworkConfig {
  /**
   * The address range, between /16 and /20.
   *
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;

  /**
   * How many NAT gateways there are.
   *
   * @default - one per availability zone
   */
  readonly natGateways?: number;

  /**
   * Days that flow logs are kept; one of CloudWatch's periods.
   *
   * @default 90
   */
  readonly flowLogRetentionDays?: number;
}

/**
 * The properties of the network that the values stand for.
 *
 * @internal
 */
export function networkPropsOf({ network = {}, availabilityZones }: LakehouseConfig): LakeNetworkProps {
  return {
    availabilityZones,
    cidr: network.cidr,
    natGateways: network.natGateways,
    flowLogRetention: network.flowLogRetentionDays,
  };
}

/**
 * Where clusters are in a network of the user's own: in the zones of the config, which rules count on. Nothing is said of a
 * network that is new, is yet to be looked up, or whose zones only the deployment knows.
 *
 * @internal
 */
export function ownSubnetsOf({ availabilityZones }: LakehouseConfig, vpc?: ec2.IVpc): ec2.SubnetSelection | undefined {
  const selected = vpc?.selectSubnets({ subnets: vpc.privateSubnets });
  const zones = selected?.availabilityZones ?? [];
  if (selected === undefined || selected.isPendingLookup === true || zones.some(isKnownLater)) {
    return undefined;
  }
  if (!availabilityZones.every((zone) => zones.includes(zone))) {
    fail({
      path: 'vpc',
      must: `a network with private subnets that have a way out in ${availabilityZones.join(', ')}`,
      got: [...new Set(zones)],
      remedy: "add such subnets, or name the network's zones as 'availabilityZones' in the config",
    });
  }
  return { availabilityZones, onePerAz: true, subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function networkRules(config: LakehouseConfig): Problem[] {
  // The list of zones is at the top of the config, the rest is in its section.
  const problems = networkProblems(networkPropsOf(config)).map((found) =>
    found.path === 'availabilityZones' ? found : at(`network.${found.path}`, found),
  );
  return [...problems, ...logRetention('network.flowLogRetentionDays', config.network?.flowLogRetentionDays)];
}

/**
 * Days that CloudWatch Logs keeps nothing for.
 *
 * @internal
 */
export function logRetention(path: string, days: number | undefined): Problem[] {
  const allowed = Object.values(logs.RetentionDays).map(Number).filter(Number.isFinite);
  return unless(days === undefined || allowed.includes(days), {
    path,
    must: "one of CloudWatch's periods",
    got: days,
    remedy: `use one of ${allowed.filter((value) => value <= 400).join(', ')}`,
  });
}

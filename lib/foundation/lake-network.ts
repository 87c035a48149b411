import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { CfnResource, RemovalPolicy, Stack, Tags, Token } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Problem, failAll, problem } from '../private';

/** The tag by which EMR's service role recognizes what it may use. */
const EMR_TAG = 'for-use-with-amazon-emr-managed-policies';

/** As many zones as Kafka, Airflow and EMR ever need; address space is kept for all of them. */
const MAXIMUM_ZONES = 3;

/** Properties of a LakeNetwork. */
export interface LakeNetworkProps {
  /**
   * The address range, between /16 and /20.
   *
   * @default '10.0.0.0/16'
   */
  readonly cidr?: string;

  /**
   * The availability zones by name, one to three different ones, so that synth asks no account for them. Address space for three is
   * kept, so a zone that is added later renumbers no subnet.
   *
   * @default - the first two zones of the stack's region, or what CDK knows of its account
   */
  readonly availabilityZones?: string[];

  /**
   * How many NAT gateways there are. One is cheap and lives in one zone; one per zone survives the loss of a zone.
   *
   * @default - one per availability zone
   */
  readonly natGateways?: number;

  /**
   * How long flow logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly flowLogRetention?: logs.RetentionDays;

  /**
   * The key that encrypts the flow logs; its policy must let CloudWatch Logs use it, as LakeKey's does.
   *
   * @default - the service's own key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to the VPC, its private subnets and the flow logs when they leave the stack. What is retained elsewhere, a
   * Kafka cluster for example, is still in them.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * The network of a lakehouse: public subnets for the NAT gateways, private subnets for everything else, gateway endpoints
 * for S3 and DynamoDB (free, and keep the lake's traffic off the NAT gateways), and flow logs.
 *
 * The default security group is left as AWS makes it and nothing uses it: emptying it takes a Lambda function.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-vpc-host-job-flows.html
 */
export class LakeNetwork extends Construct {
  /** The VPC. */
  public readonly vpc: ec2.Vpc;

  /** The log group of the flow logs. */
  public readonly flowLogGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: LakeNetworkProps = {}) {
    super(scope, id);
    const problems = [...networkProblems(props), ...foreignZones(props, Stack.of(this).region)];
    failAll(`network '${this.node.path}'`, problems.map(problem));
    const zones = props.availabilityZones;
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(props.cidr ?? '10.0.0.0/16'),
      ...(zones === undefined
        ? { maxAzs: 2, reservedAzs: MAXIMUM_ZONES - 2 }
        : // A copy, because Vpc adds placeholders for the reserved zones to the list it is given.
          { availabilityZones: [...zones], reservedAzs: MAXIMUM_ZONES - zones.length }),
      natGateways: props.natGateways,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [
        { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 26, mapPublicIpOnLaunch: false },
        { name: 'Private', subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS },
      ],
      gatewayEndpoints: {
        S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
      },
    });
    for (const subnet of this.vpc.privateSubnets) {
      Tags.of(subnet).add(EMR_TAG, 'true');
    }
    this.keepPlaces(props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    this.flowLogGroup = this.logTraffic(props);
  }

  /** A Kafka cluster that stays is still in its subnets: without them the deletion of the stack would fail half-way. */
  private keepPlaces(removalPolicy: RemovalPolicy): void {
    for (const place of [this.vpc, ...this.vpc.privateSubnets]) {
      const resource = place.node.defaultChild ?? place.node.findChild('Subnet');
      if (CfnResource.isCfnResource(resource)) {
        resource.applyRemovalPolicy(removalPolicy);
      }
    }
  }

  private logTraffic(props: LakeNetworkProps): logs.LogGroup {
    const group = new logs.LogGroup(this, 'FlowLogGroup', {
      retention: props.flowLogRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    const role = new iam.Role(this, 'FlowLogRole', {
      assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com'),
    });
    this.vpc.addFlowLog('FlowLog', { destination: ec2.FlowLogDestination.toCloudWatchLogs(group, role) });
    return group;
  }
}

/**
 * All that is impossible in a network.
 *
 * @internal
 */
export function networkProblems(props: LakeNetworkProps): Problem[] {
  const { availabilityZones: zones, natGateways, cidr } = props;
  const problems: Problem[] = [];
  if (zones !== undefined && !areZones(zones)) {
    problems.push({
      path: 'availabilityZones',
      must: `one to ${MAXIMUM_ZONES} different zones`,
      got: zones,
      remedy: 'name the zones to use, for example us-east-1a and us-east-1b',
    });
  }
  if (natGateways !== undefined && Token.isUnresolved(natGateways)) {
    // CDK takes it for none, and the private subnets for isolated ones.
    problems.push({
      path: 'natGateways',
      must: 'a number that is known at synth, because each one is a resource',
      got: natGateways,
      remedy: 'write the number, or leave it out for one in each zone',
    });
  } else if (natGateways !== undefined && natGateways < 1) {
    problems.push({
      path: 'natGateways',
      must: 'at least 1, because clusters in private subnets reach EMR and Glue through it',
      got: natGateways,
      remedy: 'use one NAT gateway, or bring a VPC whose private subnets have another way out',
    });
  }
  return [...problems, ...surplusGateways(props), ...rangeProblems(cidr)];
}

function areZones(zones: string[]): boolean {
  // A list that only the deployment knows has no length.
  const isCount = !Token.isUnresolved(zones) && zones.length >= 1 && zones.length <= MAXIMUM_ZONES;
  return isCount && new Set(zones).size === zones.length && zones.every((zone) => zone.trim() !== '');
}

/**
 * Whether a zone is a token, or what CDK says for one before it has asked the account: who fails then is never asked again.
 *
 * @internal
 */
export function isKnownLater(zone: string): boolean {
  return Token.isUnresolved(zone) || zone.startsWith('dummy');
}

/** A deployment would find them out at the first subnet. */
function foreignZones({ availabilityZones: zones = [] }: LakeNetworkProps, region: string): Problem[] {
  const isForeign = (zone: string): boolean => !isKnownLater(zone) && !zone.startsWith(region);
  return Token.isUnresolved(region) || !areZones(zones) || !zones.some(isForeign)
    ? []
    : [
        {
          path: 'availabilityZones',
          must: `zones of ${region}, where the stack is`,
          got: zones.filter(isForeign),
          remedy: `use names such as '${region}a', or another 'env' of the stack`,
        },
      ];
}

/** CDK rounds such a number down in silence. */
function surplusGateways({ availabilityZones: zones = [], natGateways: got }: LakeNetworkProps): Problem[] {
  const most = zones.length === 0 ? Infinity : zones.length;
  return got === undefined || Token.isUnresolved(got) || got < 1 || (Number.isInteger(got) && got <= most)
    ? []
    : [
        {
          path: 'natGateways',
          must: 'a whole number, at most one per availability zone',
          got,
          remedy: 'leave it out for one in each zone',
        },
      ];
}

function rangeProblems(cidr: string | undefined): Problem[] {
  if (cidr === undefined) {
    return [];
  }
  const remedy = "use a range such as '10.0.0.0/16'";
  if (Token.isUnresolved(cidr)) {
    return [{ path: 'cidr', must: 'known at synth, because subnets are cut from it', got: cidr, remedy }];
  }
  const [, address = '', size = ''] = /^(\d+\.\d+\.\d+\.\d+)\/(1[6-9]|20)$/.exec(cidr) ?? [];
  const bytes = address.split('.').map(Number);
  if (size === '' || bytes.some((byte) => byte > 255)) {
    return [{ path: 'cidr', must: 'an IPv4 range between /16 and /20', got: cidr, remedy }];
  }
  // AWS would make it the first address, and the template would not say what is there.
  const beyond = bytes.reduce((all, byte) => all * 256 + byte, 0) % 2 ** (32 - Number(size));
  return beyond === 0
    ? []
    : [{ path: 'cidr', must: `a range that begins at its first address, a multiple of /${size}`, got: cidr, remedy }];
}

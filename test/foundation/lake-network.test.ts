import * as logs from 'aws-cdk-lib/aws-logs';
import { App, Fn, RemovalPolicy, Stack, Token } from 'aws-cdk-lib/core';
import { LakeKey, LakeNetwork, type LakeNetworkProps } from '../../lib/foundation';
import { resourcesIn, testStack, theOnly } from '../support/stacks';

const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

interface Subnet {
  readonly AvailabilityZone: string;
  readonly CidrBlock: string;
  readonly MapPublicIpOnLaunch: boolean;
  readonly Tags: { readonly Key: string; readonly Value: string }[];
}

function networkOf(props?: LakeNetworkProps): Stack {
  const stack = testStack();
  new LakeNetwork(stack, 'Network', { availabilityZones: ZONES.slice(0, 2), ...props });
  return stack;
}

function subnetsOf(stack: Stack, kind: 'Public' | 'Private'): Subnet[] {
  return Object.values(resourcesIn<Subnet>(stack, 'AWS::EC2::Subnet'))
    .map(({ Properties }) => Properties)
    .filter(({ Tags }) => Tags.some(({ Key, Value }) => Key === 'aws-cdk:subnet-type' && Value === kind));
}

describe('LakeNetwork', () => {
  test('has a public and a private subnet in each named zone, and gives nothing a public address', () => {
    const stack = networkOf({ availabilityZones: ZONES });
    expect(subnetsOf(stack, 'Public').map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(ZONES);
    expect(subnetsOf(stack, 'Private').map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(ZONES);
    expect(subnetsOf(stack, 'Public').every(({ MapPublicIpOnLaunch }) => !MapPublicIpOnLaunch)).toBe(true);
  });

  test('keeps the addresses of its subnets when a zone is added', () => {
    const two = networkOf();
    const three = networkOf({ availabilityZones: ZONES });
    for (const kind of ['Public', 'Private'] as const) {
      const before = subnetsOf(two, kind).map(({ CidrBlock }) => CidrBlock);
      expect(
        subnetsOf(three, kind)
          .map(({ CidrBlock }) => CidrBlock)
          .slice(0, 2),
      ).toEqual(before);
    }
  });

  test('leaves the list of zones it is given as it is', () => {
    const availabilityZones = ZONES.slice(0, 2);
    networkOf({ availabilityZones });
    expect(availabilityZones).toEqual(['us-east-1a', 'us-east-1b']);
  });

  test('tags its private subnets for EMR', () => {
    for (const { Tags } of subnetsOf(networkOf(), 'Private')) {
      expect(Tags).toContainEqual({ Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' });
    }
  });

  test.each([
    [undefined, 2],
    [1, 1],
  ])('with natGateways %s has %i', (natGateways, count) => {
    expect(Object.keys(resourcesIn(networkOf({ natGateways }), 'AWS::EC2::NatGateway'))).toHaveLength(count);
    expect(subnetsOf(networkOf({ natGateways }), 'Private')).toHaveLength(2);
  });

  test.each(['s3', 'dynamodb'])('reaches %s through a gateway endpoint', (service) => {
    const endpoints = resourcesIn<{ ServiceName: unknown; VpcEndpointType: string }>(
      networkOf(),
      'AWS::EC2::VPCEndpoint',
    );
    const found = Object.values(endpoints).filter(({ Properties }) =>
      JSON.stringify(Properties.ServiceName).includes(service),
    );
    expect(found).toMatchObject([{ Properties: { VpcEndpointType: 'Gateway' } }]);
  });

  test('logs all traffic to a log group that is kept for three months', () => {
    const stack = networkOf();
    expect(theOnly(stack, 'AWS::EC2::FlowLog')).toMatchObject({
      TrafficType: 'ALL',
      LogDestinationType: 'cloud-watch-logs',
    });
    expect(Object.values(resourcesIn(stack, 'AWS::Logs::LogGroup'))).toMatchObject([
      { Properties: { RetentionInDays: 90 }, DeletionPolicy: 'RetainExceptOnCreate' },
    ]);
  });

  test('encrypts, keeps and removes the flow logs as told', () => {
    const stack = testStack();
    const { key } = new LakeKey(stack, 'Key');
    new LakeNetwork(stack, 'Network', {
      encryptionKey: key,
      flowLogRetention: logs.RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    expect(Object.values(resourcesIn(stack, 'AWS::Logs::LogGroup'))).toMatchObject([
      { Properties: { RetentionInDays: 7, KmsKeyId: expect.anything() }, DeletionPolicy: 'Delete' },
    ]);
  });

  test('uses the address range it is given', () => {
    expect(theOnly(networkOf(), 'AWS::EC2::VPC')).toMatchObject({ CidrBlock: '10.0.0.0/16' });
    expect(theOnly(networkOf({ cidr: '10.9.0.0/18' }), 'AWS::EC2::VPC')).toMatchObject({ CidrBlock: '10.9.0.0/18' });
  });

  test('needs no function: the default security group is left alone', () => {
    const types = Object.values(resourcesIn(networkOf())).map(({ Type }) => Type);
    expect(types.filter((type) => /Lambda|Custom/.test(type))).toEqual([]);
  });

  test.each([
    ['10.999.0.0/16', "'cidr' must be an IPv4 range between /16 and /20"],
    ['10.0.1.0/16', '\'cidr\' must be a range that begins at its first address, a multiple of /16, got "10.0.1.0/16"'],
    ['10.0.8.0/20', "'cidr' must be a range that begins at its first address, a multiple of /20"],
  ])('fails with the range %s', (cidr, message) => {
    expect(() => networkOf({ cidr })).toThrow(message);
  });

  test.each([[['eu-central-1a', 'eu-central-1a']], [['us-east-1a', '']], [[...ZONES, 'us-east-1d']]])(
    'fails in the zones %j',
    (availabilityZones) => {
      expect(() => networkOf({ availabilityZones })).toThrow(
        `'availabilityZones' must be one to 3 different zones, got ${JSON.stringify(availabilityZones)}; name the zones to use`,
      );
    },
  );

  test('takes zones that only the deployment knows', () => {
    const [first, second] = [0, 1].map((index) => Fn.select(index, Fn.getAzs()));
    const found = subnetsOf(networkOf({ availabilityZones: [first ?? '', second ?? ''] }), 'Private');
    expect(found.map(({ AvailabilityZone }) => AvailabilityZone)).toEqual(
      [0, 1].map((index) => ({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })),
    );
  });

  test('fails with a list of zones that only the deployment knows', () => {
    expect(() => networkOf({ availabilityZones: Fn.getAzs() })).toThrow(
      /'availabilityZones' must be one to 3 different zones, got .*; name the zones to use/,
    );
  });

  test('fails with zones of another region, unless CDK has yet to ask the account', () => {
    expect(() => networkOf({ availabilityZones: ['us-east-1a', 'eu-west-1a'] })).toThrow(
      "'availabilityZones' must be zones of us-east-1, where the stack is, got [\"eu-west-1a\"]; use names such as 'us-east-1a', or another 'env' of the stack",
    );
    const stack = new Stack(new App(), 'Asked', { env: { account: '123456789012', region: 'us-east-1' } });
    const availabilityZones = stack.availabilityZones.slice(0, 2);
    expect(() => new LakeNetwork(stack, 'Network', { availabilityZones })).not.toThrow();
  });

  test('fails with gateways or a range that only the deployment knows', () => {
    const [natGateways, cidr] = [Token.asNumber({ Ref: 'Count' }), Token.asString({ Ref: 'Range' })];
    expect(() => networkOf({ natGateways, cidr })).toThrow(
      /'natGateways' must be a number that is known at synth, because each one is a resource, got "\$\{Token\}".*\n.*'cidr' must be known at synth, because subnets are cut from it/,
    );
  });

  test.each([1.5, 3])('fails with %s NAT gateways in two zones', (natGateways) => {
    expect(() => networkOf({ natGateways })).toThrow(
      `'natGateways' must be a whole number, at most one per availability zone, got ${natGateways}; leave it out for one in each zone`,
    );
  });

  test('names every impossible value at once', () => {
    expect(() => networkOf({ availabilityZones: [], natGateways: 0, cidr: '10.0.0.0/28' })).toThrow(
      [
        "3 problems in network 'Test/Network':",
        "  - 'availabilityZones' must be one to 3 different zones, got []; name the zones to use, for example us-east-1a and us-east-1b",
        "  - 'natGateways' must be at least 1, because clusters in private subnets reach EMR and Glue through it, got 0; use one NAT gateway, or bring a VPC whose private subnets have another way out",
        "  - 'cidr' must be an IPv4 range between /16 and /20, got \"10.0.0.0/28\"; use a range such as '10.0.0.0/16'",
      ].join('\n'),
    );
  });
});

import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeNetwork } from '../../lib/foundation';
import { resourcesIn, testStack, theOnly, warningsOf } from '../support/stacks';
import { type Built, type Environment, ZONES, build, environmentOf } from './environments';

const { PUBLIC, PRIVATE_ISOLATED } = ec2.SubnetType;

/** The subnets of the one environment of a stack. */
function subnetsOf(stack: Stack): unknown[] {
  return theOnly<Environment>(stack, 'AWS::MWAA::Environment').NetworkConfiguration.SubnetIds;
}

/** An environment in a network with subnets of these types alone. */
function within(subnetTypes: ec2.SubnetType[], vpcSubnets?: ec2.SubnetSelection, zones = ZONES.slice(1)): Built {
  const stack = testStack();
  const vpc = new ec2.Vpc(stack, 'Vpc', {
    availabilityZones: zones,
    natGateways: subnetTypes.includes(ec2.SubnetType.PRIVATE_WITH_EGRESS) ? 1 : 0,
    subnetConfiguration: subnetTypes.map((subnetType) => ({ name: subnetType, subnetType })),
  });
  return build({ vpc, vpcSubnets }, stack);
}

describe('The network of an AirflowEnvironment', () => {
  test('is the first private subnets of two zones, or those it is given', () => {
    const { stack } = build();
    const { vpc } = stack.node.findChild('Network') as LakeNetwork;
    const [first, second, third] = vpc.privateSubnets.map(({ subnetId }) => stack.resolve(subnetId));
    expect(subnetsOf(stack)).toEqual([first, second]);
    const vpcSubnets = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, availabilityZones: ZONES.slice(1) };
    expect(subnetsOf(build({ vpcSubnets }).stack)).toEqual([second, third]);
  });

  test('lets the parts of Airflow talk to each other, and nobody else in', () => {
    const { stack } = build();
    const [group] = Object.keys(resourcesIn(stack, 'AWS::EC2::SecurityGroup'));
    const itself = { 'Fn::GetAtt': [group, 'GroupId'] };
    const rules = Object.entries(resourcesIn(stack, 'AWS::EC2::SecurityGroupIngress'));
    expect(rules.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({ GroupId: itself, SourceSecurityGroupId: itself, IpProtocol: '-1' }),
    ]);
    const [whole] = Object.values(resourcesIn(stack, 'AWS::MWAA::Environment'));
    expect(whole?.DependsOn).toEqual(expect.arrayContaining(rules.map(([id]) => id)));
  });

  test('has groups of your own, which get that rule too', () => {
    const stack = testStack();
    const group = ec2.SecurityGroup.fromSecurityGroupId(stack, 'Theirs', 'sg-1');
    expect(environmentOf({ securityGroups: [group] }, stack).NetworkConfiguration.SecurityGroupIds).toEqual(['sg-1']);
    expect(theOnly(stack, 'AWS::EC2::SecurityGroupIngress')).toMatchObject({
      GroupId: 'sg-1',
      SourceSecurityGroupId: 'sg-1',
    });
  });

  test('fails when it would have no group', () => {
    expect(() => build({ securityGroups: [], minWorkers: 0 })).toThrow(
      /'minWorkers' must be .*\n.*'securityGroups' must be at least one group, got \[\]; leave it out for a new one/,
    );
  });

  test('waits for the way out', () => {
    const { stack } = build();
    const [whole] = Object.values(resourcesIn(stack, 'AWS::MWAA::Environment'));
    const routes = Object.keys(resourcesIn(stack, 'AWS::EC2::Route')).filter((id) => id.includes('PrivateSubnet'));
    expect(whole?.DependsOn).toEqual(expect.arrayContaining(routes.slice(0, 2)));
  });

  test('fails when there are no private subnets, or in one zone only', () => {
    expect(() => within([PUBLIC, PRIVATE_ISOLATED])).toThrow(
      "'vpc' must be a network with private subnets that have a way out, in two zones, got []; add subnets of the type PRIVATE_WITH_EGRESS, or name the subnets with vpcSubnets",
    );
    expect(() => within([PUBLIC, ec2.SubnetType.PRIVATE_WITH_EGRESS], undefined, ['us-east-1a'])).toThrow(
      /'vpc' must be .*, got \["us-east-1a"\]/,
    );
  });

  test('fails when three subnets are named, or public ones', () => {
    expect(() => build({ vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS } })).toThrow(
      '\'vpcSubnets\' must be two subnets, each in a zone of its own, got ["us-east-1a","us-east-1b","us-east-1c"]; name one subnet in each of two zones',
    );
    expect(() => within([PUBLIC], { subnetType: PUBLIC })).toThrow(
      '\'vpcSubnets\' must be private subnets, because the containers of Airflow have no public address, got ["Test/Vpc/PublicSubnet1","Test/Vpc/PublicSubnet2"]; choose subnets of the type PRIVATE_WITH_EGRESS',
    );
  });

  test('warns when the subnets have no way out', () => {
    expect(warningsOf(within([PRIVATE_ISOLATED], { subnetType: PRIVATE_ISOLATED }).stack)).toEqual([
      expect.stringMatching(
        /^\/Test\/Airflow: .*IsolatedSubnet2 has no way out of the network: give it endpoints for S3, SQS/,
      ),
    ]);
    expect(warningsOf(build().stack)).toEqual([]);
  });
});

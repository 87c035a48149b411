import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../foundation';
import { ArtifactPrefix, type ILakeStorage } from '../storage';
import type { ClusterSecurityGroups } from './cluster-security';

/** The tag EMR puts on everything it makes for a cluster that has it. */
export const EMR_TAG = 'for-use-with-amazon-emr-managed-policies';

const TAGGED = { StringEquals: { [`aws:ResourceTag/${EMR_TAG}`]: 'true' } };
const TAGGED_ON_REQUEST = { StringEquals: { [`aws:RequestTag/${EMR_TAG}`]: 'true' } };

/** What EMR makes in EC2 for a cluster. */
const LAUNCHED = ['instance', 'volume', 'network-interface', 'launch-template'];

/** What EMR launches instances with. */
const LAUNCHED_WITH = ['network-interface', 'key-pair', 'capacity-reservation', 'fleet'];

/** Where a cluster lives and what its roles may touch. */
export interface ClusterRolesProps {
  readonly storage: ILakeStorage;
  readonly encryptionKey: kms.IKey;
  readonly subnets: ec2.ISubnet[];
  readonly groups: ClusterSecurityGroups;
}

/**
 * The two roles of a cluster: the one EMR acts with, and the one its instances have.
 *
 * The service role follows AWS's AmazonEMRServicePolicy_v2, but names this cluster's subnets and groups instead of
 * everything with a tag, and leaves out what fleets do not use. Both carry their policies inside, so that a cluster never
 * starts before them.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-managed-iam-policies.html
 */
export class ClusterRoles extends Construct {
  readonly service: iam.Role;
  readonly instance: iam.Role;
  readonly profile: iam.InstanceProfile;

  constructor(scope: Construct, id: string, props: ClusterRolesProps) {
    super(scope, id);
    this.instance = this.instanceRole(props);
    this.profile = new iam.InstanceProfile(this, 'InstanceProfile', { role: this.instance });
    this.service = this.serviceRole(props);
    this.answerFindings(props);
  }

  /** The wildcards in the two roles, each with the reason that no narrower resource can be named. */
  private answerFindings({ storage }: ClusterRolesProps): void {
    acknowledgeWildcards(this.service, ['*'], 'the Describe actions of EC2 take no resource');
    acknowledgeWildcards(this.service, [this.imageArn()], "the AMI is the release's own, chosen by EMR at launch");
    acknowledgeWildcards(
      this.service,
      [...LAUNCHED, ...LAUNCHED_WITH, 'security-group'].map((kind) => this.ec2Arn(kind, '*')),
      'ids are given at launch; what is made, changed or ended must carry the tag that EMR puts on what belongs to it',
    );
    acknowledgeWildcards(
      this.instance,
      [this.logObjects(storage)],
      'the names of log files are made by EMR; they stay under the log prefix of one bucket',
    );
    acknowledgeWildcards(
      this.instance,
      [this.softwareObjects()],
      "EMR's own public software of this region, read only",
    );
  }

  private instanceRole({ storage, encryptionKey }: ClusterRolesProps): iam.Role {
    // The logs go to a bucket that may have another key than the disks.
    const keys = [...new Set([encryptionKey, storage.encryptionKey ?? encryptionKey])].map(({ keyArn }) => keyArn);
    return new iam.Role(this, 'Instance', {
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
      description: 'Role of the instances of an EMR cluster',
      inlinePolicies: {
        Cluster: new iam.PolicyDocument({
          statements: [
            allow('WriteLogs', ['s3:PutObject'], [this.logObjects(storage)]),
            allow('UseKeys', ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'], keys),
            // What AWS asks of a key user: the instances encrypt their own local disks.
            allow('EncryptLocalDisks', DISK_KEY_ACTIONS, [encryptionKey.keyArn]),
            allow('FetchSoftware', ['s3:GetObject'], [this.softwareObjects()]),
          ],
        }),
      },
    });
  }

  private serviceRole(props: ClusterRolesProps): iam.Role {
    const stack = Stack.of(this);
    return new iam.Role(this, 'Service', {
      assumedBy: new iam.ServicePrincipal('elasticmapreduce.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: { 'aws:SourceArn': stack.formatArn({ service: 'elasticmapreduce', resource: '*' }) },
        },
      }),
      description: 'Role with which EMR runs a cluster',
      inlinePolicies: {
        Launch: new iam.PolicyDocument({ statements: this.launchStatements(props) }),
        Operate: new iam.PolicyDocument({ statements: this.operateStatements(props) }),
      },
    });
  }

  /** What starting instances takes: in this cluster's network, and only with EMR's tag on what is made. */
  private launchStatements({ subnets, groups }: ClusterRolesProps): iam.PolicyStatement[] {
    const launch = ['ec2:CreateFleet', 'ec2:RunInstances'];
    const template = ['ec2:CreateLaunchTemplate', 'ec2:CreateLaunchTemplateVersion'];
    const network = [...subnets.map((subnet) => this.ec2Arn('subnet', subnet.subnetId)), ...this.groupArns(groups)];
    const made = LAUNCHED.map((kind) => this.ec2Arn(kind, '*'));
    const used = LAUNCHED_WITH.map((kind) => this.ec2Arn(kind, '*'));
    return [
      allow('CreateInOwnNetwork', [...launch, ...template, 'ec2:CreateNetworkInterface'], network),
      allow(
        'UseTaggedTemplates',
        [...launch, 'ec2:CreateLaunchTemplateVersion'],
        [this.ec2Arn('launch-template', '*')],
        TAGGED,
      ),
      allow(
        'CreateTaggedTemplates',
        ['ec2:CreateLaunchTemplate'],
        [this.ec2Arn('launch-template', '*')],
        TAGGED_ON_REQUEST,
      ),
      allow(
        'CreateTaggedInstances',
        launch,
        [this.ec2Arn('instance', '*'), this.ec2Arn('volume', '*')],
        TAGGED_ON_REQUEST,
      ),
      allow(
        'CreateTaggedInterfaces',
        ['ec2:CreateNetworkInterface'],
        [this.ec2Arn('network-interface', '*')],
        TAGGED_ON_REQUEST,
      ),
      allow('LaunchWith', [...launch, ...template], [...used, this.imageArn()]),
      allow('TagWhatIsCreated', ['ec2:CreateTags'], made, {
        StringEquals: {
          'ec2:CreateAction': ['RunInstances', 'CreateFleet', 'CreateLaunchTemplate', 'CreateNetworkInterface'],
        },
      }),
    ];
  }

  /** What keeping a cluster takes: its own instances, its encrypted disks, its instances' role. */
  private operateStatements({ encryptionKey, groups }: ClusterRolesProps): iam.PolicyStatement[] {
    const { partition } = Stack.of(this);
    return [
      allow(
        'ManageOwnResources',
        [
          'ec2:CreateLaunchTemplateVersion',
          'ec2:DeleteLaunchTemplate',
          'ec2:DeleteNetworkInterface',
          'ec2:ModifyInstanceAttribute',
          'ec2:TerminateInstances',
          'ec2:CreateTags',
          'ec2:DeleteTags',
        ],
        [...LAUNCHED, 'security-group'].map((kind) => this.ec2Arn(kind, '*')),
        TAGGED,
      ),
      allow('KeepGroupRules', GROUP_RULE_ACTIONS, this.groupArns(groups)),
      allow('Look', DESCRIBE_ACTIONS, ['*']),
      allow('EncryptDisks', ['kms:Decrypt', 'kms:DescribeKey', ...DISK_KEY_ACTIONS], [encryptionKey.keyArn]),
      allow('LetInstancesUseDisks', ['kms:CreateGrant'], [encryptionKey.keyArn], {
        Bool: { 'kms:GrantIsForAWSResource': 'true' },
      }),
      allow('GiveInstancesTheirRole', ['iam:PassRole'], [this.instance.roleArn], {
        StringLike: { 'iam:PassedToService': 'ec2.amazonaws.com*' },
      }),
      allow(
        'FirstUseOfSpot',
        ['iam:CreateServiceLinkedRole'],
        [
          `arn:${partition}:iam::${Stack.of(this).account}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot`,
        ],
        { StringEquals: { 'iam:AWSServiceName': 'spot.amazonaws.com' } },
      ),
    ];
  }

  private groupArns({ primary, worker, serviceAccess }: ClusterSecurityGroups): string[] {
    return [primary, worker, serviceAccess].map((group) => this.ec2Arn('security-group', group.securityGroupId));
  }

  private logObjects(storage: ILakeStorage): string {
    return storage.artifacts.arnForObjects(`${ArtifactPrefix.LOGS}*`);
  }

  private softwareObjects(): string {
    const { region, partition } = Stack.of(this);
    return `arn:${partition}:s3:::${region}.elasticmapreduce/*`;
  }

  private ec2Arn(resource: string, resourceName: string): string {
    return Stack.of(this).formatArn({ service: 'ec2', resource, resourceName });
  }

  private imageArn(): string {
    return Stack.of(this).formatArn({ service: 'ec2', account: '', resource: 'image', resourceName: 'ami-*' });
  }
}

/** What encrypting a disk takes beside decrypting it. */
const DISK_KEY_ACTIONS = ['kms:Encrypt', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** EMR checks the rules of its groups at each launch and restores what is missing. */
const GROUP_RULE_ACTIONS = [
  'ec2:AuthorizeSecurityGroupEgress',
  'ec2:AuthorizeSecurityGroupIngress',
  'ec2:RevokeSecurityGroupEgress',
  'ec2:RevokeSecurityGroupIngress',
];

/** Reads of EC2 that take no resource. */
const DESCRIBE_ACTIONS = [
  'ec2:DescribeAccountAttributes',
  'ec2:DescribeCapacityReservations',
  'ec2:DescribeDhcpOptions',
  'ec2:DescribeImages',
  'ec2:DescribeInstances',
  'ec2:DescribeInstanceTypeOfferings',
  'ec2:DescribeLaunchTemplates',
  'ec2:DescribeNetworkAcls',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribePlacementGroups',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVolumes',
  'ec2:DescribeVolumeStatus',
  'ec2:DescribeVpcAttribute',
  'ec2:DescribeVpcEndpoints',
  'ec2:DescribeVpcs',
];

function allow(
  sid: string,
  actions: string[],
  resources: string[],
  conditions?: { [operator: string]: { [key: string]: string | string[] } },
): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources, conditions });
}

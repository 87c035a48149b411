import { emrMissingTag } from '../../../lib/compliance/rules/emr-missing-tag';
import { type Fixture, describeRule, ref } from './fixtures';

const MANAGED = 'arn:aws:iam::aws:policy/service-role/AmazonEMRServicePolicy_v2';
const TAGS = [{ Key: 'for-use-with-amazon-emr-managed-policies', Value: 'true' }];
const cluster = (tags: { cluster?: unknown; subnet?: unknown; group?: unknown }, policies = [MANAGED]): Fixture => ({
  Resources: {
    Role: { Type: 'AWS::IAM::Role', Properties: { ManagedPolicyArns: policies } },
    Subnet: { Type: 'AWS::EC2::Subnet', Properties: { Tags: tags.subnet } },
    Group: { Type: 'AWS::EC2::SecurityGroup', Properties: { Tags: tags.group } },
    Cluster: {
      Type: 'AWS::EMR::Cluster',
      Properties: {
        ServiceRole: ref('Role'),
        Tags: tags.cluster,
        Instances: { Ec2SubnetIds: [ref('Subnet')], EmrManagedMasterSecurityGroup: ref('Group') },
      },
    },
  },
});

describeRule(emrMissingTag, {
  compliant: {
    'the tag on everything': cluster({ cluster: TAGS, subnet: TAGS, group: TAGS }),
    'a role with a policy of its own': cluster({}, []),
  },
  nonCompliant: {
    'no tag on the cluster': [cluster({ subnet: TAGS, group: TAGS }), 'Cluster Properties.Tags'],
    'no tag on its network': [cluster({ cluster: TAGS }), 'Subnet Properties.Tags', 'Group Properties.Tags'],
  },
});

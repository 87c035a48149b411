import type { Rule } from '../rule';
import type { TemplateResource, Templates } from '../template';
import { dig, listOf, textsOf } from '../values';

const TAG = 'for-use-with-amazon-emr-managed-policies';
const POLICY = 'AmazonEMRServicePolicy_v2';

/** The managed policy lets EMR touch only what has the tag; the error names permissions, not the tag. */
export const emrMissingTag: Rule = {
  id: 'emr-missing-tag',
  severity: 'error',
  wrong: `A cluster, or a subnet or security group of it, lacks the tag ${TAG}, without which ${POLICY} allows nothing.`,
  remedy: `Tag the cluster, its subnets and its security groups with ${TAG}=true.`,
  source: 'https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-managed-iam-policies.html',
  places: (templates) =>
    templates
      .ofType('AWS::EMR::Cluster')
      .flatMap((cluster) =>
        hasManagedPolicy(templates.referredBy(cluster.properties.ServiceRole))
          ? [cluster].concat(networkOf(cluster, templates))
          : [],
      )
      .filter((resource) => !isTagged(resource))
      .map((resource) => resource.at('Properties.Tags')),
};

function hasManagedPolicy(role: TemplateResource | undefined): boolean {
  return textsOf(role?.properties.ManagedPolicyArns).some((arn) => arn.endsWith(`/${POLICY}`));
}

function networkOf({ properties }: TemplateResource, templates: Templates): TemplateResource[] {
  return [
    ['Ec2SubnetId'],
    ['Ec2SubnetIds'],
    ['EmrManagedMasterSecurityGroup'],
    ['EmrManagedSlaveSecurityGroup'],
    ['ServiceAccessSecurityGroup'],
  ]
    .flatMap((path) => listOf(dig(properties, 'Instances', ...path)))
    .flatMap((value) => templates.referredBy(value) ?? []);
}

function isTagged({ properties }: TemplateResource): boolean {
  return listOf(properties.Tags).some((tag) => dig(tag, 'Key') === TAG && dig(tag, 'Value') === 'true');
}

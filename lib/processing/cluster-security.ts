import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from '../foundation';
import type { TransitCertificates } from './transit-certificates';

/** The port on which EMR's service reaches the nodes of a cluster in private subnets. */
const SERVICE_TO_NODE = 8443;

/** The port on which the primary node reaches EMR's service. */
const NODE_TO_SERVICE = 9443;

/**
 * The security groups of a cluster, with the rules EMR needs and would otherwise add itself: rules that EMR adds are in no
 * template, and groups that refer to each other by such rules cannot be deleted.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-man-sec-groups.html
 */
export class ClusterSecurityGroups extends Construct {
  readonly primary: ec2.SecurityGroup;
  readonly worker: ec2.SecurityGroup;
  readonly serviceAccess: ec2.SecurityGroup;

  constructor(scope: Construct, id: string, vpc: ec2.IVpc) {
    super(scope, id);
    this.primary = this.group('Primary', vpc, 'primary node of an EMR cluster', true);
    this.worker = this.group('Worker', vpc, 'core and task nodes of an EMR cluster', true);
    this.serviceAccess = this.group('ServiceAccess', vpc, 'access of the EMR service to a cluster', false);
    const nodes = [this.primary, this.worker];
    for (const node of nodes) {
      for (const peer of nodes) {
        node.addIngressRule(peer, ec2.Port.allTcp(), 'between the nodes');
        node.addIngressRule(peer, ec2.Port.allUdp(), 'between the nodes');
        node.addIngressRule(peer, ec2.Port.allIcmp(), 'between the nodes');
      }
      node.addIngressRule(this.serviceAccess, ec2.Port.tcp(SERVICE_TO_NODE), 'from the EMR service');
      this.serviceAccess.addEgressRule(node, ec2.Port.tcp(SERVICE_TO_NODE), 'to the nodes');
    }
    this.serviceAccess.addIngressRule(this.primary, ec2.Port.tcp(NODE_TO_SERVICE), 'from the primary node');
  }

  private group(id: string, vpc: ec2.IVpc, description: string, allowAllOutbound: boolean): ec2.SecurityGroup {
    return new ec2.SecurityGroup(this, id, { vpc, description, allowAllOutbound });
  }
}

/**
 * The document of a security configuration: data at rest encrypted in S3 and on local disks, metadata service version 2
 * only, and encryption in transit when there are certificates for it.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-create-security-configuration.html
 */
export function securityConfigurationOf(
  key: kms.IKey,
  certificates?: TransitCertificates,
): { [name: string]: unknown } {
  return {
    EncryptionConfiguration: {
      EnableAtRestEncryption: true,
      EnableInTransitEncryption: certificates !== undefined,
      AtRestEncryptionConfiguration: {
        S3EncryptionConfiguration: { EncryptionMode: 'SSE-KMS', AwsKmsKey: key.keyArn },
        LocalDiskEncryptionConfiguration: {
          EncryptionKeyProviderType: 'AwsKms',
          AwsKmsKey: key.keyArn,
          EnableEbsEncryption: true,
        },
      },
      ...(certificates === undefined
        ? {}
        : {
            InTransitEncryptionConfiguration: {
              TLSCertificateConfiguration: {
                CertificateProviderType: 'PEM',
                S3Object: certificates.bucket.s3UrlForObject(certificates.objectKey),
              },
            },
          }),
    },
    InstanceMetadataServiceConfiguration: { MinimumInstanceMetadataServiceVersion: 2, HttpPutResponseHopLimit: 1 },
  };
}

/** What AwsSolutions says of a cluster that we answer. */
export function acknowledgeClusterFindings(cluster: Construct, encryptedInTransit: boolean): void {
  const blind =
    'the rule looks for it at the top of the security configuration; AWS wants it under EncryptionConfiguration';
  acknowledge(cluster, 'EMR4', `local disks are encrypted with the customer managed key; ${blind}`);
  acknowledge(
    cluster,
    'EMR5',
    encryptedInTransit
      ? `traffic between the nodes is encrypted; ${blind}`
      : 'traffic between the nodes stays in private subnets and their own security groups; transitCertificates encrypts it',
  );
  acknowledge(
    cluster,
    'EMR6',
    'nobody logs in to the nodes: no key pair, no SSH rule; jobs arrive as steps through the AWS API',
  );
}

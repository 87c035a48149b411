import type * as s3 from 'aws-cdk-lib/aws-s3';

/** Certificates for encryption between the nodes of a cluster. */
export interface TransitCertificates {
  /** The bucket of the certificates. */
  readonly bucket: s3.IBucket;

  /** The key of a zip file with `privateKey.pem`, `certificateChain.pem` and `trustedCertificates.pem`. */
  readonly objectKey: string;
}

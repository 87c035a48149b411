import { mwaaBucket } from '../../../lib/compliance/rules/mwaa-bucket';
import { type Fixture, attribute, describeRule, resources } from './fixtures';

const BLOCKED = {
  BlockPublicAcls: true,
  BlockPublicPolicy: true,
  IgnorePublicAcls: true,
  RestrictPublicBuckets: true,
};
const VERSIONED = { Status: 'Enabled' };
const airflow = (bucket: { [name: string]: unknown }): Fixture =>
  resources({
    Dags: { Type: 'AWS::S3::Bucket', Properties: bucket },
    Airflow: { Type: 'AWS::MWAA::Environment', Properties: { SourceBucketArn: attribute('Dags', 'Arn') } },
  });
const BUCKET = 'Airflow Properties.SourceBucketArn';

describeRule(mwaaBucket, {
  compliant: {
    'a versioned bucket that blocks public access': airflow({
      VersioningConfiguration: VERSIONED,
      PublicAccessBlockConfiguration: BLOCKED,
    }),
    'a bucket of elsewhere': resources({
      Airflow: { Type: 'AWS::MWAA::Environment', Properties: { SourceBucketArn: 'arn:aws:s3:::theirs' } },
    }),
  },
  nonCompliant: {
    'a bucket without versions': [airflow({ PublicAccessBlockConfiguration: BLOCKED }), BUCKET],
    'a bucket that may become public': [
      airflow({
        VersioningConfiguration: VERSIONED,
        PublicAccessBlockConfiguration: { ...BLOCKED, IgnorePublicAcls: false },
      }),
      BUCKET,
    ],
  },
});

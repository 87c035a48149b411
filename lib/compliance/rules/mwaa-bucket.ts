import { eachResource, type Rule } from '../rule';
import { dig, isTrue } from '../values';

const BLOCKS = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'];

/** MWAA refuses the environment, after the bucket was made. */
export const mwaaBucket: Rule = {
  id: 'mwaa-bucket',
  severity: 'error',
  wrong: 'The bucket of an Airflow environment is not versioned, or does not block all public access.',
  remedy: 'Turn its versioning and all four blocks of public access on.',
  source: 'https://docs.aws.amazon.com/mwaa/latest/userguide/mwaa-s3-bucket.html',
  places: eachResource(['AWS::MWAA::Environment'], ({ properties }, templates) => {
    const bucket = templates.referredBy(properties.SourceBucketArn);
    if (bucket?.type !== 'AWS::S3::Bucket') {
      return [];
    }
    const { VersioningConfiguration, PublicAccessBlockConfiguration: blocked } = bucket.properties;
    const isFit =
      dig(VersioningConfiguration, 'Status') === 'Enabled' && BLOCKS.every((name) => isTrue(dig(blocked, name)));
    return isFit ? [] : ['SourceBucketArn'];
  }),
};

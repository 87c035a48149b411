import { lifecycleOnTables } from '../../../lib/compliance/rules/lifecycle-on-tables';
import { type Fixture, describeRule, ref } from './fixtures';

const lake = (bucket: { [name: string]: unknown }, location = 'flights'): Fixture => ({
  Resources: {
    Bucket: { Type: 'AWS::S3::Bucket', Properties: bucket },
    Table: {
      Type: 'AWS::Glue::Table',
      Properties: {
        OpenTableFormatInput: {
          IcebergInput: { IcebergTableInput: { Location: { 'Fn::Sub': `s3://\${Bucket}/${location}` } } },
        },
      },
    },
  },
});
const rules = (...Rules: unknown[]): { [name: string]: unknown } => ({ LifecycleConfiguration: { Rules } });
const expiring = { Status: 'Enabled', ExpirationInDays: 90 };
const RULE = 'Bucket Properties.LifecycleConfiguration.Rules.0';

describeRule(lifecycleOnTables, {
  compliant: {
    'old versions that expire': lake(rules({ Status: 'Enabled', NoncurrentVersionExpiration: { NoncurrentDays: 7 } })),
    'a class that is read at once': lake(
      rules({ Status: 'Enabled', Transitions: [{ StorageClass: 'GLACIER_IR', TransitionInDays: 90 }] }),
    ),
    'another prefix': lake(rules({ ...expiring, Prefix: 'tmp/' })),
    'the tag of soft deletion': lake(rules({ ...expiring, TagFilters: [{ Key: 'deleted', Value: 'true' }] })),
    'a rule that is off': lake(rules({ ...expiring, Status: 'Disabled' })),
    'a bucket without tables': {
      Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: rules(expiring) } },
    },
  },
  nonCompliant: {
    'expiry by age': [lake(rules(expiring)), RULE],
    'expiry below the table': [lake(rules({ ...expiring, Prefix: 'flights/data/' })), RULE],
    'expiry above the table': [lake(rules({ ...expiring, Prefix: 'fl' })), RULE],
    'a class that must be restored': [
      lake(rules({ Status: 'Enabled', Transition: { StorageClass: 'DEEP_ARCHIVE', TransitionInDays: 365 } })),
      RULE,
    ],
    'archive tiers': [
      lake({ IntelligentTieringConfigurations: [{ Id: 'a', Status: 'Enabled', Tierings: [] }] }),
      'Bucket Properties.IntelligentTieringConfigurations.0',
    ],
    'a bucket with a name': [
      {
        Resources: {
          Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake', ...rules(expiring) } },
          Table: {
            Type: 'AWS::Glue::Table',
            Properties: {
              OpenTableFormatInput: { IcebergInput: { IcebergTableInput: { Location: 's3://lake/flights' } } },
            },
          },
          Other: { Type: 'AWS::S3::Bucket', Properties: { BucketName: ref('AWS::StackName'), ...rules(expiring) } },
        },
      },
      RULE,
    ],
  },
});

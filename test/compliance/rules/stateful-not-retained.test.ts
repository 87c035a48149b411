import { statefulNotRetained } from '../../../lib/compliance/rules/stateful-not-retained';
import { type Fixture, describeRule, resources } from './fixtures';

const bucket = (policies: { DeletionPolicy?: string; UpdateReplacePolicy?: string }): Fixture =>
  resources({ Bucket: { Type: 'AWS::S3::Bucket', ...policies } });

describeRule(statefulNotRetained, {
  compliant: {
    'what is retained': bucket({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }),
    'what only a failed first deployment removes': bucket({
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
    }),
    'a table over files': resources({ Table: { Type: 'AWS::Glue::Table', Properties: { TableInput: {} } } }),
  },
  nonCompliant: {
    'the default': [bucket({}), 'Bucket DeletionPolicy', 'Bucket UpdateReplacePolicy'],
    'what a replacement deletes': [bucket({ DeletionPolicy: 'Retain' }), 'Bucket UpdateReplacePolicy'],
  },
});

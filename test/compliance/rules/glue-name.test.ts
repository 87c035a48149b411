import { glueName } from '../../../lib/compliance/rules/glue-name';
import { type Fixture, describeRule, ref, resources } from './fixtures';

const database = (Name: unknown): Fixture =>
  resources({ Database: { Type: 'AWS::Glue::Database', Properties: { DatabaseInput: { Name } } } });

describeRule(glueName, {
  compliant: {
    'lower-case letters, digits and underscores': database('lake_dev_2'),
    'a name known at deployment': database({ 'Fn::Join': ['_', ['lake', ref('AWS::StackName')]] }),
  },
  nonCompliant: {
    'an upper-case letter': [database('Lake'), 'Database Properties.DatabaseInput.Name'],
    'a hyphen beside a reference': [
      database({ 'Fn::Join': ['-', ['lake', ref('AWS::StackName')]] }),
      'Database Properties.DatabaseInput.Name',
    ],
    'a table with a space': [
      resources({ Table: { Type: 'AWS::Glue::Table', Properties: { Name: 'my table', DatabaseName: 'db' } } }),
      'Table Properties.Name',
    ],
  },
});

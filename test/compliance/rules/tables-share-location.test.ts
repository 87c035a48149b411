import { tablesShareLocation } from '../../../lib/compliance/rules/tables-share-location';
import { type Fixture, type Resource, describeRule, ref } from './fixtures';

const table = (Name: string, Location: unknown): Resource => ({
  Type: 'AWS::Glue::Table',
  Properties: { DatabaseName: 'db', Name, OpenTableFormatInput: { IcebergInput: { IcebergTableInput: { Location } } } },
});
const optimizer: Resource = {
  Type: 'AWS::Glue::TableOptimizer',
  Properties: { DatabaseName: 'db', TableName: 'one', Type: 'orphan_file_deletion' },
};
const at = (bucket: string, prefix: string): unknown => ({ 'Fn::Join': ['', ['s3://', ref(bucket), `/${prefix}`]] });
const tables = (
  one: unknown,
  other: unknown,
  more: { [id: string]: Resource } = { Optimizer: optimizer },
): Fixture => ({
  Resources: { One: table('one', one), Other: table('other', other), ...more },
});
const LOCATION = 'One Properties.OpenTableFormatInput.IcebergInput.IcebergTableInput.Location';

describeRule(tablesShareLocation, {
  compliant: {
    'tables side by side': tables(at('Bucket', 'a'), at('Bucket', 'ab/')),
    'the same prefix of two buckets': tables(at('Bucket', 'a'), at('Second', 'a')),
    'tables nothing is removed from': tables(at('Bucket', 'a'), at('Bucket', 'a'), {}),
  },
  nonCompliant: {
    'one location': [tables(at('Bucket', 'a'), at('Bucket', 'a/')), LOCATION],
    'a table below another': [tables('s3://lake/a', 's3://lake/a/b'), LOCATION],
    'a table below another, with a third between them': [
      tables('s3://lake/a', 's3://lake/a/c', { Optimizer: optimizer, Third: table('third', 's3://lake/a/b') }),
      LOCATION,
    ],
    'an optimizer that refers to its table': [
      tables(at('Bucket', 'a'), at('Bucket', 'a'), {
        Optimizer: { Type: 'AWS::Glue::TableOptimizer', Properties: { TableName: ref('One') } },
      }),
      LOCATION,
    ],
  },
});

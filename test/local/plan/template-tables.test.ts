import { readMetadata } from '../../../local/plan/iceberg-json';
import { sourcesOf } from '../../../local/plan/stack-templates';
import { declaredIn } from '../../../local/plan/template-tables';
import { changesBetween } from '../../../local/plan/changes';
import { metadataText } from './tables';

const MARKS = '{"type":"map","key-id":4,"key":"string","value-id":5,"value":"int","value-required":false}';

/** A stack with a bucket and a database, and a table of both in a nested stack, as CDK writes them. */
function sources(bucket: object = {}) {
  const table = {
    Type: 'AWS::Glue::Table',
    DeletionPolicy: 'RetainExceptOnCreate',
    Properties: {
      DatabaseName: { Ref: 'DatabaseName' },
      Name: 'orders',
      OpenTableFormatInput: {
        IcebergInput: {
          Version: '2',
          IcebergTableInput: {
            Location: { 'Fn::Join': ['', ['s3://', { Ref: 'BucketName' }, '/shop/orders']] },
            Schema: {
              IdentifierFieldIds: [1],
              Fields: [
                { Id: 1, Name: 'id', Type: 'int', Required: true },
                { Id: 2, Name: 'name', Type: 'string', Required: false },
                { Id: 3, Name: 'marks', Type: MARKS },
              ],
            },
            PartitionSpec: { Fields: [{ SourceId: 1, Transform: 'bucket[4]', Name: 'id_bucket' }] },
            WriteOrder: {
              Fields: [{ SourceId: 2, Transform: 'identity', Direction: 'ASC', NullOrder: 'NULLS_FIRST' }],
            },
            Properties: { 'write.format.default': 'parquet', comment: 'Orders', owner: 'spark' },
          },
        },
      },
    },
  };
  const nested = { Parameters: { BucketName: {}, DatabaseName: {} }, Resources: { Orders: table } };
  const parameters = { BucketName: { Ref: 'Bucket' }, DatabaseName: { Ref: 'Database' } };
  return sourcesOf('Lake', {
    Resources: {
      Bucket: { Type: 'AWS::S3::Bucket', Properties: { ...bucket } },
      Database: { Type: 'AWS::Glue::Database', Properties: { DatabaseInput: { Name: 'lake_silver' } } },
      Hive: { Type: 'AWS::Glue::Table', Properties: { TableInput: { Name: 'x' } } },
      Shop: { Type: 'AWS::CloudFormation::Stack', Properties: { Parameters: parameters }, NestedTemplate: nested },
    },
  });
}

describe('declaredIn', () => {
  test('reads a table of a nested stack as its metadata file has it', () => {
    const physicalIds = new Map([['Lake#Bucket', 'silver']]);
    const { tables, databases } = declaredIn({ name: 'Lake', sources: sources() }, physicalIds);
    expect(databases).toEqual(['lake_silver']);
    expect(tables).toMatchObject([
      { database: 'lake_silver', name: 'orders', address: 'Lake/Shop#Orders', isRetained: true },
    ]);
    const { definition } = readMetadata(metadataText(), 'a');
    expect(changesBetween(definition, tables[0].definition)).toEqual([]);
  });

  test('takes the name that a template gives a bucket, and leaves open what only a deployment knows', () => {
    const [named, open] = [{ BucketName: 'named' }, {}].map(
      (bucket) => declaredIn({ name: 'Lake', sources: sources(bucket) }).tables[0]?.definition.location,
    );
    expect(named).toBe('s3://named/shop/orders');
    expect(open).toBe('s3://${Lake#Bucket}/shop/orders');
  });

  test('fails when a table has another form than Glue takes', () => {
    const wrong = sources();
    const body = JSON.parse(JSON.stringify(wrong[1]?.body).replace('"Id":1,', '')) as object;
    expect(() => declaredIn({ name: 'Lake', sources: [wrong[0], { ...wrong[1], body }] })).toThrow(
      /^table 'Lake\/Shop#Orders' has another shape than expected:\n {2}- 'IcebergTableInput\.Schema\.Fields\.0\.Id'/,
    );
  });
});

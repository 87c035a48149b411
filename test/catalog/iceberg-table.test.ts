import { Template } from 'aws-cdk-lib/assertions';
import { RemovalPolicy, Size, Stack } from 'aws-cdk-lib/core';
import { IcebergFormatVersion, IcebergTable } from '../../lib/catalog';
import { IcebergType, NullOrder, PartitionTransform, SortDirection } from '../../lib/contracts';
import { type Resource, resourcesIn } from '../support/stacks';
import { type TableProperties, lake, tableIn } from './fixtures';

/** The one table of a stack, as CloudFormation gets it. */
function resourceOf(stack: Stack): Resource<TableProperties> {
  const [table, ...more] = Object.values(resourcesIn<TableProperties>(stack, 'AWS::Glue::Table'));
  if (table === undefined || more.length > 0) {
    throw new Error('expected one table');
  }
  return table;
}

/** The table's Iceberg input. */
function inputOf(stack: Stack): unknown {
  return resourceOf(stack).Properties.OpenTableFormatInput.IcebergInput.IcebergTableInput;
}

describe('IcebergTable', () => {
  test('is one Glue table whose structure an update evolves in place', () => {
    const { stack, bucket } = lake();
    tableIn({ stack, bucket });
    expect(resourceOf(stack).Properties).toEqual({
      CatalogId: { Ref: 'AWS::AccountId' },
      DatabaseName: 'silver',
      Name: 'trips',
      OpenTableFormatInput: {
        IcebergInput: {
          MetadataOperation: 'CREATE',
          Version: '2',
          IcebergTableInput: {
            Location: { 'Fn::Join': ['', ['s3://', stack.resolve(bucket.bucketName), '/silver/trips']] },
            Schema: {
              Type: 'struct',
              SchemaId: 0,
              Fields: [
                { Id: 1, Name: 'id', Type: 'long', Required: true },
                { Id: 2, Name: 'fare', Type: 'decimal(10, 2)', Required: false },
                { Id: 3, Name: 'started_at', Type: 'timestamptz', Required: false },
              ],
            },
            Properties: {
              'write.format.default': 'parquet',
              'write.parquet.compression-codec': 'zstd',
              'write.target-file-size-bytes': '536870912',
              'commit.retry.num-retries': '10',
              'write.metadata.delete-after-commit.enabled': 'true',
            },
          },
        },
      },
    });
  });

  test('keeps its primary child under the id Resource', () => {
    expect(tableIn(lake()).node.findChild('Resource').node.path).toBe('Lake/Trips/Resource');
  });

  test('takes a folder of its own in the bucket', () => {
    const { stack, bucket } = lake();
    const table = tableIn({ stack, bucket }, { prefix: 'rides/trips' });
    expect(stack.resolve(table.location)).toEqual({
      'Fn::Join': ['', ['s3://', stack.resolve(bucket.bucketName), '/rides/trips']],
    });
    expect(inputOf(stack)).toMatchObject({ Location: stack.resolve(table.location) });
  });

  test('renders partition fields with ids and names', () => {
    const at = lake();
    tableIn(at, {
      partitionFields: [
        { id: 1000, column: 'started_at', transform: PartitionTransform.DAY },
        { id: 1001, column: 'id', transform: PartitionTransform.bucket(16), name: 'shard' },
      ],
    });
    expect(inputOf(at.stack)).toMatchObject({
      PartitionSpec: {
        Fields: [
          { SourceId: 3, Transform: 'day', FieldId: 1000, Name: 'started_at_day' },
          { SourceId: 1, Transform: 'bucket[16]', FieldId: 1001, Name: 'shard' },
        ],
      },
    });
  });

  test('renders the sort order with direction and place of nulls', () => {
    const at = lake();
    tableIn(at, { sortFields: [{ column: 'fare', direction: SortDirection.DESC, nulls: NullOrder.LAST }] });
    expect(inputOf(at.stack)).toMatchObject({
      WriteOrder: {
        OrderId: 1,
        Fields: [{ SourceId: 2, Transform: 'identity', Direction: 'desc', NullOrder: 'nulls-last' }],
      },
    });
  });

  test('renders the columns that identify a row by id', () => {
    const at = lake();
    const columns = [
      { id: 7, name: 'id', type: IcebergType.LONG, required: true },
      { id: 4, name: 'city', type: IcebergType.STRING, required: true, doc: 'Where the trip began' },
    ];
    tableIn(at, { columns, identifierColumns: ['id', 'city'] });
    expect(inputOf(at.stack)).toMatchObject({
      Schema: {
        IdentifierFieldIds: [4, 7],
        Fields: [{ Name: 'id' }, { Name: 'city', Doc: 'Where the trip began' }],
      },
    });
  });

  test('renders nested types as Iceberg JSON with an id for each field', () => {
    const at = lake();
    const stop = IcebergType.struct([
      { name: 'zone', type: IcebergType.INT, required: true, doc: 'Zone of the stop' },
      { name: 'toll', type: IcebergType.decimal(6, 2) },
    ]);
    tableIn(at, {
      columns: [
        {
          id: 1,
          name: 'stops',
          type: IcebergType.list(stop, true),
          nestedIds: { element: 3, 'element.zone': 4, 'element.toll': 5 },
        },
        {
          id: 2,
          name: 'tags',
          type: IcebergType.map(IcebergType.STRING, IcebergType.LONG),
          nestedIds: { key: 6, value: 7 },
        },
      ],
    });
    const types = [
      '{"type":"list","element-id":3,"element":{"type":"struct","fields":[' +
        '{"id":4,"name":"zone","required":true,"type":"int","doc":"Zone of the stop"},' +
        '{"id":5,"name":"toll","required":false,"type":"decimal(6, 2)"}]},"element-required":true}',
      '{"type":"map","key-id":6,"key":"string","value-id":7,"value":"long","value-required":false}',
    ];
    expect(inputOf(at.stack)).toMatchObject({ Schema: { Fields: types.map((Type) => ({ Type })) } });
  });

  test('overrides default properties and keeps the others', () => {
    const at = lake();
    tableIn(at, { properties: { 'write.parquet.compression-codec': 'snappy', 'write.merge.mode': 'merge-on-read' } });
    expect(inputOf(at.stack)).toMatchObject({
      Properties: {
        'write.parquet.compression-codec': 'snappy',
        'write.merge.mode': 'merge-on-read',
        'commit.retry.num-retries': '10',
      },
    });
  });

  test('aims at files of the size that is set', () => {
    const at = lake();
    tableIn(at, { targetFileSize: Size.mebibytes(128) });
    expect(inputOf(at.stack)).toMatchObject({ Properties: { 'write.target-file-size-bytes': '134217728' } });
  });

  test('keeps its comment as a property of the table', () => {
    const at = lake();
    tableIn(at, { comment: 'Trips by taxi' });
    expect(inputOf(at.stack)).toMatchObject({ Properties: { comment: 'Trips by taxi' } });
  });

  test('takes another format version', () => {
    const at = lake();
    tableIn(at, { formatVersion: IcebergFormatVersion.V3 });
    expect(resourceOf(at.stack).Properties.OpenTableFormatInput.IcebergInput.Version).toBe('3');
  });

  test.each([
    [undefined, 'RetainExceptOnCreate', 'Retain'],
    [RemovalPolicy.RETAIN, 'RetainExceptOnCreate', 'Retain'],
    [RemovalPolicy.DESTROY, 'Delete', 'Delete'],
  ])('under removal policy %p leaves the stack with %s', (removalPolicy, DeletionPolicy, UpdateReplacePolicy) => {
    const at = lake();
    tableIn(at, { removalPolicy });
    expect(resourceOf(at.stack)).toMatchObject({ DeletionPolicy, UpdateReplacePolicy });
  });

  test('knows names, location and ARN of a table that exists already', () => {
    const { stack, bucket } = lake();
    const table = IcebergTable.fromIcebergTableAttributes(stack, 'Imported', {
      databaseName: 'gold',
      tableName: 'fares',
      bucket,
      prefix: 'rides/fares',
    });
    expect([table.databaseName, table.tableName, table.prefix]).toEqual(['gold', 'fares', 'rides/fares']);
    expect(stack.resolve(table.tableArn)).toEqual({
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':glue:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':table/gold/fares',
        ],
      ],
    });
    Template.fromStack(stack).resourceCountIs('AWS::Glue::Table', 0);
  });

  test('finds a table that exists already in the folder of its names when no other is said', () => {
    const { stack, bucket } = lake();
    const attributes = { databaseName: 'gold', tableName: 'fares', bucket };
    expect(IcebergTable.fromIcebergTableAttributes(stack, 'Imported', attributes).prefix).toBe('gold/fares');
  });

  test('fails when names of a table that exists already are none, or its folder ends with a slash, all at once', () => {
    const { stack, bucket } = lake();
    const wrong = { databaseName: '', tableName: 'fares *', prefix: 'gold/fares/', bucket };
    expect(() => IcebergTable.fromIcebergTableAttributes(stack, 'Imported', wrong)).toThrow(
      /3 problems .*'databaseName' must be a name in the Glue catalog, got "".*'tableName' must be .*'prefix' must be folder names joined by single slashes, got "gold\/fares\/"; drop slashes at its ends/s,
    );
    const legacy = { databaseName: 'my-lake', tableName: 'Fares.2013', bucket };
    expect(() => IcebergTable.fromIcebergTableAttributes(stack, 'Legacy', legacy)).not.toThrow();
  });
});

import { Lazy, Size, Token } from 'aws-cdk-lib/core';
import type { IcebergTableProps } from '../../lib/catalog';
import { IcebergType, NullOrder, PartitionTransform, SortDirection } from '../../lib/contracts';
import { messageOf, problemsOf } from '../contracts/lake';
import { lake, tableIn } from './fixtures';

const { DAY, HOUR, MONTH, IDENTITY } = PartitionTransform;
const { ASC } = SortDirection;
const { FIRST } = NullOrder;
const LONG = IcebergType.LONG;
const nameRemedy = 'Athena and Spark read no other names';

describe('IcebergTable', () => {
  test.each<[string, Partial<IcebergTableProps>, string]>([
    [
      'a name has capitals',
      { tableName: 'Trips' },
      `'tableName' must be 1 to 255 characters of a-z, 0-9 and _, got "Trips"; ${nameRemedy}`,
    ],
    [
      'the database name has a hyphen',
      { databaseName: 'lake-silver' },
      `'databaseName' must be 1 to 255 characters of a-z, 0-9 and _, got "lake-silver"; ${nameRemedy}`,
    ],
    [
      'the prefix ends with a slash',
      { prefix: 'rides/' },
      `'prefix' must be folder names joined by single slashes, got "rides/"; drop slashes at its ends`,
    ],
    ['there are no columns', { columns: [] }, `'columns' must be at least one column, got []; add a column`],
    [
      'a column name has a space',
      { columns: [{ id: 1, name: 'my id', type: LONG }] },
      `'columns.name' must be 1 to 255 characters of a-z, 0-9 and _, got "my id"; ${nameRemedy}`,
    ],
    [
      'a column has the name of metadata',
      { columns: [{ id: 1, name: '_partition', type: LONG }] },
      `'columns.name' must be a name that is not one of Iceberg's own metadata columns, got "_partition"; choose another name: engines would read the metadata instead of the column, or fail`,
    ],
    [
      'two columns share a name',
      {
        columns: [
          { id: 1, name: 'id', type: LONG },
          { id: 2, name: 'id', type: LONG },
        ],
      },
      `'columns.name' must be used once, got "id"; change one of the two`,
    ],
    [
      'a column and a nested field share an id',
      {
        columns: [
          { id: 1, name: 'id', type: LONG },
          { id: 2, name: 'tags', type: IcebergType.list(LONG), nestedIds: { element: 1 } },
        ],
      },
      `'columns.id' must be used once, got 1; change one of the two`,
    ],
    [
      'an id is 0',
      { columns: [{ id: 0, name: 'id', type: LONG }] },
      `'columns.id' must be a whole number of at least 1, got 0; take the next free one`,
    ],
    [
      'a nested field has no id',
      { columns: [{ id: 1, name: 'tags', type: IcebergType.list(LONG) }] },
      `'columns.tags.nestedIds' must be set for element, got []; add its id`,
    ],
    [
      'an id is given to a nested field that is not there',
      { columns: [{ id: 1, name: 'tags', type: IcebergType.list(LONG), nestedIds: { element: 2, elment: 3 } }] },
      `'columns.tags.nestedIds' must be names of nested fields, got "elment"; did you mean 'element'?`,
    ],
    [
      'a partition column is not there',
      { partitionFields: [{ id: 1000, column: 'fares', transform: IDENTITY }] },
      `'partitionFields.column' must be a column of the table, got "fares"; did you mean 'fare'?`,
    ],
    [
      'a transform does not fit the type',
      { partitionFields: [{ id: 1000, column: 'fare', transform: DAY }] },
      `'partitionFields.fare' must be a transform that decimal(10, 2) can have, got "day"; ` +
        'day takes date, timestamp, timestamptz',
    ],
    [
      'a partition id is below 1000',
      { partitionFields: [{ id: 1, column: 'id', transform: IDENTITY }] },
      `'partitionFields.id' must be a whole number of at least 1000, got 1; take the next free one`,
    ],
    [
      'a partition field takes the name of a column',
      { partitionFields: [{ id: 1000, column: 'started_at', transform: DAY, name: 'fare' }] },
      `'partitionFields.name' must be a name that no column has, got "fare"; give the field another name`,
    ],
    [
      'one column is cut by two measures of time',
      {
        partitionFields: [
          { id: 1000, column: 'started_at', transform: MONTH },
          { id: 1001, column: 'started_at', transform: HOUR },
        ],
      },
      `'partitionFields.column' must be used once, got "started_at"; keep the finest of year, month, day and hour`,
    ],
    [
      'a sort column is not there',
      { sortFields: [{ column: 'started', direction: ASC, nulls: FIRST }] },
      `'sortFields.column' must be a column of the table, got "started"; did you mean 'started_at'?`,
    ],
    [
      'an identifier column is optional',
      { identifierColumns: ['fare'] },
      `'identifierColumns' must be required columns, got "fare"; set fare required`,
    ],
    [
      'an identifier column is a floating point number',
      { columns: [{ id: 1, name: 'x', type: IcebergType.DOUBLE, required: true }], identifierColumns: ['x'] },
      `'identifierColumns' must be of types that identify a row, got "x"; x is double`,
    ],
    [
      'a codec is mistyped',
      { properties: { 'write.parquet.compression-codec': 'ztsd' } },
      `'properties.write.parquet.compression-codec' must be one of zstd, snappy, gzip, lz4, brotli, uncompressed, ` +
        `got "ztsd"; did you mean 'zstd'?`,
    ],
    [
      'a size is negative',
      { properties: { 'write.parquet.row-group-size-bytes': '-1' } },
      `'properties.write.parquet.row-group-size-bytes' must be a whole number of at least 1, got "-1"; write digits only`,
    ],
    [
      'the comment is set as a property',
      { properties: { comment: 'x' } },
      `'properties.comment' must be absent, got "x"; set the prop 'comment' instead`,
    ],
    [
      'the target file size is 0',
      { targetFileSize: Size.bytes(0) },
      `'targetFileSize' must be at least 1 byte, got 0; give a size of usual files, for example Size.mebibytes(512)`,
    ],
    [
      'the target file size is set twice',
      { targetFileSize: Size.mebibytes(1), properties: { 'write.target-file-size-bytes': '7' } },
      `'properties.write.target-file-size-bytes' must be absent beside targetFileSize, got "7"; drop one`,
    ],
  ])('fails when %s', (_, props, message) => {
    expect(problemsOf(() => tableIn(lake(), props))).toEqual([message]);
  });

  test('fails with all problems at once, and says which table', () => {
    const message = messageOf(() => tableIn(lake(), { tableName: 'A', identifierColumns: ['x'], prefix: '/' }));
    expect(message).toMatch(/^3 problems in table 'Lake\/Trips':\n/);
  });

  test('lets values pass that are not known before the deploy', () => {
    const table = tableIn(lake(), {
      databaseName: Lazy.string({ produce: () => 'late' }),
      prefix: Token.asString({ Ref: 'Prefix' }),
      properties: { 'commit.retry.num-retries': Token.asString({ Ref: 'Retries' }) },
    });
    expect(Token.isUnresolved(table.databaseName)).toBe(true);
  });
});

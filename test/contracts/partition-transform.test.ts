import { IcebergType, PartitionTransform } from '../../lib/contracts';
import { messageOf } from './lake';

const TYPES = [
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'decimal(10, 2)',
  'date',
  'time',
  'timestamp',
  'timestamptz',
  'string',
  'uuid',
  'fixed[4]',
  'binary',
  'list<int>',
];

describe('PartitionTransform', () => {
  test.each([
    ['identity', TYPES.filter((type) => type !== 'list<int>')],
    ['year', ['date', 'timestamp', 'timestamptz']],
    ['month', ['date', 'timestamp', 'timestamptz']],
    ['day', ['date', 'timestamp', 'timestamptz']],
    ['hour', ['timestamp', 'timestamptz']],
    ['bucket[16]', TYPES.filter((type) => !['boolean', 'float', 'double', 'list<int>'].includes(type))],
    ['truncate[4]', ['int', 'long', 'decimal(10, 2)', 'string', 'binary']],
  ])('%s accepts the types of the specification', (text, accepted) => {
    const transform = PartitionTransform.parse(text);
    expect(TYPES.filter((type) => transform.accepts(IcebergType.parse(type)))).toEqual(accepted);
    expect(transform.toString()).toBe(text);
  });

  test('names its partition field', () => {
    expect(PartitionTransform.IDENTITY.fieldName('carrier')).toBe('carrier');
    expect(PartitionTransform.MONTH.fieldName('time_hour')).toBe('time_hour_month');
    expect(PartitionTransform.bucket(16).fieldName('id')).toBe('id_bucket_16');
  });

  test.each([
    ['dya', "did you mean 'day'?"],
    ['bucket', 'write bucket[16]'],
    ['day[2]', 'write day'],
    ['toString', 'known are identity'],
  ])('fails when the text is %s', (text, remedy) => {
    expect(messageOf(() => PartitionTransform.parse(text))).toBe(
      `'partitionTransform' must be a partition transform, got "${text}"; ${remedy}${
        text === 'toString' ? ', year, month, day, hour, bucket, truncate' : ''
      }`,
    );
  });

  test('fails when a size is 0', () => {
    expect(messageOf(() => PartitionTransform.bucket(0))).toContain("'bucket' must be a whole number from 1 to");
    expect(messageOf(() => PartitionTransform.parse('truncate[0]'))).toContain('got 0');
  });
});

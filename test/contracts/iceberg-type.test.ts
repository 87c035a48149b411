import { IcebergType } from '../../lib/contracts';
import { messageOf } from './lake';

describe('IcebergType', () => {
  test.each([
    'boolean',
    'int',
    'long',
    'float',
    'double',
    'date',
    'time',
    'timestamp',
    'timestamptz',
    'string',
    'uuid',
    'binary',
    'decimal(10, 2)',
    'fixed[16]',
    'list<string>',
    'list<long not null>',
    'map<string, double>',
    'map<string, list<int> not null>',
    'struct<code int not null, text string>',
    'list<struct<rule string, at struct<lat double, lon double>>>',
  ])('reads and writes %s', (text) => {
    expect(IcebergType.parse(text).toString()).toBe(text);
  });

  test('writes decimals with the space that Glue stores', () => {
    expect(IcebergType.parse('decimal(10,2)').toString()).toBe('decimal(10, 2)');
    expect(IcebergType.decimal(38, 0).toString()).toBe('decimal(38, 0)');
  });

  test('accepts colons in structs', () => {
    expect(IcebergType.parse('struct<a: int, b: string>').toString()).toBe('struct<a int, b string>');
  });

  test('tells nested types from primitive ones', () => {
    expect(IcebergType.STRING.isPrimitive).toBe(true);
    expect(IcebergType.list(IcebergType.STRING).isPrimitive).toBe(false);
    expect(IcebergType.map(IcebergType.STRING, IcebergType.INT, true).fields).toEqual([
      { name: 'key', type: IcebergType.STRING, required: true },
      { name: 'value', type: IcebergType.INT, required: true },
    ]);
  });

  test.each([
    ['integer', 'write int'],
    ['varchar', 'write string'],
    ['strng', "did you mean 'string'?"],
    ['constructor', 'known are boolean'],
    ['decimal', "expected '('"],
    ['decimal(10)', "expected ','"],
    ['list<>', 'write one of'],
    ['list<string', "expected '>'"],
    ['int int', 'nothing expected after int'],
    ['', 'write one of'],
    [`${'list<'.repeat(40)}int${'>'.repeat(40)}`, 'nest at most 16 levels'],
  ])('fails when the text is %s', (text, remedy) => {
    const message = messageOf(() => IcebergType.parse(text));
    expect(message).toContain("'physicalType' must be an Iceberg type");
    expect(message).toContain(remedy);
  });

  test.each([
    [() => IcebergType.decimal(39, 2), "'precision' must be a whole number from 1 to 38, got 39"],
    [() => IcebergType.decimal(4, 5), "'scale' must be a whole number from 0 to 4, got 5"],
    [() => IcebergType.fixed(0), "'length' must be a whole number of bytes, at least 1, got 0"],
    [() => IcebergType.struct([]), "'fields' must be at least one field, got []"],
    [() => IcebergType.parse('struct<a int, a string>'), `'fields' must be fields of different names, got "a"`],
  ])('fails when a size or field is wrong: %#', (call, message) => {
    expect(messageOf(call)).toContain(message);
  });
});

import { type Change, changesBetween } from '../../../local/plan/changes';
import type { TableDefinition } from '../../../local/plan/definition';
import { outsideWords, plannedWords } from '../../../local/plan/words';
import { COLUMNS, column, table } from './tables';

const [ID, NAME, MARKS] = [COLUMNS[0], COLUMNS[1], COLUMNS[2]];

const FLAGS = column(6, 'flags', { type: 'list', 'element-id': 7, element: 'boolean', 'element-required': false });

const planned = (after: TableDefinition, before = table()): string[] =>
  changesBetween(before, after).map((change) => plannedWords(change));

describe('changesBetween', () => {
  test('finds nothing between a table and itself', () => {
    expect(changesBetween(table(), table())).toEqual([]);
  });

  test.each<[string, TableDefinition, string[]]>([
    ['an added column', table([...COLUMNS, column(6, 'paid', 'date')]), ['+ column paid date (id 6)']],
    ['an added nested column once', table([...COLUMNS, FLAGS]), ['+ column flags list<boolean> (id 6)']],
    ['a dropped column with all that is in it', table([ID, NAME]), ['- column marks (id 3 retired)']],
    ['a renamed column', table([ID, { ...NAME, name: 'title' }, MARKS]), ['~ rename name → title (id 2 kept)']],
    ['a wider type', table([{ ...ID, type: 'long' }, NAME, MARKS]), ['~ widen id int → long (id 1 kept)']],
    ['another type', table([{ ...ID, type: 'string' }, NAME, MARKS]), ['~ type of id int → string']],
    ['an optional column', table([{ ...ID, required: false }, NAME, MARKS]), ['~ column id becomes optional']],
    ['a description', table([{ ...ID, doc: 'Number' }, NAME, MARKS]), ['~ doc of id nothing → Number']],
    ['the one column that moved', table([MARKS, ID, NAME]), ['~ move marks first']],
    [
      'a partition field by its id',
      table(COLUMNS, { partition: [{ id: 1001, name: 'name', source: 2, transform: 'identity' }] }),
      ['+ partition field name, identity of name (id 1001)', '- partition field id_bucket (id 1000 retired)'],
    ],
    [
      'a renamed partition field',
      table(COLUMNS, { partition: [{ id: 1000, name: 'b', source: 1, transform: 'bucket[4]' }] }),
      ['~ rename partition field id_bucket → b (id 1000 kept)'],
    ],
    ['the sort order', table(COLUMNS, { sort: [] }), ['~ sort order name asc nulls-first → none']],
    ['the identifier columns', table(COLUMNS, { identifiers: [2, 1] }), ['~ identifier columns id → name, id']],
    [
      'properties and the comment',
      table(COLUMNS, { properties: { 'write.format.default': 'orc', x: '1' } }),
      ['~ comment Orders → nothing', '~ property write.format.default parquet → orc', '+ property x = 1'],
    ],
    [
      'the location',
      table(COLUMNS, { location: 's3://silver/shop/o' }),
      ['~ location s3://silver/shop/orders → s3://silver/shop/o'],
    ],
    ['the format version', table(COLUMNS, { formatVersion: 3 }), ['~ format version 2 → 3']],
  ])('finds %s', (_, after, words) => {
    expect(planned(after)).toEqual(words);
  });

  test('finds a change of what is nested in a column', () => {
    const values = {
      type: 'map',
      'key-id': 4,
      key: 'string',
      'value-id': 5,
      value: 'long',
      'value-required': false,
    } as const;
    expect(planned(table([ID, NAME, { ...MARKS, type: values }]))).toEqual([
      '~ widen marks.value int → long (id 5 kept)',
    ]);
  });

  test('takes a renamed column for no change of the sort order or of the key', () => {
    const renamed = table([{ ...ID, name: 'number' }, { ...NAME, name: 'title' }, MARKS]);
    expect(changesBetween(table(), renamed).map(({ kind }) => kind)).toEqual(['column renamed', 'column renamed']);
  });

  test('knows no order among identifier columns', () => {
    const [one, other] = [table(COLUMNS, { identifiers: [1, 2] }), table(COLUMNS, { identifiers: [2, 1] })];
    expect(changesBetween(one, other)).toEqual([]);
  });

  test('moves as few columns as there can be', () => {
    const columns = ['a', 'b', 'c', 'd', 'e'].map((name, index) => column(index + 1, name, 'int'));
    const [a, b, c, d, e] = columns;
    expect(planned(table([d, a, b, e, c]), table(columns))).toEqual(['~ move d first', '~ move c after e']);
  });

  test('says what was changed outside by what it is and what it was deployed as', () => {
    const change: Change = { kind: 'column type', subject: 'visib', id: 14, before: 'decimal(6, 2)', after: 'double' };
    expect(outsideWords(change)).toBe('column visib changed outside: double, deployed as decimal(6, 2)');
  });

  test('cuts long values in a line', () => {
    const long = 'x'.repeat(100);
    expect(planned(table(COLUMNS, { properties: { comment: long } }))[0]).toBe(`~ comment Orders → ${'x'.repeat(59)}…`);
  });
});

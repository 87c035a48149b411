import { sorted } from '../../lib/private';

describe('sorted', () => {
  test('sorts a copy by rank and keeps the order of equals', () => {
    const items = [
      { name: 'b', at: 1 },
      { name: 'a', at: 1 },
      { name: 'c', at: 0 },
    ];
    expect(sorted(items, (item) => item.at).map((item) => item.name)).toEqual(['c', 'b', 'a']);
    expect(items[0]?.name).toBe('b');
  });

  test('compares texts by code unit, whatever the locale', () => {
    expect(sorted(['b', 'B', '_', 'a'], (text) => text)).toEqual(['B', '_', 'a', 'b']);
  });
});

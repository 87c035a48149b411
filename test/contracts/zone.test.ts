import { Zone } from '../../lib/contracts';
import { messageOf } from './lake';

describe('Zone', () => {
  test('lists the zones in the order data travels', () => {
    expect(Zone.all().map(String)).toEqual(['landing', 'bronze', 'silver', 'gold', 'archive']);
  });

  test('tells which zones hold tables', () => {
    expect(Zone.withTables()).toEqual([Zone.BRONZE, Zone.SILVER, Zone.GOLD]);
  });

  test('is found by its name', () => {
    expect(Zone.of('silver')).toBe(Zone.SILVER);
  });

  test('fails when there is no zone of that name', () => {
    expect(messageOf(() => Zone.of('slver'))).toBe(
      `'zone' must be a zone of the lake, got "slver"; did you mean 'silver'?`,
    );
  });
});

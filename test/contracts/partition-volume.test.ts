import * as path from 'node:path';
import { DataContracts, smallPartitions } from '../../lib/contracts';
import { KEY, column, contractsOf, custom } from './lake';

const GB = 1e9;
const HERE = 'contracts/silver/trips.yaml';

/** What is said of a dataset with such partition fields, to which a day adds that many bytes. */
function saidOf(expectedBytesPerDay: number | undefined, ...transforms: [name: string, transform: string][]) {
  const types: { [name: string]: string } = { at: 'timestamptz', on: 'date', city: 'string' };
  const columns = transforms.map(([name, transform], index) =>
    column(name, types[name] ?? '', {
      partitioned: true,
      partitionKeyPosition: index + 1,
      ...custom('partitionTransform', transform),
    }),
  );
  const declared = expectedBytesPerDay === undefined ? {} : { expectedBytesPerDay };
  return smallPartitions(contractsOf({ columns: [KEY, ...columns], custom: declared }).get('silver.trips'));
}

describe('Partitions', () => {
  test('are large enough from 1 GB on', () => {
    expect(saidOf(GB, ['at', 'day'])).toBeUndefined();
    expect(saidOf(24 * GB, ['at', 'hour'])).toBeUndefined();
    expect(saidOf(GB / 30, ['at', 'month'])).toBeUndefined();
    expect(saidOf(16 * GB, ['at', 'day'], ['city', 'bucket[16]'])).toBeUndefined();
  });

  test('are too small below, and a coarser transform of time is named', () => {
    expect(saidOf(GB / 2, ['at', 'day'])).toBe(
      `partitions of silver.trips would hold 500 MB at most where 1 GB or more serves queries; partition by month, with fewer buckets or none, in ${HERE}`,
    );
    expect(saidOf(12 * GB, ['at', 'hour'])).toContain('hold 500 MB at most');
    expect(saidOf(12 * GB, ['at', 'hour'])).toContain('partition by day');
    expect(saidOf(8 * GB, ['at', 'day'], ['city', 'bucket[16]'])).toContain('hold 500 MB at most');
  });

  test('are those of a day where a date is the partition', () => {
    expect(saidOf(GB / 2, ['on', 'identity'])).toContain('hold 500 MB at most');
    expect(saidOf(GB / 2, ['city', 'identity'])).toBeUndefined();
  });

  test('of a table that is read whole for cents may be small, but not many', () => {
    expect(saidOf(GB / 100, ['at', 'day'])).toBeUndefined();
    expect(saidOf(GB / 100, ['at', 'hour'])).toContain('hold 0.42 MB at most');
    expect(saidOf(GB / 100, ['at', 'day'], ['city', 'bucket[4]'])).toContain('hold 2.5 MB at most');
    expect(saidOf(GB / 1000, ['at', 'hour'])).toContain('partition by year, or not at all, in');
  });

  test('are not judged where no volume is declared, or nothing partitions', () => {
    expect(saidOf(undefined, ['at', 'hour'])).toBeUndefined();
    expect(saidOf(GB / 2)).toBeUndefined();
  });

  test('of the contracts of this repository are right', () => {
    const contracts = DataContracts.fromDirectory(path.resolve(__dirname, '../../contracts')).all();
    expect(contracts.filter(({ expectedBytesPerDay }) => expectedBytesPerDay !== undefined)).not.toHaveLength(0);
    expect(contracts.map(smallPartitions).filter((text) => text !== undefined)).toEqual([]);
  });
});

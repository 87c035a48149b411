import { bucket, estimate, lineOf, saved } from './estimates';

describe('a bucket', () => {
  const stored = { storedGigabytes: { landing: 1000 }, dataAgeDays: 100, objectMegabytes: 1024, coldReadShare: 0 };

  test('without lifecycle costs Standard, as in the plain lake', () => {
    const made = estimate({ Landing: bucket() }, stored);
    expect(made.monthly).toBeCloseTo(23, 6);
    expect(made.plainMonthly).toBeCloseTo(23, 6);
  });

  test('is spread over the tiers by age, and pays for moving', () => {
    const Transitions = [
      { StorageClass: 'GLACIER', TransitionInDays: 90 },
      { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
    ];
    const made = estimate({ Landing: bucket([{ Status: 'Enabled', Transitions }]) }, stored);
    expect(lineOf(made, 'landing Standard')).toMatchObject({ quantity: 300 });
    expect(lineOf(made, 'landing Standard-IA').monthly).toBeCloseTo(600 * 0.0125, 6);
    expect(lineOf(made, 'landing Glacier Flexible Retrieval').monthly).toBeCloseTo(100 * 0.0036, 6);
    // a month's arrivals, 304 objects of a gigabyte, move into each tier
    const moves = (1000 * (365 / 12 / 100)) / 1000;
    expect(lineOf(made, 'landing moves to Standard-IA').monthly).toBeCloseTo(moves * 0.01, 6);
    expect(made.plainMonthly).toBeCloseTo(23, 6);
    expect(saved(made, 'storage tiering')).toBeCloseTo(23 - made.monthly, 6);
  });

  test('pays for reading what is cold', () => {
    const rule = { Status: 'Enabled', Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 50 }] };
    const made = estimate({ Landing: bucket([rule]) }, { ...stored, coldReadShare: 0.2 });
    expect(lineOf(made, 'landing Standard-IA, read').monthly).toBeCloseTo(500 * 0.2 * 0.01, 6);
  });

  test('in Intelligent-Tiering saves on what is idle and pays for watching', () => {
    const rule = { Status: 'Enabled', Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 50 }] };
    const made = estimate({ Landing: bucket([rule]) }, { ...stored, idleShare: 0.4 });
    expect(lineOf(made, 'landing Intelligent-Tiering, read').quantity).toBeCloseTo(300, 6);
    expect(lineOf(made, 'landing Intelligent-Tiering, idle').monthly).toBeCloseTo(200 * 0.0125, 6);
    expect(lineOf(made, 'landing Intelligent-Tiering, monitoring').monthly).toBeCloseTo(0.5 * 0.0025, 9);
  });

  test('that expires keeps what it is said to store, none of it older', () => {
    const rule = {
      Status: 'Enabled',
      ExpirationInDays: 40,
      Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }],
    };
    const made = estimate({ Landing: bucket([rule]) }, stored);
    expect(lineOf(made, 'landing Standard').quantity).toBeCloseTo(750, 6);
    expect(made.plainMonthly).toBeCloseTo(23, 6);
  });

  test('that others write their logs to is the one of access logs', () => {
    const made = estimate(
      { Landing: bucket(), Logs: { Type: 'AWS::S3::Bucket' } },
      { ...stored, storedGigabytes: { landing: 0, accessLogs: 100 } },
    );
    expect(lineOf(made, 'accessLogs Standard').monthly).toBeCloseTo(2.3, 6);
  });

  test('is asked for things', () => {
    const made = estimate({ Landing: bucket() }, { writeRequests: 2_000_000, readRequests: 1_000_000 });
    expect(lineOf(made, 'requests that write').monthly).toBeCloseTo(10, 6);
    expect(lineOf(made, 'requests that read').monthly).toBeCloseTo(0.4, 6);
  });
});

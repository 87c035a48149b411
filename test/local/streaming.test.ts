import { streamRows, type StreamRun } from '../../local/streaming';
import type { Lake } from '../../local/summary/lake';

const RUN: StreamRun = {
  dataset: 'flight_events',
  sent: { events: 100, duplicates: 2, corrupt: 1 },
  seconds: 30,
  recordsPerSecond: 10,
  latencySeconds: 31,
  reconciliation: { batch: 'flights', stream: 'flight_events', agree: true, days: [] },
};

function lakeWith(rows: { readonly bronze: number; readonly silver: number; readonly dlq: number }): Lake {
  const table = { files: 1, bytes: 1, snapshots: 1 };
  return {
    days: [],
    rejected: [],
    tables: [
      { ...table, zone: 'bronze', name: 'flight_events', rows: rows.bronze },
      { ...table, zone: 'bronze', name: 'flight_events__dlq', rows: rows.dlq },
      { ...table, zone: 'silver', name: 'flight_events', rows: rows.silver },
      { ...table, zone: 'silver', name: 'departures_hourly', rows: 24 },
      { ...table, zone: 'silver', name: 'departures_hourly__late', rows: 3 },
    ],
  };
}

describe('streamRows', () => {
  it('finds every record that was sent in one table, and each event once in silver', () => {
    const rows = { bronze: 102, silver: 100, dlq: 1 };
    expect(streamRows(RUN, lakeWith(rows))).toEqual({ ...rows, hours: 24, late: 3 });
  });

  it.each([
    ['a record was lost', { bronze: 101, silver: 100, dlq: 1 }],
    ['an event is doubled', { bronze: 102, silver: 101, dlq: 1 }],
    ['a broken record was taken', { bronze: 103, silver: 100, dlq: 0 }],
  ])('fails when %s', (_, rows) => {
    expect(() => streamRows(RUN, lakeWith(rows))).toThrow(
      `the rows of 'flight_events' must be {"bronze":102,"silver":100,"dlq":1}, got ${JSON.stringify(rows)}; records were lost or doubled`,
    );
  });
});

import { inFigures } from '../../local/transform';

const node = { seconds: 1.5, rows: null, failures: null, message: null };
const record = {
  runId: '20130201T000000Z-abcdef',
  correlationId: 'up-0123',
  seconds: 20.1,
  unchanged: false,
  nodes: [
    { ...node, name: 'silver.flights', kind: 'freshness', status: 'pass' },
    { ...node, name: 'silver.flight_events', kind: 'freshness', status: 'error' },
    { ...node, name: 'fct_flights', kind: 'model', status: 'success', rows: 3 },
    { ...node, name: 'agg_daily', kind: 'model', status: 'skipped' },
    { ...node, name: 'unique_fct_flights', kind: 'test', status: 'pass', failures: 0 },
    { ...node, name: 'not_null_fct_flights', kind: 'test', status: 'fail', failures: 2 },
  ],
};

describe('inFigures', () => {
  test('counts the tables that were built, the tests and the sources that are fresh', () => {
    expect(inFigures(JSON.stringify(record))).toEqual({
      runId: '20130201T000000Z-abcdef',
      seconds: 20.1,
      unchanged: false,
      tables: [{ name: 'fct_flights', rows: 3, seconds: 1.5 }],
      tests: { passed: 1, failed: 1 },
      sources: { fresh: 1, all: 2 },
    });
  });

  test('fails when a node has no status', () => {
    const nodes = [{ ...node, name: 'fct_flights', kind: 'model' }];
    expect(() => inFigures(JSON.stringify({ ...record, nodes }))).toThrow(/run record of dbt/);
  });
});

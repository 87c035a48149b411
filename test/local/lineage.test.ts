import { LineageGraph, type LineageEvent, lineageEvent } from '../../local/lineage';

const GLUE = 'arn:aws:glue:us-east-1:000000000000';
const POSTGRES = { namespace: 'postgres://127.0.0.1:5432', name: 'flights.public.flights' };
const DATABASES = { bronze: 'lakehouse_dev_bronze', silver: 'lakehouse_dev_silver' };

interface Written {
  readonly job: string;
  readonly from: { readonly namespace: string; readonly name: string };
  readonly to: string;
  readonly columns: { readonly [column: string]: string };
  readonly time?: string;
}

function event({ job, from, to, columns, time = '2026-01-01T00:00:00Z' }: Written): LineageEvent {
  const fields = Object.fromEntries(
    Object.entries(columns).map(([column, field]) => [column, { inputFields: [{ ...from, field }] }]),
  );
  return lineageEvent.parse({
    eventType: 'COMPLETE',
    eventTime: time,
    job: { namespace: 'lakehouse-dev', name: job },
    inputs: [from],
    outputs: [{ ...table(to), facets: { columnLineage: { fields } } }],
  });
}

function table(name: string): { namespace: string; name: string } {
  const [zone = '', dataset = ''] = name.split('.');
  return { namespace: GLUE, name: `table/lakehouse_dev_${zone}/${dataset}` };
}

const toBronze = event({ job: 'into bronze', from: POSTGRES, to: 'bronze.flights', columns: { delay: 'dep_delay' } });
const toSilver = event({
  job: 'into silver',
  from: table('bronze.flights'),
  to: 'silver.flights',
  columns: { minutes: 'delay' },
});

describe('LineageGraph', () => {
  test('traces a column through every job to its source', () => {
    const graph = new LineageGraph([toSilver, toBronze], DATABASES);

    expect(graph.trace('silver.flights.minutes')).toEqual([
      'silver.flights.minutes  (into silver)',
      '  bronze.flights.delay  (into bronze)',
      '    postgres:flights.public.flights.dep_delay',
    ]);
  });

  test('traces a table', () => {
    const graph = new LineageGraph([toBronze, toSilver], DATABASES);

    expect(graph.trace('silver.flights')).toEqual([
      'silver.flights  (into silver)',
      '  bronze.flights  (into bronze)',
      '    postgres:flights.public.flights',
    ]);
  });

  test('follows the newest event that wrote, not one of a run that changed nothing', () => {
    const time = '2026-01-02T00:00:00Z';
    const changed = event({
      job: 'into silver',
      time,
      from: POSTGRES,
      to: 'silver.flights',
      columns: { a: 'b' },
    });
    const idle = { ...changed, eventTime: '2026-01-03T00:00:00Z', outputs: [] };
    const graph = new LineageGraph([idle, changed, toSilver], DATABASES);

    expect(graph.trace('silver.flights.a')[1]).toBe('  postgres:flights.public.flights.b');
    expect(() => graph.trace('silver.flights.minutes')).toThrow('got "silver.flights.minutes"');
  });

  test('ends at a table that is made from itself', () => {
    const self = event({ job: 'merge', from: table('silver.x'), to: 'silver.x', columns: { a: 'a' } });

    expect(new LineageGraph([self], DATABASES).trace('silver.x.a')).toEqual([
      'silver.x.a  (merge)',
      '  silver.x.a  (merge)',
    ]);
  });

  test('fails when no event tells of the name, and names the nearest', () => {
    const graph = new LineageGraph([toBronze], DATABASES);

    expect(() => graph.trace('bronze.flights.delai')).toThrow(
      "'lineage' must be a table or column of an event, got \"bronze.flights.delai\"; did you mean 'bronze.flights.delay'?",
    );
  });
});

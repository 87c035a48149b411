import { type Judged, planOf, planShape, planText } from '../../../local/plan/report';
import type { Status, Verdict } from '../../../local/plan/verdict';

function judged(label: string, status: Status, more: Partial<Verdict> = {}): Judged {
  const [zone = '', name = ''] = label.split('.');
  const verdict = { status, changes: [], drift: [], problems: [], ...more };
  return { label, database: `lake_${zone}`, name, region: 'eu-west-1', verdict };
}

const ADDED = { kind: 'column added', subject: 'gate', id: 31, after: 'string' } as const;
const DROPPED = { kind: 'column dropped', subject: 'x', id: 3, before: 'int' } as const;
const plan = (...tables: Judged[]) => planOf({ environment: 'prod', refused: [] }, tables);
const REFUSED = { resource: 'Lake/Kafka', problem: '2 changes in one deployment; deploy them one by one' };

describe('planOf', () => {
  test.each<[number, Status[]]>([
    [0, ['no change', 'unmanaged']],
    [2, ['no change', 'create']],
    [2, ['evolve']],
    [2, ['release']],
    [3, ['evolve', 'drifted']],
    [3, ['illegal']],
    [3, ['import']],
  ])('ends with %i for tables that are %j', (code, statuses) => {
    expect(plan(...statuses.map((status, index) => judged(`silver.t${index}`, status))).exitCode).toBe(code);
  });

  test('ends with 3 where another resource’s service would refuse its change', () => {
    const found = planOf({ environment: 'prod', refused: [REFUSED] }, [judged('silver.a', 'no change')]);
    expect(found.exitCode).toBe(3);
    expect(planText(found, false)).toBe(
      [
        'Lake/Kafka  refused  2 changes in one deployment; deploy them one by one',
        'no change: 1 table is as declared',
      ].join('\n'),
    );
  });

  test('keeps the shape that programs rely on, with every change in words too', () => {
    const found = plan(judged('silver.flights', 'evolve', { changes: [ADDED] }), judged('gold.x', 'unmanaged'));
    expect(planShape.strict().parse(JSON.parse(JSON.stringify(found)))).toEqual(JSON.parse(JSON.stringify(found)));
    expect(found.counts).toEqual({ evolve: 1, unmanaged: 1 });
    expect(found.tables[0]?.changes).toEqual([{ ...ADDED, text: '+ column gate string (id 31)' }]);
  });
});

describe('planText', () => {
  test('has a line for each table that is not as declared, and one that sums up', () => {
    const tables = [
      judged('gold.facts', 'unmanaged'),
      judged('silver.flights', 'evolve', { changes: [ADDED, DROPPED] }),
      judged('silver.planes', 'no change'),
      judged('silver.weather', 'drifted', { drift: ['column visib changed outside: double, deployed as float'] }),
    ];
    expect(planText(plan(...tables), false)).toBe(
      [
        'silver.flights  evolve   + column gate string (id 31)   - column x (id 3 retired)',
        'silver.weather  drifted  column visib changed outside: double, deployed as float',
        '1 of no template, left alone: gold.facts',
        '1 to evolve, 1 drifted, 1 as declared; 1 column would be dropped',
      ].join('\n'),
    );
  });

  test('says in one line that nothing changes', () => {
    expect(planText(plan(judged('silver.a', 'no change')), false)).toBe('no change: 1 table is as declared');
  });

  test('is coloured only when it is asked to be', () => {
    const found = plan(judged('silver.a', 'illegal', { problems: ['no'] }));
    expect(planText(found, true)).toContain('\u001b[31millegal \u001b[39m no');
    expect(planText(found, false)).not.toContain('\u001b');
  });
});

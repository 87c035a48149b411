import { renderChart, scaleOf } from '../../local/summary/chart';
import { bytes, count, duration } from '../../local/summary/format';
import { html } from '../../local/summary/html';
import { renderLineage } from '../../local/summary/lineage';
import { renderPage } from '../../local/summary/page';
import type { Summary } from '../../local/summary/summary';
import { renderTable } from '../../local/summary/table';
import type { RunRecord, TaskFact } from '../../local/records';

function record(values: Partial<RunRecord>): RunRecord {
  return {
    runId: '20130201T000000Z-abcdef',
    dataset: 'flights',
    state: 'succeeded',
    rowsRead: 32_957,
    rowsValid: 32_957,
    rowsRejected: 0,
    rowsInserted: 32_957,
    rowsUpdated: 0,
    rowsMerged: 32_957,
    bytesLanded: 1_234_567,
    seconds: 9.5,
    lowerBound: null,
    upperBound: '2013-02-01T00:00:00Z',
    snapshots: { bronze: '1', silver: '2', dlq: null },
    error: null,
    ...values,
  };
}

function task(name: string, state: string, tries: number): TaskFact {
  return { task: name, index: null, state, seconds: tries * 9.5, tries, error: null };
}

const summary: Summary = {
  environment: 'dev',
  stack: 'Lakehouse-dev',
  region: 'us-east-1',
  correlationId: 'up-0123',
  finishedAt: '2026-11-23T10:00:00.000Z',
  seconds: 151,
  runs: [
    {
      title: 'January <2013>',
      runId: '20130201T000000Z-abcdef',
      seconds: 41.2,
      source: { inserted: 39_964, updated: 0 },
      records: [record({}), record({ dataset: 'weather', rowsRead: 2_211, rowsValid: 2_210, rowsRejected: 1 })],
      tasks: [task('plan', 'success', 1), task('ingest.step', 'success', 2), task('quality.step', 'skipped', 0)],
    },
  ],
  quality: [
    {
      title: 'January <2013>',
      runId: '20130201T000050Z-abcdef',
      seconds: 21.4,
      datasets: [
        { dataset: 'flights', outcome: 'published', score: 100, expectations: 55, met: 55, unmet: [] },
        {
          dataset: 'weather',
          outcome: 'failed',
          score: 97.6,
          expectations: 42,
          met: 41,
          unmet: [{ expectation: 'expect_column_values_to_be_in_set', column: 'origin' }],
        },
      ],
    },
  ],
  gold: [
    {
      title: 'January <2013>',
      runId: '20130201T000100Z-abcdef',
      seconds: 31.4,
      unchanged: false,
      tables: [{ name: 'fct_flights', rows: 32_956, seconds: 2.1 }],
      tests: { passed: 55, failed: 0 },
      sources: { fresh: 5, all: 6 },
    },
    {
      title: 'nothing new',
      runId: '20130201T000200Z-abcdef',
      seconds: 4.2,
      unchanged: true,
      tables: [],
      tests: { passed: 0, failed: 0 },
      sources: { fresh: 6, all: 6 },
    },
  ],
  stream: {
    dataset: 'flight_events',
    sent: { events: 99_790, duplicates: 104, corrupt: 44 },
    rows: { bronze: 99_894, silver: 99_790, dlq: 44, hours: 3_328, late: 7 },
    seconds: 31.5,
    recordsPerSecond: 6123.4,
    latencySeconds: 31.9,
    reconciliation: {
      batch: 'flights',
      stream: 'flight_events',
      agree: true,
      days: [
        { day: '2013-01-01', rowsBatch: 1_669, rowsStream: 1_669, onlyInBatch: 0, onlyInStream: 0, agree: true },
        { day: '2013-01-02', rowsBatch: 1_870, rowsStream: 1_870, onlyInBatch: 0, onlyInStream: 0, agree: true },
      ],
    },
  },
  lake: {
    days: [
      { day: '2013-01-01', flights: 842, cancelled: 4, meanDelay: 11.55 },
      { day: '2013-01-02', flights: 943, cancelled: 8, meanDelay: 13.86 },
      { day: '2013-02-09', flights: 684, cancelled: 393, meanDelay: null },
    ],
    tables: [{ zone: 'silver', name: 'flights', rows: 32_957, files: 3, bytes: 900_000, snapshots: 1 }],
    rejected: [
      {
        dataset: 'weather',
        rule: 'maximum',
        column: 'wind_speed',
        message: "wind_speed must be at most 250, got 1048.36 <script>alert('x')</script>",
        rows: 1,
        example: '{"wind_speed": 1048.36, "note": "a & b"}',
      },
    ],
  },
  lineage: [
    { name: 'postgres:shop.public.flights', inputs: [], columns: { dep_delay: [] } },
    {
      name: 'bronze.flights',
      job: 'ingest.flights.bronze',
      inputs: ['postgres:shop.public.flights'],
      columns: { dep_delay: ['postgres:shop.public.flights.dep_delay'] },
    },
    { name: 'silver.flights', job: 'loop', inputs: ['bronze.flights', 'silver.flights'], columns: {} },
  ],
  deployment: {
    resources: 102,
    properties: 457,
    types: {
      'AWS::MSK::Topic': { resources: 1, properties: 7 },
      'AWS::S3::Bucket': { resources: 7, properties: 40 },
      'AWS::S3::BucketPolicy': { resources: 7, properties: 14 },
    },
    recorded: [{ stack: 'Lakehouse-dev', logicalId: 'Thing', type: 'AWS::Some::Type', physicalId: 'x' }],
    unheld: [{ type: 'AWS::CloudFormation::Stack', property: 'TemplateURL', reason: 'no API returns it' }],
  },
};

describe('renderPage', () => {
  const page = renderPage(summary);

  it('escapes what comes from data', () => {
    expect(page).not.toContain('<script>');
    expect(page).toContain('&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;');
    expect(page).toContain('January &lt;2013&gt;');
    expect(page).toContain('a &amp; b');
  });

  it('has the state of every task', () => {
    const cells = [...page.matchAll(/<td class="\w*">((?:success|skipped)[^<]*)<\/td>/g)].map(([, cell]) => cell);
    expect(cells).toEqual(['success · 9.5 s', 'success · 19.0 s · 2 tries', 'skipped']);
  });

  it('needs nothing but itself', () => {
    expect(page).not.toMatch(/https?:|\/\/[a-z]|<link|<script|<img|@import|url\(/i);
    expect(page).toContain("default-src 'none'");
  });

  it('shows what was read back of each service, the largest first', () => {
    const cells = [...page.matchAll(/<td class="wrap">([^<]*)<\/td>/g)].map(([, cell]) => cell);
    expect(cells.slice(cells.indexOf('S3')).slice(0, 6)).toEqual(['S3', '14', '54', 'MSK', '1', '7']);
  });

  it('shows the counts, the reasons, the recorded and the unheld', () => {
    for (const text of [
      '32,957',
      '2,211',
      '457',
      '1.2 MB',
      'wind_speed',
      'AWS::Some::Type',
      'TemplateURL',
      '2 min 31 s',
      'href="data-docs/index.html"',
      '41 of 42',
      'expect_column_values_to_be_in_set of origin',
      '99.95 %',
      'gold.fct_flights',
      '32,956',
      '1 tables and 55 tests in 31.4 s, 5 of 6 sources fresh',
      'nothing new: as it was, because nothing that it is made of has changed; 6 of 6 sources fresh',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('says in words what the plot shows, and has it as a table', () => {
    expect(page).toContain('the longest mean delay was 13.9 minutes on 2013-01-02');
    expect(page).toContain('most flights were cancelled on 2013-02-09: 393 of 684');
    expect(page).toContain('<title id="plot-title">');
    expect(page).toMatch(/<th scope="row">2013-01-02<\/th>\s*<td>943<\/td>/);
  });

  it('opens and closes every element', () => {
    const open: string[] = [];
    const wrong: string[] = [];
    for (const [, close, name = '', empty] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
      const closed = close === '/' ? open.pop() : undefined;
      if (close === '/' && closed !== name) {
        wrong.push(`${closed ?? 'nothing'} closed by ${name}`);
      } else if (close !== '/' && empty !== '/' && name !== 'meta') {
        open.push(name);
      }
    }
    expect(wrong).toEqual([]);
    expect(open).toEqual([]);
  });

  it('says so when no day is complete', () => {
    expect(renderChart([]).text).toContain('No day is complete yet.');
  });
});

describe('renderLineage', () => {
  test('draws each dataset to the right of what it is made from, one that reads itself too', () => {
    const text = renderLineage(summary.lineage).text;
    const places = [...text.matchAll(/x="(\d+)" y="(\d+)" width="200"/g)].map(([, x]) => Number(x));

    expect(places.toSorted((a, b) => a - b)).toEqual([...new Set(places)].toSorted((a, b) => a - b));
    expect(text.match(/class="edge"/g)).toHaveLength(2);
    expect(text).toContain('2 tables from 1 sources, 1 links between columns.');
    expect(text).toContain('postgres:shop.public.flights.dep_delay');
  });

  test('says so when no job has told of it', () => {
    expect(renderLineage([]).text).toContain('No job has told of its lineage.');
  });
});

describe('renderTable', () => {
  const lines = renderTable(summary).split('\n');

  it('has a line per dataset and the sums', () => {
    expect(lines.find((line) => line.includes('  weather '))).toMatch(/2,211 +2,210 +1 /);
    expect(lines.find((line) => line.startsWith('  all '))).toMatch(/35,168 +35,167 +1 /);
  });

  it('has a line per task of the orchestrator', () => {
    expect(lines.find((line) => line.startsWith('ingest.step'))).toMatch(/ 1 +0 +0 +2 +19\.0$/);
  });

  it('names what was rejected and what was deployed', () => {
    expect(lines.join('\n')).toContain('weather: 1 × wind_speed must be at most 250');
    expect(lines.join('\n')).toContain(
      'deployed Lakehouse-dev: 102 resources, 457 properties read back; 1 recorded, not emulated',
    );
  });
});

describe('the stream in a summary', () => {
  const told = [renderPage(summary), renderTable(summary)];

  it('is what was sent, where it is, and how many days agree', () => {
    for (const text of told) {
      expect(text).toContain('99,790, 104 of them twice');
      expect(text).toContain('3,328 rows, 7 records too late for theirs');
      expect(text).toContain('3,539 rows of 2 days, 2013-01-01 to 2013-01-02');
    }
    expect(told[0]).toMatch(/<th scope="row">2013-01-02<\/th>\s*<td class="">1,870<\/td>/);
  });

  it('is not there where the environment has none', () => {
    const { stream: _, ...without } = summary;
    expect(renderPage(without)).toContain('This environment has no stream.');
    expect(renderTable(without)).not.toContain('stream');
  });
});

describe('scaleOf', () => {
  it('has round ticks that include zero and the extremes', () => {
    const scale = scaleOf([3, 83.5, -4], { top: 0, height: 100 });
    expect(scale.ticks).toEqual([-50, 0, 50, 100]);
    expect(scale.y(100)).toBe(0);
    expect(scale.y(-50)).toBe(100);
  });
});

describe('format', () => {
  it('renders numbers for people', () => {
    expect([count(336_776), bytes(999), bytes(1_500_000), duration(59.6), duration(151)]).toEqual([
      '336,776',
      '999 B',
      '1.5 MB',
      '1 min 0 s',
      '2 min 31 s',
    ]);
  });
});

describe('html', () => {
  it('escapes values and keeps markup', () => {
    expect(html`<b title="${'"'}">${html`<i>${'<'}</i>`}</b>`.text).toBe('<b title="&quot;"><i>&lt;</i></b>');
  });
});

import { snapshotCount, totalsOf, type PipelineRun, type RunRecord } from '../records';
import { bytes, count, duration, seconds } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';
import { tablesOf } from './gold';
import type { Summary } from './summary';

/** The figures to see first. */
export function tiles(summary: Summary): Html {
  const totals = totalsOf(summary.runs.flatMap((run) => run.records));
  const silver = summary.lake.tables.filter((table) => table.zone === 'silver');
  const figures: [string, string][] = [
    ['rows in silver', count(silver.reduce((sum, table) => sum + table.rows, 0))],
    ['rows rejected, none lost', count(totals.rowsRejected)],
    ['Iceberg snapshots', count(totals.snapshots)],
    ['resources deployed', count(summary.deployment.resources)],
    ['properties read back', count(summary.deployment.properties)],
    ['from nothing to here', duration(summary.seconds)],
  ];
  return html`<dl class="tiles">
    ${figures.map(
      ([name, figure]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${figure}</dd>
        </div>`,
    )}
  </dl>`;
}

/** The way of the data, with what went through each station in all runs together. */
export function flow({ runs, lake, gold, stream }: Summary): Html {
  const totals = totalsOf(runs.flatMap((run) => run.records));
  const source = runs.reduce((sum, run) => sum + run.source.inserted + run.source.updated, 0);
  const rows = (zone: string, dlq: boolean): number =>
    lake.tables
      .filter((table) => table.zone === zone && table.name.endsWith('__dlq') === dlq)
      .reduce((sum, table) => sum + table.rows, 0);
  const dead = rows('bronze', true);
  const { events = 0, duplicates = 0, corrupt = 0 } = stream?.sent ?? {};
  const records = events + duplicates + corrupt;
  const made = tablesOf(gold);
  return html`<ol class="flow">
    ${station(
      'PostgreSQL, Kafka',
      count(source + records),
      `rows inserted or updated at the source${records === 0 ? '' : ` (${count(source)}) and records sent (${count(records)})`}`,
    )}
    ${station('landing', count(totals.rowsRead), `rows read, kept as ${bytes(totals.bytesLanded)} of Parquet`)}
    ${station(
      'bronze',
      count(rows('bronze', false)),
      'rows of history, append only',
      html`<span class="side">${count(dead)} rows in dead letter tables</span>`,
    )}
    ${station(
      'silver',
      count(rows('silver', false)),
      `rows after ${count(totals.rowsInserted)} inserts and ${count(totals.rowsUpdated)} updates by MERGE${stream === undefined ? '' : ', and the stream'}`,
    )}
    ${made.length === 0 ? html`` : station('gold', count(made.reduce((sum, table) => sum + table.rows, 0)), `rows in ${made.length} tables that dbt made and tested`)}
  </ol>`;
}

function station(name: string, figure: string, text: string, more: Html = html``): Html {
  return html`<li><span class="name">${name}</span><b>${figure}</b><span>${text}</span>${more}</li>`;
}

/** Every run and what it did to each dataset. */
export function runsTable(runs: PipelineRun[]): Html {
  const head = [
    'dataset',
    'state',
    'read',
    'valid',
    'rejected',
    'inserted',
    'updated',
    'snapshots',
    'landed',
    'seconds',
  ];
  return html`<div class="scroll">
    <table>
      <thead>
        <tr>
          ${head.map((name) => html`<th scope="col" class="${name === 'state' ? 'text' : ''}">${name}</th>`)}
        </tr>
      </thead>
      ${runs.map((run) => runGroup(run, head.length))}
    </table>
  </div>`;
}

function runGroup(run: PipelineRun, columns: number): Html {
  const { inserted, updated } = run.source;
  const source =
    inserted + updated === 0
      ? 'the source did not change'
      : `${count(inserted)} rows inserted at the source, ${count(updated)} updated`;
  const totals = totalsOf(run.records);
  const { rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated, snapshots } = totals;
  return html`<tbody>
    <tr class="group">
      <th scope="rowgroup" colspan="${columns}">${run.title} <span>· ${source} · run ${run.runId}</span></th>
    </tr>
    ${run.records.toSorted((a, b) => a.dataset.localeCompare(b.dataset)).map(recordRow)}
    <tr class="sum">
      <th scope="row">all</th>
      <td></td>
      ${numbers([rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated, snapshots])}
      <td>${bytes(totals.bytesLanded)}</td>
      <td>${seconds(run.seconds)}</td>
    </tr>
  </tbody>`;
}

function recordRow(record: RunRecord): Html {
  const { rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated } = record;
  return html`<tr>
    <th scope="row">${record.dataset}</th>
    <td class="text ${record.state === 'failed' ? 'bad' : ''}">${record.state}</td>
    ${numbers([rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated, snapshotCount(record)])}
    <td>${bytes(record.bytesLanded)}</td>
    <td>${seconds(record.seconds)}</td>
  </tr>`;
}

function numbers(values: number[]): Html[] {
  // the third is the rejected rows: the one figure that asks for a look
  return values.map((value, index) => {
    const emphasis = value === 0 ? 'zero' : index === 2 ? 'bad' : '';
    return html`<td class="${emphasis}">${count(value)}</td>`;
  });
}

/** Why rows were rejected, each reason with a row as it came. */
export function rejections(summary: Summary): Html {
  if (summary.lake.rejected.length === 0) {
    return html`<p class="empty">No row was rejected.</p>`;
  }
  const entries = summary.lake.rejected.map(
    (entry) =>
      html`<div class="reject">
        <p>
          <b>${entry.dataset}</b>: ${count(entry.rows)} ${entry.rows === 1 ? 'row' : 'rows'}, rule
          <code>${entry.rule}</code> on
          <code>${entry.column}</code>
        </p>
        <p>${entry.message}</p>
        <pre>${entry.example}</pre>
      </div>`,
  );
  return html`${entries}`;
}

/** What the tables hold now. */
export function tablesTable({ lake }: Summary): Html {
  const rows = lake.tables.map(
    (table) =>
      html`<tr>
        <th scope="row">${table.zone}.${table.name}</th>
        ${[table.rows, table.files].map((value) => html`<td class="${value === 0 ? 'zero' : ''}">${count(value)}</td>`)}
        <td>${bytes(table.bytes)}</td>
        <td>${count(table.snapshots)}</td>
      </tr>`,
  );
  return tableOf(['table', 'rows', 'files', 'size', 'snapshots'].map(columnHead), rows);
}

/** How far the deployment is real, and where it is not. */
export function deployment({ deployment: facts, stack, region }: Summary): Html {
  const recorded = facts.recorded.map(({ type, stack: owner, logicalId }) => [type, `${owner}/${logicalId}`]);
  const unheld = facts.unheld.map(({ type, property, reason }) => [type, property, reason]);
  return html`<p>
      <b>${stack}</b> in ${region}: ${count(facts.resources)} resources deployed by the real CDK command line. Each of
      their ${count(facts.properties)} properties was read back through the AWS API and compared with the template:
      <span class="ok">all agree</span>.
    </p>
    ${list(['service', 'resources', 'properties'], servicesOf(facts), 'Nothing was deployed.')}
    <h3>Recorded, not emulated (${facts.recorded.length})</h3>
    ${list(['type', 'resource'], recorded, 'Every resource type of the stack is emulated.')}
    <h3>Not readable through an API (${facts.unheld.length})</h3>
    ${list(['type', 'property', 'why'], unheld, 'Every property could be read back.')}`;
}

function list(head: string[], rows: string[][], none: string): Html {
  if (rows.length === 0) {
    return html`<p class="empty">${none}</p>`;
  }
  return html`<table>
    <thead>
      <tr>
        ${head.map((name) => html`<th scope="col" class="text">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row) =>
          html`<tr>
            ${row.map((cell) => html`<td class="wrap">${cell}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** How many resources and properties of each service there are, the largest first. */
function servicesOf({ types }: Summary['deployment']): string[][] {
  const services = new Map<string, { resources: number; properties: number }>();
  for (const [type, { resources, properties }] of Object.entries(types)) {
    const service = type.split('::')[1] ?? type;
    const sum = services.get(service) ?? { resources: 0, properties: 0 };
    services.set(service, { resources: sum.resources + resources, properties: sum.properties + properties });
  }
  return [...services]
    .toSorted(([, a], [, b]) => b.properties - a.properties)
    .map(([service, { resources, properties }]) => [service, count(resources), count(properties)]);
}

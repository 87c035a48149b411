import { count, seconds } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';
import type { Summary } from './summary';

type Stream = NonNullable<Summary['stream']>;

/** The stream in lines for a terminal. */
export function streamLines({ stream }: Summary): string[] {
  if (stream === undefined) {
    return [];
  }
  const width = Math.max(...facts(stream).map(([name]) => name.length));
  return [`stream ${stream.dataset}:`, ...facts(stream).map(([name, figure]) => `  ${name.padEnd(width)}  ${figure}`)];
}

/** The stream, and the days on which its view was compared with that of the batch. */
export function streamTable({ stream }: Summary): Html {
  if (stream === undefined) {
    return html`<p class="empty">This environment has no stream.</p>`;
  }
  const rows = facts(stream).map(
    ([name, figure]) =>
      html`<tr>
        <th scope="row">${name}</th>
        <td>${figure}</td>
      </tr>`,
  );
  return html`<div class="scroll">
      <table>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>
    ${days(stream)}`;
}

function facts({ sent, rows, reconciliation, ...stream }: Stream): [string, string][] {
  const compared = reconciliation.days.reduce((sum, { rowsStream }) => sum + rowsStream, 0);
  const [first, last] = [reconciliation.days[0]?.day ?? '', reconciliation.days.at(-1)?.day ?? ''];
  return [
    ['events sent', `${count(sent.events)}, ${count(sent.duplicates)} of them twice`],
    ['broken records sent', count(sent.corrupt)],
    ['bronze', `${count(rows.bronze)} rows`],
    ['silver', `${count(rows.silver)} rows`],
    ['dead letters', `${count(rows.dlq)} rows`],
    ['hours of departures', `${count(rows.hours)} rows, ${count(rows.late)} records too late for theirs`],
    ['throughput', `${count(stream.recordsPerSecond)} records a second`],
    ['all in silver', `${seconds(stream.latencySeconds)} s after the last was sent, the start of Spark included`],
    ['batch = stream', `${count(compared)} rows of ${reconciliation.days.length} days, ${first} to ${last}`],
  ];
}

function days({ reconciliation }: Stream): Html {
  const head = ['day', `rows by ${reconciliation.batch}`, `rows by ${reconciliation.stream}`, 'only one has'];
  const rows = reconciliation.days.map(
    (day) =>
      html`<tr>
        <th scope="row">${day.day}</th>
        ${[day.rowsBatch, day.rowsStream, day.onlyInBatch + day.onlyInStream].map(
          (value) => html`<td class="${value === 0 ? 'zero' : ''}">${count(value)}</td>`,
        )}
      </tr>`,
  );
  return html`<details>
    <summary>Each day, row for row</summary>
    ${tableOf(head.map(columnHead), rows)}
  </details>`;
}

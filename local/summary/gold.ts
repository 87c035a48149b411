import type { TransformRun } from '../transform';
import { DBT_DOCS } from './documents';
import { count, seconds } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';

const HEAD = ['table', 'rows', 'seconds'];

/** The tables of gold as the last run that built them left them. */
export function tablesOf(runs: readonly TransformRun[]): TransformRun['tables'] {
  return runs.findLast(({ unchanged }) => !unchanged)?.tables ?? [];
}

/** What dbt made of silver: each run in a sentence, and the tables. */
export function goldTables(runs: readonly TransformRun[]): Html {
  if (runs.length === 0) {
    return html`<p class="empty">dbt did not run.</p>`;
  }
  const rows = tablesOf(runs).map(
    (table) =>
      html`<tr>
        <th scope="row">gold.${table.name}</th>
        <td>${count(table.rows)}</td>
        <td>${seconds(table.seconds)}</td>
      </tr>`,
  );
  return html`${runs.map((run) => html`<p>${inWords(run)}</p>`)} ${tableOf(HEAD.map(columnHead), rows)}
    <p><a href="${DBT_DOCS}">dbt’s documentation of models and columns</a></p>`;
}

/** The same for a terminal. */
export function goldLines(runs: readonly TransformRun[]): string[] {
  const tables = tablesOf(runs);
  const width = Math.max(...tables.map(({ name }) => name.length), 0);
  return [
    ...runs.map((run) => `gold by dbt, ${inWords(run)}`),
    ...tables.map(({ name, rows }) => `  ${name.padEnd(width)}  ${count(rows).padStart(9)}`),
  ];
}

function inWords({ title, unchanged, tables, tests, sources, seconds: taken }: TransformRun): string {
  const fresh = `${sources.fresh} of ${sources.all} sources fresh`;
  return unchanged
    ? `${title}: as it was, because nothing that it is made of has changed; ${fresh}`
    : `${title}: ${tables.length} tables and ${tests.passed} tests in ${seconds(taken)} s, ${fresh}`;
}

import type { TransformRun } from '../transform';
import { DBT_DOCS } from './documents';
import { count, seconds } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';

const HEAD = ['table', 'rows', 'seconds'];

/** What dbt made of silver: each run in a sentence, and the tables of the last. */
export function goldTables(runs: readonly TransformRun[]): Html {
  const last = runs.at(-1);
  if (last === undefined) {
    return html`<p class="empty">dbt did not run.</p>`;
  }
  const rows = last.tables.map(
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
  const tables = runs.at(-1)?.tables ?? [];
  const width = Math.max(...tables.map(({ name }) => name.length), 0);
  return [
    ...runs.map((run) => `gold by dbt, ${inWords(run)}`),
    ...tables.map(({ name, rows }) => `  ${name.padEnd(width)}  ${count(rows).padStart(9)}`),
  ];
}

function inWords({ title, tables, tests, sources, seconds: taken }: TransformRun): string {
  return `${title}: ${tables.length} tables and ${tests.passed} tests in ${seconds(taken)} s, ${sources.fresh} of ${sources.all} sources fresh`;
}

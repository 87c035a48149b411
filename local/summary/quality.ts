import type { DatasetQuality, QualityRun } from '../quality';
import type { PipelineRun, RunRecord } from '../records';
import { DATA_DOCS } from './documents';
import { seconds } from './format';
import { columnHead, tableOf } from './cells';
import { html, type Html } from './html';
import type { Summary } from './summary';

const HEAD = ['dataset', 'rows valid', 'expectations met', 'served', 'not met'];

/** A dataset as a load and its check left it, in words. */
interface Line {
  readonly dataset: string;
  readonly cells: string[];
}

/** What each check found, load by load, with the way to the Data Docs. */
export function qualityTables(summary: Summary): Html {
  if (summary.quality.length === 0) {
    return html`<p class="empty">Nothing was checked.</p>`;
  }
  const tables = summary.quality
    .filter(({ datasets }) => datasets.length > 0)
    .map(
      (run) =>
        html`<p>${run.title}, checked in ${seconds(run.seconds)} s</p>
          ${tableOf(
            HEAD.map(columnHead),
            linesOf(run, summary.runs).map(
              ({ dataset, cells }) =>
                html`<tr>
                  <th scope="row">${dataset}</th>
                  ${cells.map((cell) => html`<td>${cell}</td>`)}
                </tr>`,
            ),
          )}`,
    );
  return html`${tables}
    <p><a href="${DATA_DOCS}">Data Docs of the last check</a></p>`;
}

/** The same for a terminal. */
export function qualityLines(summary: Summary): string[] {
  return summary.quality
    .filter(({ datasets }) => datasets.length > 0)
    .flatMap((run) => linesOfCheck(run, summary.runs));
}

function linesOfCheck(run: QualityRun, runs: readonly PipelineRun[]): string[] {
  const lines = linesOf(run, runs);
  const width = Math.max(...lines.map(({ dataset }) => dataset.length), 0);
  const said = lines.map(({ dataset, cells: [valid, met, served, unmet] }) =>
    `  ${dataset.padEnd(width)}  ${valid} of rows valid, ${met} expectations met, ${served} ${unmet}`.trimEnd(),
  );
  return [`quality by Great Expectations, ${run.title}, in ${seconds(run.seconds)} s`, ...said];
}

function linesOf(run: QualityRun, runs: readonly PipelineRun[]): Line[] {
  const records = runs.find(({ title }) => title === run.title)?.records ?? [];
  return run.datasets.map((found) => ({
    dataset: found.dataset,
    cells: [
      validShare(records.find(({ dataset }) => dataset === found.dataset)),
      `${found.met} of ${found.expectations}`,
      SERVED[found.outcome],
      found.unmet.map(({ expectation, column }) => [expectation, column].filter(Boolean).join(' of ')).join(', '),
    ],
  }));
}

const SERVED: { readonly [outcome in DatasetQuality['outcome']]: string } = {
  published: 'published',
  held: 'nothing new',
  empty: 'no rows yet',
  failed: 'as before the load',
};

/** The share of a load's new rows that kept every rule of their contract. */
function validShare(record: RunRecord | undefined): string {
  const { rowsValid = 0, rowsRejected = 0 } = record ?? {};
  const judged = rowsValid + rowsRejected;
  return judged === 0 ? '–' : `${((100 * rowsValid) / judged).toFixed(2)} %`;
}

import { snapshotCount, totalsOf, type PipelineRun, type RunRecord } from '../records';
import { bytes, count, seconds } from './format';
import { goldLines } from './gold';
import { qualityLines } from './quality';
import { streamLines } from './stream';
import type { Summary } from './summary';
import { renderTasks } from './tasks';

const HEADER = ['dataset', 'read', 'valid', 'rejected', 'inserted', 'updated', 'snapshots', 'bytes', 'seconds'];

/** The runs as a table for a terminal: a block per run, a line per dataset, the sums below. */
export function renderTable(summary: Summary): string {
  const blocks: (string | string[])[][] = [];
  summary.runs.forEach((run) => blocks.push(block(run)));
  const rows = [HEADER, ...blocks.flat().filter((row): row is string[] => Array.isArray(row))];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((total, width) => total + width + 2, -2));
  const body = blocks.flatMap((entries) => [rule].concat(entries.map((row) => (Array.isArray(row) ? line(row) : row))));
  const tasks = renderTasks(summary.runs);
  return [line(HEADER), ...body, rule, ...tasks, ...(tasks.length === 0 ? [] : [rule]), ...footer(summary)].join('\n');
}

function block(run: PipelineRun): (string | string[])[] {
  return [title(run), ...run.records.toSorted(byName).map(cells), sums(run)];
}

function title(run: PipelineRun): string {
  const { inserted, updated } = run.source;
  const source =
    inserted + updated === 0
      ? 'the source did not change'
      : `source: ${count(inserted)} rows inserted, ${count(updated)} updated`;
  return `${run.title} (${source})`;
}

function cells(record: RunRecord): string[] {
  const { rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated } = record;
  const rows = [rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated, snapshotCount(record)].map(count);
  return [`  ${record.dataset}`, ...rows, bytes(record.bytesLanded), seconds(record.seconds)];
}

function sums(run: PipelineRun): string[] {
  const totals = totalsOf(run.records);
  const { rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated } = totals;
  const rows = [rowsRead, rowsValid, rowsRejected, rowsInserted, rowsUpdated, totals.snapshots].map(count);
  return ['  all', ...rows, bytes(totals.bytesLanded), seconds(run.seconds)];
}

function footer(summary: Summary): string[] {
  const { deployment, lake } = summary;
  const rejected = lake.rejected.map((entry) => `  ${entry.dataset}: ${count(entry.rows)} × ${entry.message}`);
  const recorded = deployment.recorded.length === 0 ? '' : `; ${deployment.recorded.length} recorded, not emulated`;
  return [
    ...qualityLines(summary),
    ...goldLines(summary.gold),
    `deployed ${summary.stack}: ${count(deployment.resources)} resources, ${count(deployment.properties)} properties read back${recorded}`,
    ...streamLines(summary),
    ...(rejected.length === 0 ? [] : ['rejected rows, kept in the dead letter tables:', ...rejected]),
  ];
}

function byName(a: RunRecord, b: RunRecord): number {
  return a.dataset.localeCompare(b.dataset);
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

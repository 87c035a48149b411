import { existsSync, readFileSync } from 'node:fs';
import { COMMAND } from '../lib/private/command';
import { LakehouseError } from '../lib/private/errors';
import type { RunPaths } from './paths';
import type { Summary } from './summary/summary';
import { renderTable } from './summary/table';

/**
 * `npx lakehouse summary`: what the last run did, as it was told at its end.
 *
 * @throws LakehouseError when no run of this folder came to its end
 */
export function lastSummary(paths: RunPaths): string {
  if (!existsSync(paths.summaryData)) {
    throw new LakehouseError(`no run has come to its end in this folder; start one with '${COMMAND} up'`);
  }
  const summary: Summary = JSON.parse(readFileSync(paths.summaryData, 'utf8'));
  return `${renderTable(summary)}\n\nthe page to look at: ${paths.summaryPage}`;
}

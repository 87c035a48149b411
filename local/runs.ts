import type { RunRecord } from './records';

const MONTH_NAMES = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** A run of the pipeline, planned. */
export interface PlannedRun {
  readonly title: string;
  /** The moment the source is brought to before the run; undefined when it stays as it is. */
  readonly until: string | undefined;
}

/** One run per month, the first with everything known at its end, and a last one that must find nothing new. */
export function plannedRuns(months: number): PlannedRun[] {
  const loads = MONTH_NAMES.slice(0, months).map((name, index) => ({
    title: `${name} 2013`,
    until: new Date(Date.UTC(2013, index + 1, 1)).toISOString().replace('.000', ''),
  }));
  return [...loads, { title: 'nothing new', until: undefined }];
}

/** What a run that must find nothing new did all the same; empty when it kept still. */
export function unexpectedChanges(records: RunRecord[]): string[] {
  return records
    .filter((record) => record.state !== 'unchanged' || Object.values(record.snapshots).some((id) => id !== null))
    .map(
      (record) =>
        `${record.dataset} is ${record.state}, ${record.rowsInserted} inserted, ${record.rowsUpdated} updated`,
    );
}

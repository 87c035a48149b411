import { z } from 'zod';

const snapshotId = z
  .union([z.string(), z.number()])
  .nullable()
  .transform((id) => (id === null ? null : String(id)));

/** What a run did to one dataset, as the job wrote it to `runs/<run id>/<dataset>.json`. Counts are rows. */
export const runRecord = z.object({
  runId: z.string(),
  dataset: z.string(),
  state: z.enum(['succeeded', 'failed', 'unchanged']),
  rowsRead: z.number(),
  rowsValid: z.number(),
  rowsRejected: z.number(),
  rowsInserted: z.number(),
  rowsUpdated: z.number(),
  rowsMerged: z.number(),
  bytesLanded: z.number(),
  seconds: z.number(),
  lowerBound: z.string().nullable(),
  upperBound: z.string().nullable(),
  snapshots: z.object({ bronze: snapshotId, silver: snapshotId, dlq: snapshotId }),
  error: z.object({ kind: z.string(), message: z.string() }).nullable(),
});

export type RunRecord = z.infer<typeof runRecord>;

/** What was compared of a dataset that comes both ways, as the job wrote it to `runs/<run id>/reconciliation.json`. */
export const reconciliationShape = z.object({
  batch: z.string(),
  stream: z.string(),
  agree: z.boolean(),
  days: z.array(
    z.object({
      day: z.string(),
      rowsBatch: z.number(),
      rowsStream: z.number(),
      onlyInBatch: z.number(),
      onlyInStream: z.number(),
      agree: z.boolean(),
    }),
  ),
});

export type Reconciliation = z.infer<typeof reconciliationShape>;
/** A task of a run, as its orchestrator saw it. */
export const taskFact = z.object({
  /** Its name, with that of its group before it. */
  task: z.string(),
  /** Which of the instances it was mapped to; null when there is one. */
  index: z.number().nullable(),
  /** `success`, `skipped`, `failed`, `upstream_failed` … */
  state: z.string(),
  seconds: z.number(),
  /** How often it was tried. */
  tries: z.number(),
  error: z.string().nullable(),
});

export type TaskFact = z.infer<typeof taskFact>;

/** One run of the pipeline and what it did. */
export interface PipelineRun {
  /** For people: "January 2013". */
  readonly title: string;
  readonly runId: string;
  /** Wall time of the whole step. */
  readonly seconds: number;
  /** Rows inserted into and updated in the source since the run before. */
  readonly source: { readonly inserted: number; readonly updated: number };
  readonly records: RunRecord[];
  /** The tasks of the orchestrator; none where there was none. */
  readonly tasks: TaskFact[];
}

/** The sums of several records. */
export interface Totals {
  readonly rowsRead: number;
  readonly rowsValid: number;
  readonly rowsRejected: number;
  readonly rowsInserted: number;
  readonly rowsUpdated: number;
  readonly bytesLanded: number;
  /** How many snapshots were committed. */
  readonly snapshots: number;
}

/** Adds records up. */
export function totalsOf(records: RunRecord[]): Totals {
  const sum = (pick: (record: RunRecord) => number): number =>
    records.reduce((total, record) => total + pick(record), 0);
  return {
    rowsRead: sum((record) => record.rowsRead),
    rowsValid: sum((record) => record.rowsValid),
    rowsRejected: sum((record) => record.rowsRejected),
    rowsInserted: sum((record) => record.rowsInserted),
    rowsUpdated: sum((record) => record.rowsUpdated),
    bytesLanded: sum((record) => record.bytesLanded),
    snapshots: sum(snapshotCount),
  };
}

/** How many snapshots a run committed for a dataset. */
export function snapshotCount(record: RunRecord): number {
  return Object.values(record.snapshots).filter((id) => id !== null).length;
}

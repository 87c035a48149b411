import { z } from 'zod';
import { parseJson } from './json';
import type { Pipeline, Runtime } from './pipeline';
import type { Report } from './progress';
import type { PipelineRun } from './records';

const APPLICATION = 'quality';

/** The longest it may take, in milliseconds. */
const TIMEOUT_MS = 10 * 60_000;

const datasetShape = z.object({
  dataset: z.string(),
  outcome: z.enum(['published', 'held', 'empty', 'failed']),
  /** Percent of the expectations that are met; null where there was nothing to look at. */
  score: z.number().nullable(),
  expectations: z.number(),
  met: z.number(),
  unmet: z.array(z.object({ expectation: z.string(), column: z.string().nullable() })),
});

/** What the job wrote to `runs/<run id>/quality.json`. */
const recordShape = z.object({ runId: z.string(), seconds: z.number(), datasets: z.array(datasetShape) });

/** What the check found in a dataset, and whether what was staged is served now. */
export type DatasetQuality = z.infer<typeof datasetShape>;

/** A run of the check. */
export interface QualityRun {
  /** For people: what was loaded before it. */
  readonly title: string;
  readonly runId: string;
  /** Wall time of the whole step. */
  readonly seconds: number;
  readonly datasets: DatasetQuality[];
}

/**
 * Checks what a load has staged and publishes it, as an EMR step.
 *
 * @throws LakehouseError when a dataset does not pass, naming it and what it does not meet.
 */
export async function checkQuality(
  pipeline: Pipeline,
  runtime: Runtime,
  { runId, correlationId, report }: { readonly runId: string; readonly correlationId: string; readonly report: Report },
): Promise<void> {
  const step = { application: APPLICATION, args: ['--staged'], runId, correlationId, timeoutMs: TIMEOUT_MS };
  await pipeline.runStep(runtime, step, (state) => Promise.resolve(report(`quality: ${state}`)));
}

/** What the check found in each run; nothing where the lake has no such application. */
export async function qualityOf(
  pipeline: Pipeline,
  runtime: Runtime,
  runs: readonly PipelineRun[],
): Promise<QualityRun[]> {
  if (runtime.applications[APPLICATION] === undefined) {
    return [];
  }
  return Promise.all(
    runs.map(async ({ title, runId }) => ({
      title,
      ...checked(await pipeline.artifact(runtime, `runs/${runId}/quality.json`)),
    })),
  );
}

/** What a record says of each dataset that there was something to look at. */
export function checked(text: string): Omit<QualityRun, 'title'> {
  // snapshot ids do not fit a JavaScript number; nothing here reads them
  const { datasets, ...run } = parseJson(text, recordShape, 'run record of the check');
  return { ...run, datasets: datasets.filter(({ outcome }) => outcome !== 'empty') };
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { parseJson } from './json';
import { newRunId, type Pipeline, type Runtime } from './pipeline';
import type { Report } from './progress';

const APPLICATION = 'quality';

/** Where Data Docs lie in the artifacts bucket. */
const DOCS = 'quality/';

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
const recordShape = z.object({ runId: z.string(), datasets: z.array(datasetShape) });

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

/** What is to be checked, for whom. */
export interface QualityRequest {
  readonly title: string;
  readonly correlationId: string;
  /** What a load has changed. */
  readonly datasets: readonly string[];
  readonly report: Report;
}

/**
 * Checks what a load has staged and publishes it, as an EMR step.
 *
 * @throws LakehouseError when a dataset does not pass, naming it and what it does not meet.
 */
export async function checkQuality(pipeline: Pipeline, runtime: Runtime, request: QualityRequest): Promise<QualityRun> {
  const { title, correlationId, datasets, report } = request;
  const runId = newRunId();
  const began = Date.now();
  const args = ['--datasets', datasets.join(',')];
  const step = { application: APPLICATION, args, runId, correlationId, timeoutMs: TIMEOUT_MS };
  await pipeline.runStep(runtime, step, (state) => Promise.resolve(report(state)));
  const found = qualityOf(await pipeline.artifact(runtime, `runs/${runId}/quality.json`));
  const met = found.reduce((total, each) => total + each.met, 0);
  report(`${met} expectations met, ${found.filter(({ outcome }) => outcome === 'published').length} tables published`);
  return { title, runId, seconds: (Date.now() - began) / 1000, datasets: found };
}

/** What a record says of each dataset. */
export function qualityOf(text: string): DatasetQuality[] {
  // snapshot ids do not fit a JavaScript number; nothing here reads them
  return parseJson(text, recordShape, 'run record of the check').datasets;
}

/** Copies the Data Docs of the last check to a folder, where a browser finds them when the endpoint is gone. */
export async function copyDataDocs(pipeline: Pipeline, runtime: Runtime, folder: string): Promise<void> {
  for (const key of await pipeline.artifactKeys(runtime, DOCS)) {
    const file = join(folder, key.slice(DOCS.length));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, await pipeline.artifactBytes(runtime, key));
  }
}

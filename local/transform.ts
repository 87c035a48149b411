import { z } from 'zod';
import { LakehouseError } from '../lib/private/errors';
import { parseJson } from './json';
import type { Pipeline, Runtime } from './pipeline';
import type { Report } from './progress';
import type { PipelineRun } from './records';

const APPLICATION = 'transform';

/** The longest it may take, in milliseconds. */
const TIMEOUT_MS = 10 * 60_000;

/** What became of each model, test and source, as the job wrote it to `runs/<run id>/transform.json`. */
const recordShape = z.object({
  runId: z.string(),
  seconds: z.number(),
  unchanged: z.boolean(),
  nodes: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      status: z.string(),
      seconds: z.number(),
      rows: z.number().nullable(),
      failures: z.number().nullable(),
      message: z.string().nullable(),
    }),
  ),
});

/** A run of dbt, in figures. */
export interface TransformRun {
  /** For people: what was loaded before it. */
  readonly title: string;
  readonly runId: string;
  /** Wall time of the whole step. */
  readonly seconds: number;
  /** Whether nothing was built, because nothing that gold is made of had changed. */
  readonly unchanged: boolean;
  /** The tables of gold that were built, with the rows they hold now. */
  readonly tables: { readonly name: string; readonly rows: number; readonly seconds: number }[];
  readonly tests: { readonly passed: number; readonly failed: number };
  /** Sources whose newest load is within what their contract promises, of all. */
  readonly sources: { readonly fresh: number; readonly all: number };
}

/**
 * Makes gold of silver: the dbt project, as an EMR step.
 *
 * @throws LakehouseError when a model or a test fails, naming it.
 */
export async function transform(
  pipeline: Pipeline,
  runtime: Runtime,
  { runId, correlationId, report }: { readonly runId: string; readonly correlationId: string; readonly report: Report },
): Promise<void> {
  const step = { application: APPLICATION, args: [], runId, correlationId, timeoutMs: TIMEOUT_MS };
  await pipeline.runStep(runtime, step, (state) => Promise.resolve(report(`dbt: ${state}`)));
}

/**
 * What dbt made in each run; none where the lake has no such application.
 *
 * @throws LakehouseError when it made nothing although something had changed
 */
export async function goldOf(
  pipeline: Pipeline,
  runtime: Runtime,
  runs: readonly PipelineRun[],
): Promise<TransformRun[]> {
  if (runtime.applications[APPLICATION] === undefined) {
    return [];
  }
  const made = await Promise.all(
    runs.map(async ({ title, runId }) => ({
      title,
      ...inFigures(await pipeline.artifact(runtime, `runs/${runId}/transform.json`)),
    })),
  );
  const empty = made.find(({ tables, unchanged }) => tables.length === 0 && !unchanged);
  if (empty !== undefined) {
    throw new LakehouseError(
      `'transform' must build tables, got none in run '${empty.runId}'; see the log of its step`,
    );
  }
  return made;
}

/** The figures of a record. */
export function inFigures(text: string): Omit<TransformRun, 'title'> {
  const { runId, seconds, unchanged, nodes } = parseJson(text, recordShape, 'run record of dbt');
  const ofKind = (kind: string): typeof nodes => nodes.filter((node) => node.kind === kind);
  const passed = (found: typeof nodes): number => found.filter((node) => node.status === 'pass').length;
  const tests = ofKind('test');
  const sources = ofKind('freshness');
  return {
    runId,
    seconds,
    unchanged,
    tables: nodes.flatMap(({ name, rows, seconds: taken }) => (rows === null ? [] : [{ name, rows, seconds: taken }])),
    tests: { passed: passed(tests), failed: tests.length - passed(tests) },
    sources: { fresh: passed(sources), all: sources.length },
  };
}

import { z } from 'zod';
import { LakehouseError } from '../lib/private/errors';
import { parseJson } from './json';
import { newRunId, type Pipeline, type Runtime } from './pipeline';
import type { Report } from './progress';

const APPLICATION = 'transform';

/** The longest it may take, in milliseconds. */
const TIMEOUT_MS = 10 * 60_000;

/** What became of each model, test and source, as the job wrote it to `runs/<run id>/transform.json`. */
const recordShape = z.object({
  runId: z.string(),
  seconds: z.number(),
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
  { title, correlationId, report }: { readonly title: string; readonly correlationId: string; readonly report: Report },
): Promise<TransformRun> {
  const runId = newRunId();
  const began = Date.now();
  const step = { application: APPLICATION, args: [], runId, correlationId, timeoutMs: TIMEOUT_MS };
  await pipeline.runStep(runtime, step, (state) => Promise.resolve(report(state)));
  const text = await pipeline.artifact(runtime, `runs/${runId}/transform.json`);
  const run = { title, seconds: (Date.now() - began) / 1000, ...inFigures(text) };
  if (run.tables.length === 0) {
    throw new LakehouseError('the dbt project built no table; see the log of its step');
  }
  const { tables, tests } = run;
  report(`${tables.length} tables built, ${tests.passed} tests passed`);
  return run;
}

/** The figures of a record. */
export function inFigures(text: string): Omit<TransformRun, 'title' | 'seconds'> {
  const { runId, nodes } = parseJson(text, recordShape, 'run record of dbt');
  const ofKind = (kind: string): typeof nodes => nodes.filter((node) => node.kind === kind);
  const passed = (found: typeof nodes): number => found.filter((node) => node.status === 'pass').length;
  const tests = ofKind('test');
  const sources = ofKind('freshness');
  return {
    runId,
    tables: nodes.flatMap(({ name, rows, seconds: taken }) => (rows === null ? [] : [{ name, rows, seconds: taken }])),
    tests: { passed: passed(tests), failed: tests.length - passed(tests) },
    sources: { fresh: passed(sources), all: sources.length },
  };
}

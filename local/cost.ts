import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import type { CostAssumptions } from '../lib/cost/cost-assumptions';
import { CostEstimate } from '../lib/cost/cost-estimate';
import { LakehouseError, problem } from '../lib/private/errors';
import { root } from './paths';
import { CommandError, run } from './toolchain/command';

/** What `lakehouse cost` takes. */
export interface CostOptions {
  /** Figures for programs instead of a table for people. */
  readonly json?: boolean;
  /** A file of assumptions in JSON that take the place of the defaults. */
  readonly assume?: string;
  /** A folder that is synthesized already, for example `cdk.out`; the app is then not run. */
  readonly assembly?: string;
  /** Context for the app beside the environment. */
  readonly context?: { readonly [name: string]: string };
}

const settingsShape = z.object({ app: z.string(), context: z.record(z.string(), z.unknown()).default({}) });
const assumptionsShape = z.record(z.string(), z.union([z.number(), z.record(z.string(), z.number())]));

/**
 * Estimates what an environment costs in a month, from its templates.
 *
 * The app of `cdk.json` is run as the CDK's command line would, so that a consumer's own app is estimated too; nothing is
 * looked up in AWS.
 *
 * @returns a table, or JSON
 * @throws LakehouseError when the app cannot be synthesized or an assumption is impossible
 */
export async function costReport(environment: string, options: CostOptions = {}): Promise<string> {
  const assumptions = options.assume === undefined ? {} : assumptionsIn(options.assume);
  if (options.assembly !== undefined) {
    return rendered(CostEstimate.fromDirectory(resolve(options.assembly), assumptions), options);
  }
  const directory = mkdtempSync(join(tmpdir(), 'lakehouse-cost-'));
  try {
    await synthesize(environment, directory, options.context);
    return rendered(CostEstimate.fromDirectory(directory, assumptions), options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function rendered(estimate: CostEstimate, { json = false }: CostOptions): string {
  return json ? estimate.toJson() : estimate.toTable();
}

async function synthesize(env: string, directory: string, given: CostOptions['context'] = {}): Promise<void> {
  const file = [resolve('cdk.json'), join(root, 'cdk.json')].find((path) => existsSync(path));
  if (file === undefined) {
    const remedy = 'run this where the app is, or name what is synthesized with --assembly';
    throw new LakehouseError(problem({ path: 'cdk.json', must: 'in this folder', got: undefined, remedy }));
  }
  const { app, context } = settingsShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  const variables = { CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...given, env }) };
  try {
    await run('sh', ['-c', app], {
      name: app,
      cwd: dirname(file),
      env: { ...process.env, ...variables },
      timeoutMs: 120_000,
    });
  } catch (error) {
    // the app says in one line what is wrong with its input; that says more than how it was run
    throw error instanceof CommandError && error.output.length === 1
      ? new LakehouseError(error.output[0] ?? error.message)
      : error;
  }
}

function assumptionsIn(file: string): CostAssumptions {
  if (!existsSync(file)) {
    throw wrong(file);
  }
  try {
    return assumptionsShape.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    throw wrong(readFileSync(file, 'utf8'));
  }
}

function wrong(got: unknown): LakehouseError {
  const remedy = 'for example {"taskDuty": 0.4, "storedGigabytes": {"silver": 2000}}';
  return new LakehouseError(problem({ path: 'assume', must: 'a JSON file of assumptions', got, remedy }));
}

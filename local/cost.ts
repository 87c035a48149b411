import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { CostAssumptions } from '../lib/cost/cost-assumptions';
import { CostEstimate } from '../lib/cost/cost-estimate';
import { LakehouseError, problem } from '../lib/private/errors';
import { type AssemblyOptions, withAssembly } from './assembly';

/** What `lakehouse cost` takes. */
export interface CostOptions extends AssemblyOptions {
  /** Figures for programs instead of a table for people. */
  readonly json?: boolean;
  /** A file of assumptions in JSON that take the place of the defaults. */
  readonly assume?: string;
}

const assumptionsShape = z.record(z.string(), z.union([z.number(), z.record(z.string(), z.number())]));

/**
 * Estimates what an environment costs in a month, from its templates.
 *
 * Nothing is looked up in AWS.
 *
 * @returns a table, or JSON
 * @throws LakehouseError when the app cannot be synthesized or an assumption is impossible
 */
export async function costReport(environment: string, options: CostOptions = {}): Promise<string> {
  const assumptions = options.assume === undefined ? {} : assumptionsIn(options.assume);
  return withAssembly(environment, options, (directory) =>
    rendered(CostEstimate.fromDirectory(directory, assumptions), options),
  );
}

function rendered(estimate: CostEstimate, { json = false }: CostOptions): string {
  return json ? estimate.toJson() : estimate.toTable();
}

function assumptionsIn(file: string): CostAssumptions {
  const text = textOf(file);
  try {
    return assumptionsShape.parse(JSON.parse(text));
  } catch {
    throw wrong(text);
  }
}

/** The text of a file; one that is missing, a folder or not ours to read is told by its name. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw wrong(file);
  }
}

function wrong(got: unknown): LakehouseError {
  const remedy = 'for example {"taskDuty": 0.4, "storedGigabytes": {"silver": 2000}}';
  return new LakehouseError(problem({ path: 'assume', must: 'a JSON file of assumptions', got, remedy }));
}

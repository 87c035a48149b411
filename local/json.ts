import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { LakehouseError } from '../lib/private/errors';

/**
 * Reads JSON text of a known shape.
 *
 * @throws LakehouseError that names the source and every place that differs from the shape.
 */
export function parseJson<T>(text: string, shape: z.ZodType<T>, source: string = 'JSON'): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new LakehouseError(`${source} must be JSON, got ${JSON.stringify(text.slice(0, 80))} (${String(error)})`);
  }
  const result = shape.safeParse(value);
  if (!result.success) {
    const issues = result.error.issues.map((issue) => `  - '${issue.path.join('.')}': ${issue.message}`);
    throw new LakehouseError(`${source} has another shape than expected:\n${issues.join('\n')}`);
  }
  return result.data;
}

/** Reads a JSON file of a known shape; see `parseJson`. */
export function readJson<T>(file: string, shape: z.ZodType<T>): T {
  return parseJson(readFileSync(file, 'utf8'), shape, `file '${file}'`);
}

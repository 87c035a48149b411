import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { LakehouseError } from '../lib/private/errors';
import { parseJson } from './json';
import { CommandError } from './toolchain/command';

const reportShape = z.object({
  resources: z.number(),
  properties: z.number(),
  types: z.record(z.string(), z.object({ resources: z.number(), properties: z.number() })),
  recorded: z.array(z.object({ type: z.string(), logicalId: z.string() })),
  unheld: z.array(z.object({ type: z.string(), property: z.string(), reason: z.string() })),
  mismatches: z.array(
    z.object({
      stack: z.string(),
      logicalId: z.string(),
      type: z.string(),
      property: z.string(),
      expected: z.unknown(),
      actual: z.unknown(),
    }),
  ),
});

/** What comparing every deployed property with the template found. */
export type ReadbackReport = z.infer<typeof reportShape>;

/** The stack to read back. */
export interface ReadbackTarget {
  readonly endpoint: string;
  readonly region: string;
  readonly stack: string;
  /** Where the report goes. */
  readonly file: string;
  /** What the names of types begin with, for example `AWS::MSK`; all when left out. */
  readonly type?: string;
}

/**
 * Has every property of the deployed stack read back through the AWS API.
 *
 * @param runModule runs `python -m` with the arguments; it fails when a property differs, after writing the report.
 * @throws LakehouseError that names each property that differs.
 */
export async function readBack(
  runModule: (args: string[]) => Promise<unknown>,
  target: ReadbackTarget,
): Promise<ReadbackReport> {
  const { endpoint, region, stack, file, type } = target;
  let failure: unknown;
  try {
    const only = type === undefined ? [] : ['--type', type];
    await runModule([
      'readback',
      '--endpoint',
      endpoint,
      '--stack',
      stack,
      '--region',
      region,
      '--json',
      file,
      ...only,
    ]);
  } catch (error) {
    failure = error;
    if (!(error instanceof CommandError)) {
      throw error;
    }
  }
  const report = readReport(file, failure);
  if (report.mismatches.length > 0) {
    throw new LakehouseError(mismatchText(report));
  }
  if (failure !== undefined) {
    throw failure;
  }
  return report;
}

function readReport(file: string, failure: unknown): ReadbackReport {
  try {
    return parseJson(readFileSync(file, 'utf8'), reportShape, 'the read back');
  } catch (error) {
    throw failure ?? error;
  }
}

function mismatchText({ mismatches }: ReadbackReport): string {
  const lines = mismatches.map(
    ({ stack, logicalId, type, property, expected, actual }) =>
      `  - ${stack} ${logicalId} (${type}) '${property}' must be ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`,
  );
  return `${mismatches.length} properties of the deployed stack differ from the template:\n${lines.join('\n')}`;
}

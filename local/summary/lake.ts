import { z } from 'zod';
import { parseJson } from '../json';
import type { Runtime } from '../pipeline';

const lakeShape = z.object({
  /** One entry per day that has flights that departed or were cancelled. */
  days: z.array(
    z.object({
      day: z.string(),
      flights: z.number(),
      cancelled: z.number(),
      /** Mean departure delay of the flights that departed, in minutes. */
      meanDelay: z.number().nullable(),
    }),
  ),
  tables: z.array(
    z.object({
      zone: z.string(),
      name: z.string(),
      rows: z.number(),
      files: z.number(),
      bytes: z.number(),
      snapshots: z.number(),
    }),
  ),
  rejected: z.array(
    z.object({
      dataset: z.string(),
      rule: z.string(),
      column: z.string(),
      message: z.string(),
      rows: z.number(),
      /** One rejected row as it came, as JSON. */
      example: z.string(),
    }),
  ),
});

/** What the lake holds at the end, read from its tables. */
export type Lake = z.infer<typeof lakeShape>;

/** Reads the Iceberg tables through the Glue catalog. */
export async function readLake(runModule: (args: string[]) => Promise<string>, runtime: Runtime): Promise<Lake> {
  const zones = ['bronze', 'silver'].map((zone) => ['--database', `${zone}=${runtime.databases[zone] ?? ''}`]);
  return parseJson(await runModule(['data.lake', ...zones.flat()]), lakeShape, 'the lake reader');
}

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunPaths } from './paths';
import type { Pipeline, Runtime } from './pipeline';
import { DATA_DOCS, DBT_DOCS } from './summary/documents';

/** What jobs document of their work: where in the artifacts bucket, and where beside the page. */
const DOCUMENTS = [
  { prefix: 'quality/', page: DATA_DOCS },
  { prefix: 'dbt-docs/', page: DBT_DOCS },
];

/** Copies what the jobs document beside the page, where a browser finds it when the endpoint is gone. */
export async function copyDocuments(pipeline: Pipeline, runtime: Runtime, paths: RunPaths): Promise<void> {
  for (const { prefix, page } of DOCUMENTS) {
    const folder = dirname(paths.file(page));
    for (const key of await pipeline.artifactKeys(runtime, prefix)) {
      const file = join(folder, key.slice(prefix.length));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, await pipeline.artifactBytes(runtime, key));
    }
  }
}

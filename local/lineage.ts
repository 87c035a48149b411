import { GetObjectCommand, S3Client, paginateListObjectsV2 } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { LakehouseError, didYouMean, problem } from '../lib/private/errors';
import { parseJson } from './json';
import type { RunPaths } from './paths';
import { type AwsAccess, Pipeline, type Runtime } from './pipeline';
import { standing } from './run-state';

/** Where jobs put their events in the artifacts bucket. */
const PREFIX = 'lineage/';

const datasetShape = z.object({ namespace: z.string(), name: z.string() });
const fieldShape = datasetShape.extend({ field: z.string() });
const outputShape = datasetShape.extend({
  facets: z
    .object({
      schema: z.object({ fields: z.array(z.object({ name: z.string() })) }).optional(),
      columnLineage: z
        .object({ fields: z.record(z.string(), z.object({ inputFields: z.array(fieldShape) })) })
        .optional(),
    })
    .default({}),
});

/** What is read of an OpenLineage RunEvent. */
export const lineageEvent = z.object({
  eventType: z.string(),
  eventTime: z.string(),
  job: datasetShape,
  inputs: z.array(datasetShape).default([]),
  outputs: z.array(outputShape).default([]),
});

export type LineageEvent = z.infer<typeof lineageEvent>;

/** A table, topic or source table, and what it is made from. */
export interface LineageNode {
  /** As people say it: `silver.flights`, `kafka:flights.events`, `postgres:flights.public.flights`. */
  readonly name: string;
  /** The names of the datasets that its rows come from. */
  readonly inputs: string[];
  /** The job that writes it; undefined for where data comes in. */
  readonly job?: string;
  /** The columns, each with the columns (`dataset.column`) that it is made from. */
  readonly columns: { readonly [column: string]: string[] };
}

/** The graph that the events of all jobs draw together. Of each job the newest event that wrote something counts. */
export class LineageGraph {
  private readonly nodes = new Map<string, LineageNode>();

  /**
   * @param events of any number of runs, in any order
   * @param databases the Glue database of each zone, by which tables get the names that people use
   */
  constructor(
    events: readonly LineageEvent[],
    private readonly databases: { readonly [zone: string]: string },
  ) {
    const newest = new Map<string, LineageEvent>();
    for (const event of events.toSorted((a, b) => a.eventTime.localeCompare(b.eventTime))) {
      event.outputs.forEach(({ name }) => newest.set(`${event.job.name} ${name}`, event));
    }
    for (const [key, event] of newest) {
      this.add(event, key.slice(event.job.name.length + 1));
    }
  }

  /** Every dataset, by name. */
  all(): LineageNode[] {
    return [...this.nodes.values()].toSorted((a, b) => a.name.localeCompare(b.name));
  }

  /**
   * What a table or one of its columns is made from, back to where data comes in.
   *
   * @param wanted `zone.table` or `zone.table.column`
   * @returns a tree, a line for each step
   * @throws LakehouseError when no event tells of it
   */
  trace(wanted: string): string[] {
    if (this.nodes.has(wanted)) {
      return this.branch(wanted, (name) => this.nodes.get(name)?.inputs ?? []);
    }
    if (this.columnInputs(wanted) !== undefined) {
      return this.branch(wanted, (name) => this.columnInputs(name) ?? []);
    }
    const tables = [...this.nodes.values()];
    const columns = tables.flatMap(({ name, columns: of }) => Object.keys(of).map((column) => `${name}.${column}`));
    const known = [...this.nodes.keys(), ...columns];
    const remedy = didYouMean(wanted, known);
    throw new LakehouseError(problem({ path: 'lineage', must: 'a table or column of an event', got: wanted, remedy }));
  }

  private branch(name: string, inputs: (name: string) => string[], above: readonly string[] = []): string[] {
    const job = this.nodes.get(this.datasetOf(name))?.job;
    const line = `${'  '.repeat(above.length)}${name}${job === undefined ? '' : `  (${job})`}`;
    const below = above.includes(name) ? [] : inputs(name);
    return [line, ...below.flatMap((input) => this.branch(input, inputs, [...above, name]))];
  }

  private columnInputs(column: string): string[] | undefined {
    const dataset = this.datasetOf(column);
    return this.nodes.get(dataset)?.columns[column.slice(dataset.length + 1)];
  }

  /** The dataset of `dataset.column`, and of a dataset itself. */
  private datasetOf(name: string): string {
    return this.nodes.has(name) ? name : name.slice(0, name.lastIndexOf('.'));
  }

  private add(event: LineageEvent, outputName: string): void {
    const output = event.outputs.find(({ name }) => name === outputName);
    if (output === undefined) {
      return;
    }
    const fields = output.facets.columnLineage?.fields ?? {};
    const named = (output.facets.schema?.fields ?? []).map((field) => [field.name, []] as const);
    const derived = Object.entries(fields).map(
      ([column, { inputFields }]) =>
        [column, unique(inputFields.map((field) => `${this.nameOf(field)}.${field.field}`))] as const,
    );
    const columns = Object.fromEntries<string[]>([
      ...named.map(([name]) => [name, []] as [string, string[]]),
      ...derived,
    ]);
    const fromColumns = Object.values(fields).flatMap(({ inputFields }) =>
      inputFields.map((field) => this.nameOf(field)),
    );
    const inputs = unique(fromColumns.length > 0 ? fromColumns : event.inputs.map((input) => this.nameOf(input)));
    const name = this.nameOf(output);
    this.nodes.set(name, { name, job: event.job.name, inputs, columns });
    for (const input of Object.values(fields).flatMap(({ inputFields }) => inputFields)) {
      this.mention(input);
    }
  }

  /** A dataset that is read: it stands in the graph, though perhaps no job of ours writes it. */
  private mention(input: z.infer<typeof fieldShape>): void {
    const name = this.nameOf(input);
    const known = this.nodes.get(name) ?? { name, inputs: [], columns: {} };
    this.nodes.set(name, { ...known, columns: { [input.field]: [], ...known.columns } });
  }

  private nameOf({ namespace, name }: z.infer<typeof datasetShape>): string {
    const [, database = '', table = ''] = /^table\/([^/]+)\/(.+)$/.exec(name) ?? [];
    const zone = Object.entries(this.databases).find(([, glue]) => glue === database)?.[0];
    return zone === undefined ? `${namespace.split(':', 1)[0]}:${name}` : `${zone}.${table}`;
  }
}

/** Reads the events of all runs. */
export async function readLineage(access: AwsAccess, runtime: Runtime): Promise<LineageGraph> {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const client = new S3Client({ endpoint: access.endpoint, region: access.region, credentials, forcePathStyle: true });
  try {
    const Bucket = runtime.buckets.artifacts;
    const keys: string[] = [];
    for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix: PREFIX })) {
      keys.push(...Contents.flatMap(({ Key }) => Key ?? []));
    }
    const events = await Promise.all(
      keys.map(async (Key) => {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return parseJson((await Body?.transformToString()) ?? '', lineageEvent, `lineage event '${Key}'`);
      }),
    );
    return new LineageGraph(events, runtime.databases);
  } finally {
    client.destroy();
  }
}

/**
 * `npx lakehouse lineage`: what a table or column of the running stack is made from.
 *
 * @throws LakehouseError when no stack is up, or when no event tells of it
 */
export async function lineage(paths: RunPaths, wanted: string): Promise<string> {
  const { environment, facts } = standing(paths);
  const access = { endpoint: facts.endpoint, region: facts.region };
  const pipeline = new Pipeline(access);
  try {
    const graph = await readLineage(access, await pipeline.runtime(environment));
    return graph.trace(wanted).join('\n');
  } finally {
    pipeline.close();
  }
}

function unique(names: string[]): string[] {
  return [...new Set(names)];
}

import type { LineageNode } from '../lineage';
import type { QualityRun } from '../quality';
import type { PipelineRun } from '../records';
import type { RecordedResource } from '../services/emulator';
import type { StreamRows, StreamRun } from '../streaming';
import type { TransformRun } from '../transform';
import type { Lake } from './lake';

/** Everything the summary shows. */
export interface Summary {
  readonly environment: string;
  readonly stack: string;
  readonly region: string;
  readonly correlationId: string;
  readonly finishedAt: string;
  /** From the first step to the summary. */
  readonly seconds: number;
  readonly runs: PipelineRun[];
  /** The stream and its rows; undefined where the environment has none. */
  readonly stream?: StreamRun & { readonly rows: StreamRows };
  /** What Great Expectations found in what each run had staged. */
  readonly quality: QualityRun[];
  /** What dbt made of silver, run by run. */
  readonly gold: TransformRun[];
  readonly lake: Lake;
  /** Every dataset that an OpenLineage event tells of. */
  readonly lineage: LineageNode[];
  readonly deployment: Deployment;
}

/** What was deployed and how far it was checked. */
export interface Deployment {
  readonly resources: number;
  readonly properties: number;
  /** How many resources and properties of each type were read back. */
  readonly types: { readonly [type: string]: { readonly resources: number; readonly properties: number } };
  readonly recorded: RecordedResource[];
  readonly unheld: { readonly type: string; readonly property: string; readonly reason: string }[];
}

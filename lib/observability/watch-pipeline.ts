import { Severity } from '../foundation';
import type { LakehouseMetrics } from './lakehouse-metrics';
import { MissingData } from './missing-data';
import { pascal } from './pascal';
import { Concern, type WatchParts } from './watch-parts';

/** The alarms and graphs of the runs of a pipeline. */
export function pipelineWatch(pipeline: string, metrics: LakehouseMetrics): WatchParts {
  return {
    alarms: [
      {
        id: `${pascal(pipeline)}RunsFailed`,
        metric: metrics.ofPipeline('RunsFailed', pipeline),
        threshold: 0,
        severity: Severity.CRITICAL,
        // A run says 0 when it succeeds; that a run should have taken place is a matter of freshness, not of failure.
        missingData: MissingData.unchanged('no run has ended since; the last one decides'),
        meaning: `the last run of ${pipeline} failed: its datasets stay as they were and its watermark has not moved`,
        firstStep: 'see the error in the run record',
        section: 'run-failed',
        cause: true,
      },
    ],
    rows: [
      {
        concern: Concern.BATCH,
        title: `Runs of ${pipeline}`,
        graphs: [
          {
            title: 'Runs',
            metrics: [
              metrics.ofPipeline('RunsSucceeded', pipeline).with({ label: 'succeeded' }),
              metrics.ofPipeline('RunsFailed', pipeline).with({ label: 'failed' }),
            ],
          },
          {
            title: 'Duration',
            unit: 'seconds',
            metrics: [metrics.ofPipeline('RunDuration', pipeline).with({ label: 'longest' })],
          },
        ],
      },
    ],
  };
}

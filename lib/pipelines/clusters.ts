import { fail } from '../private';
import type { BatchJobFlow, IBatchCluster, ISparkCluster, SparkApplication } from '../processing';

/** Where a batch pipeline may run. */
export interface BatchPlaces {
  readonly cluster: IBatchCluster;
  readonly jobFlow?: BatchJobFlow;
}

/**
 * Makes a pipeline runnable on its cluster, and on the transient one where there is one: the same steps run on both.
 *
 * @returns the application of the standing cluster
 */
export function onEach(
  { cluster, jobFlow }: BatchPlaces,
  runnableOn: (place: ISparkCluster) => SparkApplication,
): SparkApplication {
  if (jobFlow !== undefined && jobFlow.architecture !== cluster.architecture) {
    fail({
      path: 'jobFlow',
      must: `of the cluster's architecture, ${cluster.architecture.name}`,
      got: jobFlow.architecture.name,
      remedy: 'give both the same architecture',
    });
  }
  const application = runnableOn(cluster);
  if (jobFlow !== undefined) {
    runnableOn(jobFlow);
  }
  return application;
}

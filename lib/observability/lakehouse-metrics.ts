import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import { catalogueMetric, metricCatalogue } from './metric-catalogue';

/** What five minutes of a metric are, by its unit, where they are not a sum: always the worst of them. */
const STATISTICS: { readonly [unit: string]: string } = {
  Seconds: cloudwatch.Stats.MAXIMUM,
  Percent: cloudwatch.Stats.MINIMUM,
};

/** The metrics that the jobs of one environment emit, under the names and dimensions of `contracts/metrics.yaml`. */
export class LakehouseMetrics {
  /** The namespace of all metrics that jobs emit; their roles may put metrics into no other. */
  public static namespace(): string {
    return metricCatalogue().namespace;
  }

  constructor(private readonly environment: string) {}

  /**
   * A metric of a dataset, for example `RowsRejected`, as the sum over five minutes; a percentage, as the least of them.
   *
   * @param name a metric of the catalogue with the dimensions Environment and Dataset; others are an error
   */
  public ofDataset(name: string, dataset: string): cloudwatch.Metric {
    return this.metric(name, { Environment: this.environment, Dataset: dataset });
  }

  /**
   * A metric of a pipeline, for example `RunsFailed`, as the sum over five minutes.
   *
   * @param name a metric of the catalogue with the dimensions Environment and Pipeline; others are an error
   */
  public ofPipeline(name: string, pipeline: string): cloudwatch.Metric {
    return this.metric(name, { Environment: this.environment, Pipeline: pipeline });
  }

  private metric(name: string, dimensionsMap: { [name: string]: string }): cloudwatch.Metric {
    const { unit } = catalogueMetric(name, Object.keys(dimensionsMap));
    return new cloudwatch.Metric({
      namespace: LakehouseMetrics.namespace(),
      metricName: name,
      dimensionsMap,
      period: Duration.minutes(5),
      statistic: STATISTICS[unit] ?? cloudwatch.Stats.SUM,
    });
  }
}

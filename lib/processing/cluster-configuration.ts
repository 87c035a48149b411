import type * as emr from 'aws-cdk-lib/aws-emr';
import type { EmrRelease } from './emr-release';

/** The name under which Spark knows the Glue catalog. */
const CATALOG = 'spark.sql.catalog.glue_catalog';

/** What the configuration of a cluster depends on. */
export interface ClusterConfigurationInput {
  readonly release: EmrRelease;
  /** Where tables go that no contract defines: nowhere a job may write, because tables come from contracts. */
  readonly warehouse: string;
  readonly sparkDefaults: { [key: string]: string };
}

/**
 * The classifications of a cluster.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-iceberg-use-cluster.html
 * @see https://docs.aws.amazon.com/emr/latest/ReleaseGuide/Deltaintro.html
 */
export function renderConfiguration(input: ClusterConfigurationInput): emr.CfnCluster.ConfigurationProperty[] {
  const python = `/usr/bin/python${input.release.runtime.python}`;
  return [
    classification('iceberg-defaults', { 'iceberg.enabled': 'true' }),
    // no session loads Delta's extension unless it asks for it; this puts the jars in its reach
    classification('delta-defaults', { 'delta.enabled': 'true' }),
    classification('spark-defaults', sparkDefaultsOf(input)),
    {
      classification: 'spark-env',
      configurations: [classification('export', { PYSPARK_PYTHON: python, PYSPARK_DRIVER_PYTHON: python })],
    },
    // In cluster mode the driver runs in YARN's application master. Since EMR 6 that may land on a Spot node, whose loss
    // ends the job; the label keeps it on the On-Demand core.
    classification('yarn-site', {
      'yarn.node-labels.enabled': 'true',
      'yarn.node-labels.am.default-node-label-expression': 'CORE',
    }),
  ];
}

/** What Spark is told wherever it runs: the Iceberg catalog, UTC and dynamic allocation. */
export function sparkDefaultsOf(input: Omit<ClusterConfigurationInput, 'release'>): { [key: string]: string } {
  return {
    'spark.sql.extensions': 'org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions',
    [CATALOG]: 'org.apache.iceberg.spark.SparkCatalog',
    [`${CATALOG}.catalog-impl`]: 'org.apache.iceberg.aws.glue.GlueCatalog',
    [`${CATALOG}.io-impl`]: 'org.apache.iceberg.aws.s3.S3FileIO',
    [`${CATALOG}.warehouse`]: input.warehouse,
    'spark.sql.session.timeZone': 'UTC',
    'spark.dynamicAllocation.enabled': 'true',
    ...input.sparkDefaults,
  };
}

function classification(name: string, properties: { [key: string]: string }): emr.CfnCluster.ConfigurationProperty {
  return { classification: name, configurationProperties: properties };
}

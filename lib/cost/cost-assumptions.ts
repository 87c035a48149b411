/** What an estimate assumes, because no template says it. All amounts are per month and for the whole lake. */
export interface CostAssumptions {
  /**
   * Hours in a month.
   *
   * @default 730
   */
  readonly hoursPerMonth?: number;

  /**
   * The share of the hours in which a standing cluster runs all that scaling may add to it, 0 to 1.
   *
   * @default 0.25
   */
  readonly taskDuty?: number;

  /**
   * How much less Spot costs than On-Demand, 0 to 1. AWS advertises up to 0.9; this default is the low end of what is usual.
   *
   * @default 0.5
   */
  readonly spotDiscount?: number;

  /**
   * The share of the work on Spot that interruptions make the cluster do again, 0 to 1.
   *
   * @default 0.05
   */
  readonly spotRework?: number;

  /**
   * Gigabytes stored, by the name of the bucket: the prefix under which it writes access logs, for example `silver`.
   *
   * @default - landing 500, bronze 1000, silver 500, gold 200, archive 1000, artifacts 20, accessLogs 10, others 0
   */
  readonly storedGigabytes?: { [bucket: string]: number };

  /**
   * The age of the oldest data in days. Data arrives evenly, so ages are spread evenly from 0 to here.
   *
   * @default 365
   */
  readonly dataAgeDays?: number;

  /**
   * Megabytes of an average object.
   *
   * @default 128
   */
  readonly objectMegabytes?: number;

  /**
   * The share of the data in Standard-IA and Glacier Instant Retrieval that is read in a month, 0 or more.
   *
   * @default 0.1
   */
  readonly coldReadShare?: number;

  /**
   * The share of the data in Intelligent-Tiering that nobody read for 30 days, 0 to 1.
   *
   * @default 0.5
   */
  readonly idleShare?: number;

  /**
   * S3 requests that write or list.
   *
   * @default 1000000
   */
  readonly writeRequests?: number;

  /**
   * S3 requests that read.
   *
   * @default 10000000
   */
  readonly readRequests?: number;

  /**
   * Gigabytes through the NAT gateways.
   *
   * @default 50
   */
  readonly natGigabytes?: number;

  /**
   * Gigabytes through the interface endpoints.
   *
   * @default 50
   */
  readonly endpointGigabytes?: number;

  /**
   * Gigabytes of logs.
   *
   * @default 10
   */
  readonly logGigabytes?: number;

  /**
   * Requests to KMS. Bucket keys keep them few.
   *
   * @default 1000000
   */
  readonly keyRequests?: number;

  /**
   * Custom metrics that are emitted.
   *
   * @default - those that dashboards and alarms read, and the others of the catalogue for the same datasets and pipelines
   */
  readonly customMetrics?: number;

  /**
   * Terabytes that Athena scans.
   *
   * @default 1
   */
  readonly scannedTerabytes?: number;

  /**
   * DPU-hours of one Glue table optimizer.
   *
   * @default 1
   */
  readonly optimizerHours?: number;

  /**
   * vCPU-hours of one EMR Serverless application, with 4 GB of memory for each vCPU.
   *
   * @default 200
   */
  readonly serverlessVcpuHours?: number;

  /**
   * The share of the hours in which Airflow runs all its workers instead of the fewest, 0 to 1.
   *
   * @default 0.1
   */
  readonly airflowDuty?: number;

  /**
   * Gigabytes in the database of one Airflow environment.
   *
   * @default 10
   */
  readonly airflowMetadataGigabytes?: number;

  /**
   * Metrics that one Airflow environment emits into its own namespace, which is none of AWS's and thus priced as custom.
   *
   * @default 100
   */
  readonly airflowMetrics?: number;

  /**
   * Executions of each state machine that ends; one that watches over something runs all month.
   *
   * @default 30
   */
  readonly jobFlowRuns?: number;

  /**
   * Hours that such an execution takes, and the cluster that it starts is there.
   *
   * @default 2
   */
  readonly jobFlowHours?: number;

  /**
   * The share of these hours in which that cluster runs all that scaling may add to it, 0 to 1.
   *
   * @default 0.5
   */
  readonly jobFlowDuty?: number;

  /**
   * Metrics of one Kafka broker that monitoring by broker adds to the free ones.
   *
   * @default 50
   */
  readonly kafkaBrokerMetrics?: number;

  /**
   * Metrics of one topic on one Kafka broker that monitoring by topic adds to them.
   *
   * @default 3
   */
  readonly kafkaTopicMetrics?: number;

  /**
   * The share of what Kafka's volumes may grow by themselves that they have grown, 0 to 1.
   *
   * @default 0
   */
  readonly kafkaGrowth?: number;

  /**
   * Gigabytes of records that Kafka keeps elsewhere than on volumes: on Express brokers, or in the cheaper tier.
   *
   * @default 100
   */
  readonly kafkaKeptGigabytes?: number;

  /**
   * Gigabytes of records that are written to Express brokers.
   *
   * @default 100
   */
  readonly kafkaWrittenGigabytes?: number;

  /**
   * Gigabytes of logs that queries search.
   *
   * @default 10
   */
  readonly queriedLogGigabytes?: number;

  /**
   * Messages to the alert topics.
   *
   * @default 1000
   */
  readonly alerts?: number;

  /**
   * Seconds that each Lambda function runs; the CDK's own run when something is deployed.
   *
   * @default 600
   */
  readonly functionSeconds?: number;

  /**
   * Prices in USD that take the place of the table's, by name, for example `ec2.m5.xlarge`.
   *
   * @default - those of the table
   */
  readonly prices?: { [name: string]: number };
}

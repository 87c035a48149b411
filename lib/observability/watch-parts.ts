import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { Duration } from 'aws-cdk-lib/core';
import type { Severity } from '../foundation';
import type { MissingData } from './missing-data';

/** What a dashboard is about; there is one for each that has something to show. */
export enum Concern {
  /** The data on its way: landing, bronze, silver, gold. */
  ZONES = 'Zones',
  /** Kafka and what reads it. */
  STREAMING = 'Streaming',
  /** Scheduled runs and what they run on. */
  BATCH = 'Batch',
  /** Freshness and rejected rows of each table. */
  TABLES = 'Tables',
  /** What all of it stands on. */
  PLATFORM = 'Platform',
}

/**
 * Alarms that speak with one voice: they send no message of their own, a composite alarm sends one for all of them.
 *
 * While it lasts no second message comes; the dashboard shows which of them are on.
 */
export interface AlarmGroup {
  /** The id of the composite alarm, for example `StaleTables`; the severity is added. */
  readonly id: string;

  /** What it means when one of them is on. */
  readonly meaning: string;

  /** What to do first. */
  readonly firstStep: string;

  /** The section of the runbook. */
  readonly section: string;

  /**
   * Whether the group stays silent while an alarm that is a cause is on.
   *
   * @default false
   */
  readonly silentWhenDown?: boolean;
}

/** An alarm: what it watches, when it is on, what it means and what to do. */
export interface WatchAlarm {
  /** The id, a noun in PascalCase that is part of the alarm's name, for example `BatchClusterGone`. */
  readonly id: string;

  /** What is watched, with its period and statistic. */
  readonly metric: cloudwatch.IMetric;

  /** The threshold. */
  readonly threshold: number;

  /**
   * How the metric is compared with the threshold.
   *
   * @default ComparisonOperator.GREATER_THAN_THRESHOLD
   */
  readonly comparisonOperator?: cloudwatch.ComparisonOperator;

  /**
   * For how many periods in a row it must be so. Together at most a day, or seven with periods of an hour or more.
   *
   * @default 1
   */
  readonly evaluationPeriods?: number;

  /** How urgent it is; picks the topic. */
  readonly severity: Severity;

  /** What no data means. */
  readonly missingData: MissingData;

  /** What it means when the alarm is on. */
  readonly meaning: string;

  /** What to do first. */
  readonly firstStep: string;

  /** The section of the runbook. */
  readonly section: string;

  /**
   * The group that sends its messages.
   *
   * @default - it sends its own
   */
  readonly group?: AlarmGroup;

  /**
   * Whether what it says makes tables stale, so that groups which are silent when something is down stay silent meanwhile.
   * Where no data changes nothing, they do for three hours after the last value that says so.
   *
   * @default false
   */
  readonly cause?: boolean;
}

/** A graph of a dashboard. */
export interface WatchGraph {
  /** What it shows, with the unit where it is not plain. */
  readonly title: string;

  /** What it shows, all in one unit; each needs a label where there are several. */
  readonly metrics: cloudwatch.IMetric[];

  /**
   * What the axis counts, for example `bytes`.
   *
   * @default - nothing is written at the axis
   */
  readonly unit?: string;

  /**
   * Whether only the newest values are shown, as numbers.
   *
   * @default false
   */
  readonly numbers?: boolean;
}

/** Graphs with a title, side by side. */
export interface WatchRow {
  /** The dashboard it is on. */
  readonly concern: Concern;

  /** What it is about. */
  readonly title: string;

  /** The graphs, in order. */
  readonly graphs: WatchGraph[];
}

/** What a watch brings. */
export interface WatchParts {
  /** The alarms. */
  readonly alarms: WatchAlarm[];

  /** The rows of dashboards. */
  readonly rows: WatchRow[];
}

/** How things of one kind are told apart. */
export interface WatchOptions {
  /**
   * What the ids of its alarms begin with, in PascalCase; another name makes other alarms.
   *
   * @default - its kind, for example `Kafka`; enough where there is one of the kind
   */
  readonly name?: string;
}

/** How a consumer group is watched. */
export interface TopicWatchOptions extends WatchOptions {
  /**
   * How far the group may be behind, from a second on.
   *
   * @default Duration.minutes(15)
   */
  readonly maximumLag?: Duration;

  /**
   * How urgent it is when the group is behind.
   *
   * @default Severity.WARNING
   */
  readonly severity?: Severity;

  /**
   * What the reader says it has read, as a sum: nothing while the topic has records is an alarm.
   *
   * @default - nobody is told that the reader stands, only that it is behind
   */
  readonly progress?: cloudwatch.Metric;
}

/** How the quality of data is watched. */
export interface QualityWatchOptions {
  /**
   * The keys of the datasets to watch, for example `silver.flights`: those whose pipelines run in this lake.
   *
   * @default - all that come from a source or a stream
   */
  readonly datasets?: string[];
}

/** How tables are watched. */
export interface TablesWatchOptions {
  /**
   * The keys of the datasets to watch, for example `silver.flights`: those whose pipelines run in this lake.
   *
   * @default - all that come from a source or a stream
   */
  readonly datasets?: string[];

  /**
   * How urgent it is when a table is stale.
   *
   * @default Severity.WARNING
   */
  readonly severity?: Severity;

  /**
   * The keys of datasets whose freshness is not watched, for example `silver.planes`: those that are loaded more seldom
   * than every seven days, which is as far back as CloudWatch looks.
   *
   * @default - all that promise freshness are watched
   */
  readonly withoutFreshness?: string[];
}

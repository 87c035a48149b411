import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration } from 'aws-cdk-lib/core';
import type { DataContract, DataContracts } from '../contracts';
import { Severity } from '../foundation';
import { type Problem, didYouMean, failAll, problem } from '../private';
import { areMany, graphOf, searched, watchedIn } from './all-datasets';
import type { LakehouseMetrics } from './lakehouse-metrics';
import { MissingData } from './missing-data';
import { pascal } from './pascal';
import {
  type AlarmGroup,
  Concern,
  type TablesWatchOptions,
  type WatchAlarm,
  type WatchGraph,
  type WatchParts,
  type WatchRow,
} from './watch-parts';

/** What CloudWatch can look back over: with periods of an hour or more seven days, with shorter ones a day. */
const LONGEST = Duration.days(7);

/** Less than two periods of five minutes cannot tell a late load from a late metric. */
const SHORTEST = Duration.minutes(10);

const STALE: AlarmGroup = {
  id: 'StaleTables',
  meaning:
    'tables are older than their contracts promise, and no run that has just failed or missing cluster explains it',
  firstStep: 'see whether the pipeline is started at all',
  section: 'stale-tables',
  silentWhenDown: true,
};

/** Nothing that fails in batch explains a stream that is late, so nothing keeps these silent. */
const STALE_STREAMS: AlarmGroup = {
  id: 'StaleStreams',
  meaning: 'tables of streams are older than their contracts promise',
  firstStep: 'see whether the streams run, and how far they are behind',
  section: 'stale-streams',
};

const REJECTED: AlarmGroup = {
  id: 'RejectedRows',
  meaning: 'rows broke the rules of their contracts and went to the dead-letter tables',
  firstStep: 'see the reasons in the dead-letter tables',
  section: 'rows-rejected',
};

/** The alarms and graphs of the datasets that a pipeline of this lake loads or streams. */
export function tablesWatch(
  contracts: DataContracts,
  metrics: LakehouseMetrics,
  options: TablesWatchOptions,
): WatchParts {
  const written = contracts
    .all()
    .filter(({ key, source, stream }) => (source ?? stream) !== undefined && options.datasets?.includes(key) !== false);
  const without = options.withoutFreshness ?? [];
  const promised = written.filter(
    ({ key, freshnessSeconds }) => freshnessSeconds !== undefined && !without.includes(key),
  );
  failAll('the tables to watch', [...unknown(written, without), ...promised.flatMap(shortness)].map(problem));
  const severity = options.severity ?? Severity.WARNING;
  return {
    alarms: [
      ...promised.map((contract) => staleAlarm(contract, metrics, severity)),
      ...rejectedAlarms(written, metrics),
    ],
    rows: written.length === 0 ? [] : [rowsOnTheWay(written, metrics), quality(written, metrics)],
  };
}

function unknown(written: DataContract[], without: string[]): Problem[] {
  const keys = written.map(({ key }) => key);
  return without
    .filter((key) => !keys.includes(key))
    .map((got) => ({
      path: 'withoutFreshness',
      must: 'keys of datasets that come from a source or a stream',
      got,
      remedy: didYouMean(got, keys),
    }));
}

function shortness({ key, file, freshnessSeconds = Infinity }: DataContract): Problem[] {
  return freshnessSeconds >= SHORTEST.toSeconds()
    ? []
    : [
        {
          path: `freshness of ${key}`,
          must: `${SHORTEST.toMinutes()} minutes or more to be watched`,
          got: `${freshnessSeconds} seconds`,
          remedy: `correct ${file}, or leave it out by withoutFreshness`,
        },
      ];
}

/** The window of a contract as CloudWatch can look at it: never longer than promised, but for the last started period. */
function windowOf(promised: Duration): { readonly period: Duration; readonly periods: number; readonly text: string } {
  const window = promised.toSeconds() > LONGEST.toSeconds() ? LONGEST : promised;
  const period = window.toSeconds() < Duration.hours(1).toSeconds() ? Duration.minutes(5) : Duration.hours(1);
  const periods = Math.ceil(window.toSeconds() / period.toSeconds());
  const capped =
    window === promised ? '' : `; its contract allows ${promised.toHumanString()}, CloudWatch looks back seven days`;
  return { period, periods, text: `${window.toHumanString()}${capped}` };
}

function staleAlarm(
  { dataset, freshnessSeconds = 0, source }: DataContract,
  metrics: LakehouseMetrics,
  severity: Severity,
): WatchAlarm {
  const { period, periods, text } = windowOf(Duration.seconds(freshnessSeconds));
  const group = source === undefined ? STALE_STREAMS : STALE;
  return {
    id: `${pascal(dataset)}Stale`,
    metric: metrics.ofDataset('DatasetLoaded', dataset).with({ period }),
    threshold: 1,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    evaluationPeriods: periods,
    severity,
    missingData: MissingData.alarming('nothing has brought it up to its source, whatever the reason'),
    meaning: `nothing has brought ${dataset} up to its source for ${text}`,
    firstStep: group.firstStep,
    section: group.section,
    group,
  };
}

function rejectedAlarms(contracts: DataContract[], metrics: LakehouseMetrics): WatchAlarm[] {
  return watchedIn(contracts, metrics, 'RowsRejected').map(({ id, of, metric }) => ({
    id: `${id}RowsRejected`,
    metric,
    threshold: 0,
    severity: Severity.WARNING,
    missingData: MissingData.fine('no run has ended, so none has rejected a row'),
    meaning: `rows of ${of} broke the rules of its contract and are in its dead-letter table`,
    firstStep: REJECTED.firstStep,
    section: REJECTED.section,
    group: REJECTED,
  }));
}

function rowsOnTheWay(contracts: DataContract[], metrics: LakehouseMetrics): WatchRow {
  const graph = (title: string, metric: string, unit: string): WatchGraph =>
    graphOf(contracts, metrics, { title, metric, unit, shown: 'highest' });
  return {
    concern: Concern.ZONES,
    title: 'Rows from landing to silver',
    graphs: [
      graph('Read into landing', 'RowsRead', 'rows'),
      graph('Valid, into bronze', 'RowsValid', 'rows'),
      graph('Merged into silver', 'RowsMerged', 'rows'),
      graph('Landed', 'BytesLanded', 'bytes'),
    ],
  };
}

function quality(contracts: DataContract[], metrics: LakehouseMetrics): WatchRow {
  return {
    concern: Concern.TABLES,
    title: 'Freshness and quality',
    graphs: [
      graphOf(contracts, metrics, {
        title: 'Times the dataset was brought up to its source, in an hour',
        metric: 'DatasetLoaded',
        shown: 'lowest',
        period: Duration.hours(1),
      }),
      graphOf(contracts, metrics, {
        title: 'Rejected to the dead letters',
        metric: 'RowsRejected',
        unit: 'rows',
        shown: 'highest',
      }),
      {
        title: 'Share of rows rejected',
        unit: 'percent',
        metrics: areMany(contracts)
          ? [shareOfAll(metrics)]
          : contracts.map(({ dataset }, index) => shareOf(dataset, index, metrics)),
      },
    ],
  };
}

function shareOf(dataset: string, index: number, metrics: LakehouseMetrics): cloudwatch.MathExpression {
  const labelled = (name: string): cloudwatch.Metric => metrics.ofDataset(name, dataset).with({ label: dataset });
  return new cloudwatch.MathExpression({
    expression: `IF(read${index} > 0, 100 * rejected${index} / read${index}, 0)`,
    usingMetrics: {
      [`rejected${index}`]: labelled('RowsRejected'),
      [`read${index}`]: labelled('RowsRead'),
    },
    label: dataset,
    period: Duration.minutes(5),
  });
}

function shareOfAll(metrics: LakehouseMetrics): cloudwatch.MathExpression {
  return new cloudwatch.MathExpression({
    expression: `100 * SUM(${searched(metrics, 'RowsRejected')}) / SUM(${searched(metrics, 'RowsRead')})`,
    usingMetrics: {},
    label: 'all datasets',
    period: Duration.minutes(5),
  });
}

import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { DataContracts } from '../contracts';
import { Severity } from '../foundation';
import { type Watched, graphOf, watchedIn } from './all-datasets';
import type { LakehouseMetrics } from './lakehouse-metrics';
import { MissingData } from './missing-data';
import { type AlarmGroup, Concern, type QualityWatchOptions, type WatchAlarm, type WatchParts } from './watch-parts';

/** The percent of rows that kept every rule below which somebody should look. */
const GOOD = 99;

const LOW: AlarmGroup = {
  id: 'LowQuality',
  meaning: 'data is worse than it should be: rows break the rules of their contracts, or tables do not meet them',
  firstStep: 'see the Data Docs of the last check',
  section: 'low-quality',
};

/** The alarms and graphs of the quality of the datasets that a pipeline of this lake loads or streams. */
export function qualityWatch(
  contracts: DataContracts,
  metrics: LakehouseMetrics,
  options: QualityWatchOptions,
): WatchParts {
  const written = contracts
    .all()
    .filter(({ key, source, stream }) => (source ?? stream) !== undefined && options.datasets?.includes(key) !== false);
  const loaded = written.filter(({ source }) => source !== undefined);
  return {
    alarms: [
      ...watchedIn(loaded, metrics, 'QualityScore').map(rowsAlarm),
      ...watchedIn(written, metrics, 'ExpectationsMet').map(tableAlarm),
    ],
    rows: [
      {
        concern: Concern.TABLES,
        title: 'Quality scores',
        graphs: [
          graphOf(loaded, metrics, {
            title: 'Rows that kept every rule, of those read',
            metric: 'QualityScore',
            unit: 'percent',
            shown: 'lowest',
          }),
          graphOf(written, metrics, {
            title: 'Expectations that tables met',
            metric: 'ExpectationsMet',
            unit: 'percent',
            shown: 'lowest',
          }),
        ],
      },
    ],
  };
}

function rowsAlarm({ id, of, metric }: Watched): WatchAlarm {
  return {
    ...low(metric, GOOD),
    id: `${id}QualityLow`,
    missingData: MissingData.fine('no run has read new rows, so none was bad'),
    meaning: `less than ${GOOD} percent of the rows of ${of} that a run read kept the rules of its contract`,
  };
}

/** Of many datasets it goes by the least that one of them promises: what it tells of is broken by whichever it is. */
function tableAlarm({ id, of, metric, datasets }: Watched): WatchAlarm {
  const promised = Math.min(...datasets.map(({ qualityPercent }) => qualityPercent));
  return {
    ...low(metric, promised),
    id: `${id}ExpectationsUnmet`,
    missingData: MissingData.unchanged('no check has ended since; the last one decides'),
    meaning: `less than ${promised} percent of what the contract of ${of} expects is met; what was staged is not served`,
  };
}

function low(metric: cloudwatch.IMetric, threshold: number): Omit<WatchAlarm, 'id' | 'missingData' | 'meaning'> {
  return {
    metric,
    threshold,
    comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
    severity: Severity.WARNING,
    firstStep: LOW.firstStep,
    section: LOW.section,
    group: LOW,
  };
}

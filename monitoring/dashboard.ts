import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  type Dashboard,
  DashboardBuilder,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import * as units from '@grafana/grafana-foundation-sdk/units';

/** A panel: its title, its unit, and its queries by their legends. */
interface Graph {
  readonly title: string;
  readonly unit: string;
  readonly queries: { readonly [legend: string]: string };
}

/** A number, red from `bad` on. */
interface Figure extends Graph {
  readonly bad?: number;
}

const SOURCE = { type: 'prometheus', uid: '${datasource}' };

/** What every query but those of alerts looks at. */
const DATASET = '{environment="$environment", dataset=~"$dataset"}';
const PIPELINE = '{environment="$environment", pipeline="ingest"}';

const figures: Figure[] = [
  {
    title: 'Age, as a share of what the contract allows',
    unit: units.PercentUnit,
    bad: 1,
    queries: {
      '{{dataset}}': `(time() - lakehouse_dataset_last_loaded_timestamp_seconds${DATASET}) / on (dataset) group_left () lakehouse:promised_freshness_seconds`,
    },
  },
  {
    title: 'Rows rejected by the last run',
    unit: units.Short,
    bad: 1,
    queries: { '{{dataset}}': `lakehouse_rows_rejected${DATASET}` },
  },
  { title: 'Last run failed', unit: units.Short, bad: 1, queries: { failed: `lakehouse_runs_failed${PIPELINE}` } },
  {
    title: 'Since the last run',
    unit: units.Seconds,
    bad: 2 * 3600,
    queries: { '{{pipeline}}': `time() - push_time_seconds${PIPELINE}` },
  },
];

const rows: Graph[] = [
  { title: 'Read', unit: units.Short, queries: { '{{dataset}}': `lakehouse_rows_read${DATASET}` } },
  { title: 'Merged into silver', unit: units.Short, queries: { '{{dataset}}': `lakehouse_rows_merged${DATASET}` } },
  {
    title: 'Valid and rejected',
    unit: units.Short,
    queries: {
      'valid {{dataset}}': `lakehouse_rows_valid${DATASET}`,
      'rejected {{dataset}}': `lakehouse_rows_rejected${DATASET}`,
    },
  },
  {
    title: 'Late and read before, of streams',
    unit: units.Short,
    queries: {
      'late {{dataset}}': `lakehouse_rows_late${DATASET}`,
      'read before {{dataset}}': `lakehouse_rows_duplicate${DATASET}`,
    },
  },
  {
    title: 'Share of rows rejected',
    unit: units.PercentUnit,
    queries: { '{{dataset}}': `lakehouse:reject_ratio${DATASET}` },
  },
  {
    title: 'Rows that kept every rule, of the new ones',
    unit: units.Percent,
    queries: { '{{dataset}}': `lakehouse_quality_score${DATASET}` },
  },
  {
    title: 'Expectations that silver met before it was published',
    unit: units.Percent,
    queries: { '{{dataset}}': `lakehouse_expectations_met${DATASET}` },
  },
];

const speed: Graph[] = [
  {
    title: 'Rows a second, and the median of seven days',
    unit: units.RowsPerSecond,
    queries: {
      'last run': 'lakehouse:rows_per_second{environment="$environment"}',
      'median of seven days': 'lakehouse:rows_per_second:median7d{environment="$environment"}',
    },
  },
  {
    title: 'Duration of a run',
    unit: units.Seconds,
    queries: { '{{pipeline}}': `lakehouse_run_duration_seconds${PIPELINE}` },
  },
  { title: 'Bytes landed', unit: units.BytesIEC, queries: { '{{dataset}}': `lakehouse_bytes_landed${DATASET}` } },
  {
    title: 'Datasets brought up to their source',
    unit: units.Short,
    queries: {
      loaded: 'sum(lakehouse_dataset_loaded{environment="$environment"})',
      'runs succeeded': `lakehouse_runs_succeeded${PIPELINE}`,
    },
  },
];

/** An alert of the gateway has no environment. */
const alerts: Graph = {
  title: 'Alerts',
  unit: units.Short,
  queries: {
    '{{alertname}} {{dataset}}{{pipeline}} {{alertstate}}':
      'ALERTS{alertname=~"Lakehouse.*", environment=~"$environment|"}',
  },
};

/** The dashboard of a lakehouse, as Grafana imports it. */
export function dashboard(): Dashboard {
  const built = new DashboardBuilder('Lakehouse')
    .uid('lakehouse')
    .description('Freshness, rows, quality and speed of the pipelines, as they push them at the end of each run')
    .tags(['lakehouse'])
    .timezone('utc')
    .time({ from: 'now-7d', to: 'now' })
    .refresh('1m')
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .withVariable(variable('environment', 'label_values(lakehouse_runs_failed, environment)'))
    .withVariable(
      variable('dataset', 'label_values(lakehouse_rows_read{environment="$environment"}, dataset)')
        .multi(true)
        .includeAll(true),
    );
  built.withRow(new RowBuilder('Now'));
  figures.forEach((figure) => built.withPanel(number(figure)));
  built.withPanel(graph(alerts).span(24));
  built.withRow(new RowBuilder('Rows'));
  rows.forEach((each) => built.withPanel(graph(each)));
  built.withRow(new RowBuilder('Speed'));
  speed.forEach((each) => built.withPanel(graph(each)));
  return built.build();
}

function variable(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name).query(query).datasource(SOURCE).refresh(VariableRefresh.OnTimeRangeChanged);
}

function number({ title, unit, bad, queries }: Figure): Builder<Panel> {
  const steps = [{ value: null, color: 'green' }, ...(bad === undefined ? [] : [{ value: bad, color: 'red' }])];
  const thresholds = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
  const panel = new StatBuilder().title(title).unit(unit).thresholds(thresholds).datasource(SOURCE);
  return panel.targets(targets(queries)).height(6).span(6);
}

function graph({ title, unit, queries }: Graph): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .title(title)
    .unit(unit)
    .min(0)
    .datasource(SOURCE)
    .targets(targets(queries))
    .height(8)
    .span(12);
}

function targets(queries: Graph['queries']): Builder<Dataquery>[] {
  return Object.entries(queries).map(([legend, expression], index) =>
    new DataqueryBuilder()
      .expr(expression)
      .legendFormat(legend)
      .refId(String.fromCharCode('A'.charCodeAt(0) + index)),
  );
}

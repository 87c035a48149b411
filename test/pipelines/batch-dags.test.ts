import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataContracts } from '../../lib/contracts';
import { DAGS } from '../../lib/pipelines/jobs';

const CONTRACTS = DataContracts.fromDirectory(join(__dirname, '..', '..', 'contracts'));

/** Seconds between two runs, by Airflow's names of schedules. */
const EVERY: { readonly [schedule: string]: number } = { '@hourly': 3600, '@daily': 86_400 };

describe('The DAG of the load', () => {
  test('runs twice at least within the shortest time that a contract promises, so that one late run breaks no promise', () => {
    const [, schedule = ''] = /schedule="(@\w+)"/.exec(readFileSync(join(DAGS, 'lakehouse_batch.py'), 'utf8')) ?? [];
    const promised = CONTRACTS.all().flatMap(({ source, freshnessSeconds }) =>
      source === undefined || freshnessSeconds === undefined ? [] : [freshnessSeconds],
    );
    expect(promised.length).toBeGreaterThan(0);
    expect(2 * (EVERY[schedule] ?? Infinity)).toBeLessThanOrEqual(Math.min(...promised));
  });
});

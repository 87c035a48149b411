import { dump } from 'js-yaml';
import type { DataContracts } from '../lib/contracts';

/** What the contracts promise, as recording rules: an alert compares the age of a table with the promise of its contract. */
export function promises(contracts: DataContracts): string {
  const rules = contracts.all().flatMap(({ dataset, freshnessSeconds }) =>
    freshnessSeconds === undefined
      ? []
      : [
          {
            record: 'lakehouse:promised_freshness_seconds',
            expr: `vector(${freshnessSeconds})`,
            labels: { dataset },
          },
        ],
  );
  const groups = [{ name: 'lakehouse-promises', rules }];
  return `# The promises of contracts/, written by npm run monitoring.\n${dump({ groups })}`;
}

/**
 * `npm run monitoring`: writes what Prometheus and Grafana are given of this lakehouse. `test/monitoring` fails when a file
 * is not what this would write.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataContracts } from '../lib/contracts';
import { dashboard } from './dashboard';
import { promises } from './promises';

const root = join(__dirname, '..');

/** The files by their paths within the repository. */
export const files: { readonly [path: string]: () => string } = {
  'monitoring/grafana/lakehouse.json': () => `${JSON.stringify(dashboard(), null, 2)}\n`,
  'monitoring/prometheus/promises.yaml': () => promises(DataContracts.fromDirectory(join(root, 'contracts'))),
};

if (require.main === module) {
  for (const [path, content] of Object.entries(files)) {
    writeFileSync(join(root, path), content());
  }
}

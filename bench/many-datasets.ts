/**
 * One measurement of `npm run bench:synth`, in a process of its own: lakehouses of production's values in one app, one for each
 * directory of contracts, read, constructed and synthesized once.
 *
 * Writes a JSON object with milliseconds of CPU and of the clock for each part; starting Node and loading the library are none.
 */
import { environments } from '../config';
import { DataContracts } from '../lib/contracts';
import { LakehouseStack } from '../lib/lakehouse-stack';
import { fixtureDependencies } from '../test/support/dependencies';
import { SOURCE } from '../test/support/many-datasets';
import { type Measured, appIn, measure } from './measure';

/** What is measured, in order. */
export interface ManyMeasured {
  readonly read: Measured;
  readonly construct: Measured;
  readonly synthesize: Measured;
}

function main([outdir = '', ...directories]: string[]): void {
  // nothing streams, so a cluster for that would have nothing to run
  const prod = { ...environments.load('prod'), streaming: undefined, sources: [{ name: SOURCE }] };
  const dependencies = fixtureDependencies();
  const app = appIn(outdir);
  let read: DataContracts[] = [];
  const build = (contracts: DataContracts, part: number): void => {
    const config = { ...prod, environment: part === 0 ? 'prod' : `prod${part + 1}` };
    new LakehouseStack(app, `Lakehouse-${config.environment}`, { config, contracts, dependencies });
  };
  const measured: ManyMeasured = {
    read: measure(() => (read = directories.map((directory) => DataContracts.fromDirectory(directory)))),
    construct: measure(() => read.forEach(build)),
    synthesize: measure(() => app.synth()),
  };
  process.stdout.write(JSON.stringify(measured));
}

main(process.argv.slice(2));

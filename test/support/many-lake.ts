/** The lakehouse of many datasets: `many-lake.ts <folder> <datasets>` synthesizes it into the folder `many` of that one. */
import * as path from 'node:path';
import { App } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from '../../lib/config';
import { DataContracts } from '../../lib/contracts';
import { LakehouseStack } from '../../lib/lakehouse-stack';
import { fixtureDependencies } from './dependencies';
import { SOURCE, writeManyDatasets } from './many-datasets';
import { PRODUCTION_CONFIG } from './stacks';
import { temporaryDirectory } from './temporary';

/** Every room that grows with the number of datasets. */
const CONFIG: LakehouseConfig = {
  ...PRODUCTION_CONFIG,
  batch: {},
  sources: [{ name: SOURCE }],
  athena: {},
  budget: { monthlyUsd: 1000 },
};

const DEPENDENCIES = fixtureDependencies();

/** An app with the lakehouse of the contracts of a directory. */
export function lakeOf(
  directory: string,
  outdir: string = temporaryDirectory(),
): { readonly app: App; readonly stack: LakehouseStack } {
  const app = new App({ outdir, builtinCloudFormationValidation: false });
  const contracts = DataContracts.fromDirectory(directory);
  const stack = new LakehouseStack(app, 'Lakehouse', { config: CONFIG, contracts, dependencies: DEPENDENCIES });
  return { app, stack };
}

function main([folder = '', datasets = '']: string[]): void {
  const contracts = temporaryDirectory();
  writeManyDatasets(contracts, { datasets: Number(datasets) });
  lakeOf(contracts, path.join(folder, 'many')).app.synth();
}

if (require.main === module) {
  main(process.argv.slice(2));
}

/**
 * The stack of dev with one section of its config left out at a time, with all of them left out, and with the one that dev does
 * not have: `variants.ts <folder>` synthesizes each into a folder of its own.
 */
import * as path from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { environments } from '../../config';
import type { LakehouseConfig } from '../../lib/config';
import { DataContracts } from '../../lib/contracts';
import { LakehouseStack } from '../../lib/lakehouse-stack';
import type { SparkDependencies } from '../../lib/processing';
import { fixtureDependencies } from './dependencies';

/** What goes with each section, because it needs it. */
const SECTIONS: { readonly [section: string]: (keyof LakehouseConfig)[] } = {
  network: ['network'],
  storage: ['storage'],
  alerts: ['alerts'],
  kafka: ['kafka', 'streaming'],
  streaming: ['streaming'],
  batch: ['batch', 'sources'],
  sources: ['sources'],
  jobFlow: ['jobFlow'],
  serverless: ['serverless'],
  airflow: ['airflow'],
  athena: ['athena'],
  observability: ['observability'],
  budget: ['budget'],
};

/** The configs of an environment without one section each, by its name, and `all` without any. */
export function variantsOf(config: LakehouseConfig): { [name: string]: LakehouseConfig } {
  const without = (left: (keyof LakehouseConfig)[]): LakehouseConfig =>
    Object.fromEntries(Object.entries(config).filter(([key]) => !left.includes(key as keyof LakehouseConfig))) as never;
  return {
    ...Object.fromEntries(Object.entries(SECTIONS).map(([section, left]) => [section, without(left)])),
    all: without(Object.values(SECTIONS).flat()),
  };
}

/** Adds the lakehouse of a config to an app, with the contracts of this package. */
export function lakehouseOf(app: App, config: LakehouseConfig, dependencies: SparkDependencies): LakehouseStack {
  const contracts = DataContracts.fromDirectory(path.resolve(__dirname, '..', '..', 'contracts'));
  // A Kafka cluster that stays when its section goes would be in the way of the next one.
  const props = { config, contracts, dependencies, allowDestroy: true };
  return new LakehouseStack(app, `Lakehouse-${config.environment}`, props);
}

function main([folder = '']: string[]): void {
  const dev = environments.load('dev');
  // the templates are the same, and nothing runs: the real ones are copied into each folder, and uploaded from there
  const dependencies = fixtureDependencies();
  const without = Object.entries(variantsOf(dev)).map(([name, config]) => [`without-${name}`, config] as const);
  for (const [name, config] of [...without, ['with-lakeFormation', { ...dev, lakeFormation: {} }] as const]) {
    const outdir = path.join(folder, name);
    const app = new App({ outdir, builtinCloudFormationValidation: false, context: require('../../cdk.json').context });
    lakehouseOf(app, config, dependencies);
    app.synth();
  }
}

if (require.main === module) {
  main(process.argv.slice(2));
}

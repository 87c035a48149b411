/** Production's lakehouse, as an app makes it: what `npm run bench:synth` measures. */
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib/core';
import { environments } from '../config';
import { DataContracts } from '../lib/contracts';
import { LakehouseStack, type LakehouseStackProps } from '../lib/lakehouse-stack';
import { fixtureDependencies } from '../test/support/dependencies';

/** Of the right names and of a few bytes: a clone need not have built the real ones. */
const dependencies = fixtureDependencies();

/** Reads what an app gives the stack. */
export function prepare(): LakehouseStackProps {
  const contracts = DataContracts.fromDirectory(path.resolve('contracts'));
  return { config: environments.load('prod'), contracts, dependencies };
}

/** Constructs it. */
export function build(app: App, props: LakehouseStackProps): void {
  new LakehouseStack(app, `Lakehouse-${props.config.environment}`, props);
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { environments } from '../../config';
import { DataContracts } from '../../lib/contracts';
import { LakehouseStack } from '../../lib/lakehouse-stack';
import { fixtureDependencies } from './dependencies';
import { temporaryDirectory } from './temporary';

const ROOT = path.resolve(__dirname, '..', '..');

/** The names of all environments. */
export const ENVIRONMENTS = environments.names();

/** Read and made once, because nothing changes them. */
const contracts = DataContracts.fromDirectory(path.join(ROOT, 'contracts'));
const dependencies = fixtureDependencies();

/** An app with the lakehouse of one environment, as `bin/app.ts` makes it. */
export function lakehouseAppOf(environment: string, props: AppProps = {}): { app: App; stack: LakehouseStack } {
  const { context }: AppProps = JSON.parse(fs.readFileSync(path.join(ROOT, 'cdk.json'), 'utf8'));
  const app = new App({ builtinCloudFormationValidation: false, ...props, context: { ...context, ...props.context } });
  return { app, stack: addLakehouse(app, environment) };
}

/** Adds the lakehouse of one environment to an app, or to another construct under another id and with another name. */
export function addLakehouse(
  scope: Construct,
  environment: string,
  { id = `Lakehouse-${environment}`, name = environment }: { readonly id?: string; readonly name?: string } = {},
): LakehouseStack {
  return new LakehouseStack(scope, id, {
    config: { ...environments.load(environment), environment: name },
    contracts,
    dependencies,
  });
}

/** The templates of an environment, those of nested stacks too, by file name; each as it was written. */
export function templatesOf(environment: string, outdir: string = temporaryDirectory()): { [file: string]: string } {
  const { directory } = lakehouseAppOf(environment, { outdir }).app.synth();
  const files = fs.readdirSync(directory).filter((file) => file.endsWith('.template.json'));
  return Object.fromEntries(
    files.toSorted().map((file) => [file, fs.readFileSync(path.join(directory, file), 'utf8')]),
  );
}

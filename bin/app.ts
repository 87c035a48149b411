/**
 * The CDK app: the lakehouse of one environment.
 *
 * Context: `env` names the environment; `contracts` is the directory of contracts (default `contracts`);
 * `validate=true` runs CDK's template validator, which takes seconds and which `test/compliance` runs over every template;
 * `@cdk-lakehouse:allowDestroy=true` is the second key to data that can be destroyed.
 */
import * as path from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { environments } from '../config';
import { DataContracts } from '../lib/contracts';
import { LakehouseStack } from '../lib/lakehouse-stack';
import { LakehouseError } from '../lib/private';
import { SparkDependencies } from '../lib/processing';

/** Builds the app; CDK's own variables in the process environment say where to and with which context. */
export function lakehouseApp(): App {
  const context: { [key: string]: unknown } = JSON.parse(process.env.CDK_CONTEXT_JSON ?? '{}');
  const app = new App({ autoSynth: false, builtinCloudFormationValidation: turnedOn(context.validate) });
  const config = environments.load(app.node.tryGetContext('env'));
  new LakehouseStack(app, `Lakehouse-${config.environment}`, {
    config,
    contracts: DataContracts.fromDirectory(textOf(app, 'contracts') ?? path.join(__dirname, '..', 'contracts')),
    allowDestroy: turnedOn(app.node.tryGetContext('@cdk-lakehouse:allowDestroy')),
    dependencies: new SparkDependencies({ directory: textOf(app, 'dependencies') }),
  });
  return app;
}

function turnedOn(value: unknown): boolean {
  return value === true || value === 'true';
}

function textOf(app: App, key: string): string | undefined {
  const value: unknown = app.node.tryGetContext(key);
  return typeof value === 'string' ? value : undefined;
}

/** Wrong input is a message, not a stack trace. */
function main(): void {
  try {
    lakehouseApp().synth();
  } catch (error) {
    if (!(error instanceof LakehouseError)) {
      throw error;
    }
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (require.main === module) {
  main();
}

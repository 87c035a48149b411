import * as fs from 'node:fs';
import * as path from 'node:path';
import * as core from 'aws-cdk-lib/core';
import type { App, StageSynthesisOptions } from 'aws-cdk-lib/core';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';
import { SparkDependencies } from '../../lib/processing';
import { fixtureDependencies } from './dependencies';
import { temporaryDirectory } from './temporary';

const ROOT = path.resolve(__dirname, '..', '..', 'examples');

/** The files of all examples. */
export const EXAMPLES = fs.readdirSync(ROOT).filter((file) => file.endsWith('.ts'));

const apps = new Map<string, App>();

/** The app of an example, as it is but not yet synthesized; each runs once in a file of tests. */
export function exampleApp(file: string): App {
  const known = apps.get(file) ?? run(file);
  apps.set(file, known);
  return known;
}

/** The apps that the example which runs has made. */
let made: App[] = [];
let isRunning = false;
let isFixture = false;

/** An app that an example makes: kept as it is before synthesis. */
class KeptApp extends core.App {
  constructor() {
    super({ autoSynth: false, outdir: temporaryDirectory(), context: { env: 'dev' } });
    made.push(this);
  }

  override synth(options?: StageSynthesisOptions): CloudAssembly {
    return isRunning ? (undefined as never) : super.synth(options);
  }
}

/** An example makes an app, or exports the function that fills one. */
function run(file: string): App {
  made = [];
  isRunning = true;
  useFixtureDependencies();
  jest.doMock('aws-cdk-lib/core', () => new Proxy(core, { get: memberOf }));
  try {
    const exported: object = require(path.join(ROOT, file));
    Object.values(exported).forEach((fill) => fill(new KeptApp()));
  } finally {
    jest.dontMock('aws-cdk-lib/core');
    isRunning = false;
  }
  const [app, ...others] = made;
  if (app === undefined || others.length > 0) {
    throw new Error(`${file} makes ${made.length} apps`);
  }
  return app;
}

function memberOf(library: typeof core, name: string | symbol): unknown {
  return name === 'App' ? KeptApp : Reflect.get(library, name);
}

/** Those of the package are built by a command of their own. */
function useFixtureDependencies(): void {
  if (!isFixture) {
    isFixture = true;
    const fixture = fixtureDependencies();
    const bind = fixture._bind.bind(fixture);
    jest.spyOn(SparkDependencies.prototype, '_bind').mockImplementation(bind);
  }
}

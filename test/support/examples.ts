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

const fixture = fixtureDependencies();
const bindFixture = fixture._bind.bind(fixture);

/** The apps that the example which runs has made. */
let made: App[] = [];
let isRunning = false;
let runs = 0;

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

/** A new app of an example, as it is but not yet synthesized. It makes one, or exports the function that fills one. */
export async function exampleApp(file: string): Promise<App> {
  made = [];
  isRunning = true;
  // those of the package are built by a command of their own; each time, because Vitest restores all mocks after each file
  vi.spyOn(SparkDependencies.prototype, '_bind').mockImplementation(bindFixture);
  vi.doMock('aws-cdk-lib/core', () => new Proxy(core, { get: memberOf }));
  try {
    // what tells one import from the next, so that each runs the example again
    const exported: object = await import(`${path.join(ROOT, file)}?run=${(runs += 1)}`);
    Object.values(exported).forEach((fill) => fill(new KeptApp()));
  } finally {
    vi.doUnmock('aws-cdk-lib/core');
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

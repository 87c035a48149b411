import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as core from 'aws-cdk-lib/core';
import { Stage } from 'aws-cdk-lib/core';
import { SparkDependencies } from '../../lib/processing';
import { complianceOf, withAwsSolutions } from '../support/compliance';
import { fixtureDependencies } from '../support/dependencies';
import { temporaryDirectory } from '../support/temporary';

const EXAMPLES = path.resolve(__dirname, '..', '..', 'examples');
const FILES = fs.readdirSync(EXAMPLES).filter((file) => file.endsWith('.ts'));

/** The app of the example that runs. */
let keptApp: core.App | undefined;
const mockOutdir = temporaryDirectory;
const mockKeep = (app: core.App): void => {
  keptApp = app;
};

// An example runs as it is; only its app is kept, so that the rules can be turned on before it is synthesized.
jest.mock('aws-cdk-lib/core', () => {
  const actual = jest.requireActual<typeof core>('aws-cdk-lib/core');
  class KeptApp extends actual.App {
    constructor() {
      super({ builtinCloudFormationValidation: false, outdir: mockOutdir(), context: { env: 'dev' } });
      mockKeep(this);
    }
  }
  return new Proxy(actual, { get: (target, name) => (name === 'App' ? KeptApp : Reflect.get(target, name)) });
});

/** Runs an example up to its synthesis. */
function appOf(file: string): core.App {
  const synth = jest.spyOn(Stage.prototype, 'synth').mockImplementation();
  require(path.join(EXAMPLES, file));
  synth.mockRestore();
  if (keptApp === undefined) {
    throw new Error(`${file} makes no app`);
  }
  return keptApp;
}

describe('examples', () => {
  beforeAll(() => {
    // Those of the package are built by a command of their own.
    const fixture = fixtureDependencies();
    const bind = fixture._bind.bind(fixture);
    jest.spyOn(SparkDependencies.prototype, '_bind').mockImplementation(bind);
  });

  test.each(FILES)('%s synthesizes, and AwsSolutions has nothing to say', (file) => {
    const app = withAwsSolutions(appOf(file));
    const { open } = complianceOf(app);
    expect(open).toEqual([]);
    const templates = fs.readdirSync(app.outdir).filter((name) => name.endsWith('.template.json'));
    expect(templates.length).toBeGreaterThan(0);
  });

  test.each(FILES)('%s fits on a page', (file) => {
    expect(fs.readFileSync(path.join(EXAMPLES, file), 'utf8').split('\n').length).toBeLessThanOrEqual(41);
  });
});

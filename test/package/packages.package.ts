import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { environments } from '../../config';
import { root } from '../../local/paths';
import { Progress } from '../../local/progress';
import { type Packages, buildPackages } from '../../local/toolchain/packages';
import { basePython } from '../../local/toolchain/python';
import { templatesOf } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';
import { type Consumer, PythonConsumer, TypeScriptConsumer, succeeded } from './consumer';

/** The most a package may weigh, in bytes. */
const LIMIT = 3_000_000;

/** Everything that may be in the tarball. Each line is something that an app needs, or the law. */
const ALLOWED = [
  /^(package\.json|README\.md|LICENSE|\.jsii)$/,
  /^dist\/[a-z-]+\.(js|d\.ts)$/,
  /^dist\/[a-z]+\/([a-z]+\/)?[a-z0-9-]+\.(js|d\.ts)$/,
  /^node_modules\/(js-yaml|zod)\/(index\.js|package\.json|LICENSE)$/,
  /^lib\/(config\/config-schema|testing\/create-only)\.json$/,
  /^contracts\/metrics\.yaml$/,
  /^workloads\/(jobs|dags|dbt)\/.+\.(py|sql|ya?ml|json|txt)$/,
  /^workloads\/dags\/\.airflowignore$/,
  /^workloads\/((stream-)?jars\.lock\.json|python\/[a-z0-9.-]+\.(lock|txt))$/,
  /^local\/bootstrap\.mjs$/,
  /^local\/.+\.(py|lock|json)$/,
];

/** What no package holds, wherever it is. */
const NEVER = /(^|\/)(tests?|__pycache__|\.lakehouse)\/|\.(test|integ|package)\.|\.pyc$|\.map$/;

/** An app's stack, as the README shows it, and one construct by itself. */
const APP = [
  "import { readFileSync } from 'node:fs';",
  "import { App, Stack } from 'aws-cdk-lib';",
  "import { LakehouseStack, contracts, storage } from 'cdk-lakehouse';",
  '',
  "const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'));",
  "const app = new App({ context, outdir: 'whole', builtinCloudFormationValidation: false });",
  "new LakehouseStack(app, 'Lakehouse-dev', {",
  "  config: JSON.parse(readFileSync('config.json', 'utf8')),",
  "  contracts: contracts.DataContracts.fromDirectory('contracts'),",
  '});',
  'app.synth();',
];
const PART = [
  "import { App, Stack } from 'aws-cdk-lib';",
  "import { contracts, storage, testing } from 'cdk-lakehouse';",
  '',
  "const app = new App({ outdir: 'part', builtinCloudFormationValidation: false });",
  "const stack = new Stack(app, 'Theirs');",
  "const zones = new storage.LakeStorage(stack, 'Zones');",
  'const name: string = zones.bucket(contracts.Zone.LANDING).bucketName;',
  "if (name === '') throw new Error('no name');",
  'app.synth();',
  'const snapshot: string = testing.TemplateSnapshot.of(stack);',
  "testing.ReplacementGuard.writeBaseline('baseline.json', stack);",
  "testing.ReplacementGuard.compare('baseline.json', stack).assertNothingLost();",
  "process.stdout.write(snapshot.includes('AWS::S3::Bucket') ? 'snapshot taken' : 'no snapshot');",
];
const JEST_TEST = [
  "const { App, Stack } = require('aws-cdk-lib');",
  "const { storage, testing } = require('cdk-lakehouse');",
  '',
  "const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Theirs');",
  "new storage.LakeStorage(stack, 'Zones');",
  "test('the template is as it was', () => {",
  '  expect(testing.TemplateSnapshot.of(stack)).toMatchSnapshot();',
  '});',
];
const PYTHON_APP = [
  'from aws_cdk import App, Stack',
  'from cdk_lakehouse import LakehouseStack, config, contracts, storage, testing',
  '',
  'app = App(outdir="whole")',
  'LakehouseStack(',
  '    app,',
  '    "Lakehouse",',
  '    config=config.LakehouseConfig(',
  '        environment="theirs",',
  '        region="eu-central-1",',
  '        availability_zones=["eu-central-1a", "eu-central-1b"],',
  '        kafka=config.KafkaConfig(),',
  '        streaming=config.StreamingConfig(),',
  '        batch=config.BatchConfig(),',
  '        sources=[config.SourceConfig(name="orders")],',
  '        job_flow=config.JobFlowConfig(),',
  '        serverless=config.ServerlessConfig(),',
  '        airflow=config.AirflowConfig(),',
  '        athena=config.AthenaConfig(),',
  '        budget=config.BudgetConfig(monthly_usd=1000),',
  '    ),',
  '    contracts=contracts.DataContracts.from_directory("contracts"),',
  ')',
  'app.synth()',
  '',
  'part = App(outdir="part")',
  'stack = Stack(part, "Theirs")',
  'storage.LakeStorage(stack, "Zones")',
  'part.synth()',
  'testing.ReplacementGuard.write_baseline("baseline.json", stack)',
  'testing.ReplacementGuard.compare("baseline.json", stack).assert_nothing_lost()',
  'print("snapshot taken" if "AWS::S3::Bucket" in testing.TemplateSnapshot.of(stack) else "no snapshot")',
];

/** Writes each example that is no Python. */
const PARSE = [
  'import ast, json, sys',
  'for code in json.load(sys.stdin):',
  '    try:',
  '        ast.parse(code)',
  '    except SyntaxError as error:',
  "        print(error, code, sep='\\n')",
].join('\n');
/** Does what the examples of the pages import. */
const IMPORT = [
  'import ast, json, sys',
  'for code in json.load(open("examples.json")):',
  '    imports = [node for node in ast.parse(code).body if isinstance(node, (ast.Import, ast.ImportFrom))]',
  '    exec(compile(ast.Module(imports, []), code, "exec"), {"__name__": "theirs"})',
];

let built: Packages;
let tarball = '';
let wheel = '';

beforeAll(async () => {
  built = await buildPackages(new Progress());
  [tarball, wheel] = [temporaryDirectory(), temporaryDirectory()];
  unpack('tar', ['-xzf', built.tarball, '-C', tarball, '--strip-components=1']);
  unpack(basePython(), ['-m', 'zipfile', '-e', built.wheel, wheel]);
});

function unpack(program: string, args: string[]): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  succeeded({ status, output: `${stdout}${stderr}` });
}

/** All files of a folder, as paths below it. */
function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

/** The Python files of a folder of the repository, without tests. */
function pythonIn(folder: string): string[] {
  const absolute = path.join(root, folder);
  return (fs.existsSync(absolute) ? filesIn(absolute) : [])
    .filter((file) => file.endsWith('.py') && !/(^|\/)(tests|__pycache__)\//.test(file))
    .map((file) => `${folder}/${file}`);
}

/** The examples in Python of the wheel's pages, which are the documentation of its modules and the page on PyPI. */
function examplesOfWheel(): string[] {
  const pages = filesIn(wheel).filter((file) => /(^cdk_lakehouse\/(\w+\/)?__init__\.py|\/METADATA)$/.test(file));
  const texts = pages.map((file) => fs.readFileSync(path.join(wheel, file), 'utf8'));
  return texts.flatMap((text) => [...text.matchAll(/^```python\n(.+?)^```/gms)].map(([, code = '']) => code));
}

/** The types of resources in templates, each once. */
function typesIn(templates: { [file: string]: string }): string[] {
  const types = Object.values(templates).flatMap((text) => {
    const { Resources }: { Resources: { [id: string]: { Type: string } } } = JSON.parse(text);
    return Object.values(Resources).map(({ Type }) => Type);
  });
  return [...new Set(types)].toSorted();
}

describe('the packages', () => {
  test('weigh less than 3 MB each', () => {
    const sizes = [built.tarball, built.wheel].map((file) => fs.statSync(file).size);
    expect(Math.max(...sizes)).toBeLessThan(LIMIT);
    const page = fs.readFileSync(path.join(root, 'docs/how-to/install.md'), 'utf8');
    expect(page).toContain(`Each is under ${LIMIT / 1_000_000} MB.`);
  });

  test('hold what an app needs, and nothing else', () => {
    const files = filesIn(tarball);
    expect(files.filter((file) => NEVER.test(file) || !ALLOWED.some((allowed) => allowed.test(file)))).toEqual([]);
  });

  test('hold the jobs, the DAGs, what the library reads, and what runs on one machine', () => {
    const needed = [
      ...pythonIn('workloads/jobs'),
      ...pythonIn('workloads/dags'),
      // the suite that ends streams is for a clone
      ...pythonIn('local').filter((file) => !file.startsWith('local/exactly_once/')),
      ...'contracts/metrics.yaml lib/config/config-schema.json lib/testing/create-only.json'.split(' '),
      ...'workloads/python/jobs.lock workloads/jars.lock.json workloads/stream-jars.lock.json'.split(' '),
      ...'workloads/python/dbt.lock workloads/python/quality.lock workloads/dbt/dbt_project.yml local/data/renamed_airports.json'.split(
        ' ',
      ),
      ...'workloads/dbt/packages/expectations/dbt_project.yml workloads/dbt/checks/delays_belong_to_flights_that_departed.sql'.split(
        ' ',
      ),
      ...'dist/bin/lakehouse.js README.md LICENSE .jsii'.split(' '),
    ];
    const files = new Set(filesIn(tarball));
    expect(needed.filter((file) => !files.has(file))).toEqual([]);
    expect(needed.length).toBeGreaterThan(50);
  });

  test('hold what each source file of the library compiles to', () => {
    const compiled = filesIn(path.join(root, 'lib'))
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => ['js', 'd.ts'].map((ending) => `dist/${file.replace(/ts$/, ending)}`));
    const inDist = filesIn(tarball).filter((file) => file.startsWith('dist/') && !file.startsWith('dist/bin/'));
    expect(inDist).toEqual(compiled.toSorted());
  });

  test('are the same package: the wheel carries the tarball', () => {
    const inside = filesIn(wheel).find((file) => file.endsWith('.jsii.tgz')) ?? '';
    const folder = temporaryDirectory();
    unpack('tar', ['-xzf', path.join(wheel, inside), '-C', folder, '--strip-components=1']);
    expect(filesIn(folder)).toEqual(filesIn(tarball));
  });

  test('name no place on the machine they were built on', () => {
    const places = [root, fs.realpathSync(root), os.homedir(), os.tmpdir(), path.join(root, 'node_modules')];
    const written = [tarball, wheel].flatMap((folder) =>
      filesIn(folder)
        .filter((file) =>
          places.some((place) => naming(place).test(fs.readFileSync(path.join(folder, file), 'latin1'))),
        )
        .map((file) => file),
    );
    expect(written).toEqual([]);
  });

  test('show in the wheel examples in Python, those of the README and of every room', () => {
    const { status, stdout, stderr } = spawnSync(basePython(), ['-c', PARSE], {
      input: JSON.stringify(examplesOfWheel()),
      encoding: 'utf8',
    });
    expect(succeeded({ status, output: `${stdout}${stderr}` })).toBe('');
    expect(examplesOfWheel().length).toBeGreaterThan(20);
    expect(examplesOfWheel().filter((code) => /\b(const|new) \w|=>|\} = /.test(code))).toEqual([]);
  });

  test('show in the wheel what a page has in Python as it is there, and not a translation beside it', () => {
    const examples = examplesOfWheel();
    const whole = fs.readFileSync(path.join(root, 'examples/whole_lakehouse.py'), 'utf8');
    expect(examples).toContain(whole);
    expect(examples.filter((code) => code.includes('LakehouseStack(app, "Lakehouse"'))).toEqual([]);
    // a dict in a list is not a struct to jsii: its names stay as Python has them, and are passed over
    expect(examples.filter((code) => code.includes('"nested_ids"'))).toEqual([]);
    expect(examples.filter((code) => code.includes('IcebergColumn('))).toHaveLength(1);
  });

  test('give whoever installs them nothing to run and nothing of ours to install', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(tarball, 'package.json'), 'utf8'));
    expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['scripts']));
    expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(['devDependencies']));
    expect(Object.keys(manifest.dependencies).toSorted()).toEqual(manifest.bundledDependencies.toSorted());
  });
});

/** A place in a text: as a whole, and not as the beginning of a longer name. */
function naming(place: string): RegExp {
  return new RegExp(`${place.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)}[/\\\\]\\w`);
}

/** What is said, and done, before and after the dependencies of Spark applications are there. */
function needsDependencies(
  command: string,
  consumer: () => Consumer,
  whole: () => { status: number | null; output: string },
): void {
  test('says before what is not built, and by which command', () => {
    const { status, output } = whole();
    expect(status).not.toBe(0);
    expect(output).toMatch(/'dependencies' must be built, got "no \.lakehouse\/dependencies\/python-.+\.zip"; run '/);
    expect(output).toContain(`; run '${command} package-dependencies'`);
  });

  test('builds what Spark applications need, into the project', () => {
    succeeded(consumer().lakehouse('package-dependencies'));
    const names = fs.readdirSync(consumer().file('.lakehouse', 'dependencies')).map((name) => name.split('-')[0]);
    expect(names.toSorted()).toEqual(['jars', 'jars', ...Array(6).fill('python')]);
  });
}

describe('an app in TypeScript, with the tarball alone', () => {
  let consumer: TypeScriptConsumer;

  beforeAll(() => {
    consumer = new TypeScriptConsumer(built.tarball);
    consumer.write('config.json', [JSON.stringify(environments.load('dev'))]);
    consumer.write('app.ts', APP);
    consumer.write('part.ts', PART);
  });

  test('compiles', () => {
    expect(consumer.compile('app.ts', 'part.ts')).toEqual({ status: 0, output: '' });
  });

  test('synthesizes a single construct, takes a snapshot of it and guards it', () => {
    expect(succeeded(consumer.run(process.execPath, ['out/part.js']))).toContain('snapshot taken');
    expect(typesIn(consumer.templatesIn('part'))).toContain('AWS::S3::Bucket');
  });

  test('takes snapshots in their jest, which see a change', () => {
    consumer.write('their.test.js', JEST_TEST);
    expect(succeeded(consumer.jest())).toContain('1 snapshot written');
    expect(fs.readFileSync(consumer.file('__snapshots__', 'their.test.js.snap'), 'utf8')).toContain(
      '\n  "Resources": {\n',
    );
    succeeded(consumer.jest());
    consumer.write(
      'their.test.js',
      JEST_TEST.map((line) => line.replace("'Zones'", "'Lakes'")),
    );
    expect(consumer.jest()).toEqual({ status: 1, output: expect.stringContaining('1 snapshot failed') });
  });

  needsDependencies(
    'npx lakehouse',
    () => consumer,
    () => consumer.run(process.execPath, ['out/app.js']),
  );

  test('synthesizes the whole stack, to the very bytes that a clone does', () => {
    succeeded(consumer.run(process.execPath, ['out/app.js']));
    expect(consumer.templatesIn('whole')).toEqual(templatesOf('dev'));
  });

  test('has a command line', () => {
    const help = succeeded(consumer.lakehouse('--help'));
    for (const verb of ['up', 'status', 'down', 'lock', 'cost', 'package-dependencies']) {
      expect(help).toMatch(new RegExp(`^ {2}${verb}\\b`, 'm'));
    }
    expect(succeeded(consumer.lakehouse('lock'))).toContain('is up to date');
    const up = consumer.lakehouse('up');
    expect([up.status, up.output]).toEqual([1, expect.stringContaining("'up' must be run in a clone")]);
  });
});

describe('an app in Python, with the wheel alone', () => {
  let consumer: PythonConsumer;

  beforeAll(async () => {
    consumer = await PythonConsumer.create(built.wheel);
    consumer.write('app.py', PYTHON_APP);
  });

  const app = () => consumer.run(consumer.program('python'), ['app.py'], { CDK_VALIDATION: 'false' });

  needsDependencies('lakehouse', () => consumer, app);

  test('synthesizes the whole stack and a single construct, takes a snapshot of it and guards it', () => {
    expect(succeeded(app())).toContain('snapshot taken');
    const [ours, theirs] = [typesIn(templatesOf('dev')), typesIn(consumer.templatesIn('whole'))];
    expect(theirs).toEqual(ours);
    expect(typesIn(consumer.templatesIn('part'))).toContain('AWS::S3::Bucket');
  });

  test('imports what the examples of the pages import', () => {
    consumer.write('examples.json', [JSON.stringify(examplesOfWheel())]);
    consumer.write('imports.py', IMPORT);
    succeeded(consumer.run(consumer.program('python'), ['imports.py']));
  });

  test('synthesizes the example of the README', () => {
    fs.copyFileSync(path.join(root, 'examples/whole_lakehouse.py'), consumer.file('whole.py'));
    const quick = { CDK_VALIDATION: 'false', CDK_OUTDIR: 'readme' };
    succeeded(consumer.run(consumer.program('python'), ['whole.py'], quick));
    expect(typesIn(consumer.templatesIn('readme'))).toEqual(
      expect.arrayContaining(['AWS::EMR::Cluster', 'AWS::MSK::Cluster', 'AWS::MWAA::Environment']),
    );
  });

  test('has a command line', () => {
    expect(succeeded(consumer.lakehouse('--help'))).toContain('package-dependencies');
    for (const verb of ['status', 'summary', 'verify']) {
      const { status, output } = consumer.lakehouse(verb);
      expect([status, output]).toEqual([1, expect.stringMatching(/'lakehouse up( --keep)?'/)]);
    }
  });
});

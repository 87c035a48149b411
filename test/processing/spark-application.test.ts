import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Stack } from 'aws-cdk-lib/core';
import * as iam from 'aws-cdk-lib/aws-iam';
import { BatchCluster, InstanceArchitecture, SparkApplication, SparkDependencies } from '../../lib/processing';
import type { IBatchCluster, SparkApplicationOptions } from '../../lib/processing';
import { fixtureDependencies } from '../support/dependencies';
import { testStack, theOnly } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

const ROOT = path.resolve(__dirname, '..', '..');
const JOBS = path.join(ROOT, 'workloads', 'jobs');
const MAIN = path.join(JOBS, 'main.py');

function clusterIn(stack: Stack, architecture?: InstanceArchitecture): IBatchCluster {
  const instanceRole = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
  return BatchCluster.fromBatchClusterAttributes(stack, 'Cluster', { clusterId: 'j-1', instanceRole, architecture });
}

interface Built {
  readonly stack: Stack;
  /** The arguments with the long names of the assets bucket and the hashes cut. */
  readonly args: string[];
  readonly resolved: unknown[];
  readonly dataUris: { [folder: string]: unknown };
}

/** A resolved part of an argument as text. */
function shorten(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll(/\{"Fn::Sub":"([^"]*)"\}/g, '$1')
    .replaceAll(/^"|"$/g, '')
    .replaceAll(/s3:\/\/cdk-hnb659fds-assets-\$\{AWS::AccountId\}-us-east-1\/[0-9a-f]{64}/g, 'asset');
}

function build(options: Partial<SparkApplicationOptions> = {}, architecture?: InstanceArchitecture): Built {
  const stack = testStack();
  const cluster = clusterIn(stack, architecture);
  const { stepArgs, dataUris } = new SparkApplication(stack, 'App', { entryPoint: MAIN, ...options, cluster });
  const resolved: { 'Fn::Join'?: [string, unknown[]] }[] = stack.resolve(stepArgs);
  return {
    stack,
    dataUris: stack.resolve(dataUris),
    resolved,
    args: resolved.map((argument) => (argument['Fn::Join']?.[1] ?? [argument]).map(shorten).join('')),
  };
}

/** Dependencies with these jars, built. */
function lockedJars(...jars: [coordinate: string, file: string][]): SparkDependencies {
  const directory = temporaryDirectory();
  const jarsLock = path.join(directory, 'jars.lock.json');
  const lock = jars.map(([coordinate, file]) => ({
    coordinate,
    file,
    sha256: crypto.createHash('sha256').update(coordinate).digest('hex'),
  }));
  fs.writeFileSync(jarsLock, JSON.stringify(lock));
  const dependencies = new SparkDependencies({ jarsLock, directory });
  fs.mkdirSync(path.join(directory, dependencies.jarsDirectoryName()));
  for (const name of [
    dependencies.pythonArchiveName(InstanceArchitecture.X86_64),
    ...jars.map(([, file]) => path.join(dependencies.jarsDirectoryName(), file)),
  ]) {
    fs.writeFileSync(path.join(directory, name), name);
  }
  return dependencies;
}

/** The statements of the cluster's role for an application with this file. */
function statementsWith(file: string): { Action: string; Resource: unknown[] }[] {
  const code = temporaryDirectory();
  fs.writeFileSync(path.join(code, file), 'pass\n');
  const { stack } = build({ codeDirectory: code, dependencies: fixtureDependencies() });
  return theOnly<{ PolicyDocument: { Statement: { Action: string; Resource: unknown[] }[] } }>(
    stack,
    'AWS::IAM::Policy',
  ).PolicyDocument.Statement;
}

describe('SparkApplication', () => {
  test('is a spark-submit of its entry point when it needs nothing else', () => {
    const region = ['--conf', 'spark.yarn.appMasterEnv.AWS_DEFAULT_REGION=us-east-1'];
    expect(build().args).toEqual(['spark-submit', '--deploy-mode', 'cluster', ...region, 'asset.py']);
  });

  test('brings its code, dependencies, data and jars, in the order that EMR and the local runner read', () => {
    const { args } = build({
      codeDirectory: JOBS,
      dependencies: fixtureDependencies(),
      dataDirectories: { contracts: path.join(ROOT, 'contracts') },
      conf: { 'spark.executor.memory': '4g' },
    });
    expect(args).toEqual([
      'spark-submit',
      '--deploy-mode',
      'cluster',
      '--py-files',
      'asset.zip',
      '--archives',
      'asset.zip#dependencies,asset.zip#contracts',
      '--jars',
      'asset.jar',
      '--conf',
      'spark.yarn.appMasterEnv.AWS_DEFAULT_REGION=us-east-1',
      '--conf',
      'spark.yarn.appMasterEnv.PYTHONPATH=dependencies',
      '--conf',
      'spark.executorEnv.PYTHONPATH=dependencies',
      '--conf',
      'spark.executor.memory=4g',
      'asset.py',
    ]);
  });

  test('says where the archive of each data directory is', () => {
    const directory = path.join(ROOT, 'contracts');
    const { dataUris, resolved } = build({ dataDirectories: { contracts: directory } });
    const { contracts } = dataUris;
    expect(resolved).toContainEqual({ 'Fn::Join': ['', [contracts, '#contracts']] });
    expect(build().dataUris).toEqual({});
  });

  test("lets the cluster's role read code of any version, so that a run of the one before goes on", () => {
    const [statement, ...others] = statementsWith('one.py');
    expect(others).toEqual([]);
    expect(statement?.Action).toBe('s3:GetObject');
    expect(statement?.Resource.map((arn) => JSON.stringify(arn).match(/\/\*\.\w+/)?.[0])).toEqual([
      '/*.py',
      '/*.zip',
      '/*.jar',
    ]);
    expect(statementsWith('another.py')).toEqual([statement]);
  });

  test('has the same code hash with and without the caches of Python', () => {
    const code = temporaryDirectory();
    fs.writeFileSync(path.join(code, 'job.py'), 'pass\n');
    const hash = () => {
      const stack = testStack();
      const app = new SparkApplication(stack, 'App', {
        entryPoint: MAIN,
        codeDirectory: code,
        cluster: clusterIn(stack),
      });
      return stack.resolve(app.stepArgs[4]);
    };
    const clean = hash();
    fs.mkdirSync(path.join(code, '__pycache__'));
    fs.writeFileSync(path.join(code, '__pycache__', 'job.pyc'), 'bytes');
    expect(hash()).toEqual(clean);
    fs.writeFileSync(path.join(code, 'job.py'), 'print()\n');
    expect(hash()).not.toEqual(clean);
  });

  test('names every wrong path at once', () => {
    expect(() =>
      build({ entryPoint: 'no.py', codeDirectory: 'nowhere', dataDirectories: { dependencies: JOBS } }),
    ).toThrow(
      [
        "3 problems in application 'Test/App':",
        '  - \'entryPoint\' must be an existing file, got "no.py"; correct the path; it is relative to the working directory',
        '  - \'codeDirectory\' must be an existing directory, got "nowhere"; correct the path; it is relative to the working directory',
        "  - 'dataDirectories' must be folder names of letters, digits, - and _, other than 'dependencies', got \"dependencies\"; choose another folder name",
      ].join('\n'),
    );
  });
});

describe('A SparkApplication fails when', () => {
  test('its entry point is no Python file, which Spark would take for a jar', () => {
    expect(() => build({ entryPoint: __filename })).toThrow(
      /'entryPoint' must be a Python file, got .*spark-application\.test\.ts"; name it '\*\.py'/,
    );
  });

  test.each([
    ['pythonLock', { pythonLock: 'none.lock' }, '\'pythonLock\' must be an existing file, got "none.lock"'],
    ['jarsLock', { jarsLock: 'none.json' }, '\'jarsLock\' must be an existing file, got "none.json"'],
    ['jarsLock', { jarsLock: MAIN }, "'jarsLock' must be a JSON list of {coordinate, file, sha256}, each a text, got"],
    ['jarsLock', { jarsLock: path.join(ROOT, 'package.json') }, "'jarsLock' must be a JSON list of"],
  ])('%s is no lock: %j', (_what, locks, message) => {
    expect(() => build({ dependencies: new SparkDependencies(locks) })).toThrow(message);
  });

  test('a lock lists jars without their names', () => {
    const jarsLock = path.join(temporaryDirectory(), 'jars.lock.json');
    fs.writeFileSync(jarsLock, '[{"coordinate": "org.example:jar:1"}]');
    expect(() => new SparkDependencies({ jarsLock }).jarNames()).toThrow("'jarsLock' must be a JSON list of");
  });

  test('fails when the lock of the jars has a library twice, or a file', () => {
    expect(() => lockedJars(['org.a:x:1', 'x-1.jar'], ['org.a:x:2', 'x-2.jar']).jarNames()).toThrow(
      '\'jarsLock.coordinate\' must be named once, got "org.a:x"; keep one of the two jars',
    );
    expect(() => lockedJars(['org.a:x:1', 'x.jar'], ['org.b:y:1', 'x.jar']).jarNames()).toThrow(
      '\'jarsLock.file\' must be named once, got "x.jar"; keep one of the two jars',
    );
  });

  test('fails when a setting is none of Spark, which would drop it', () => {
    const conf = { '': 'x', 'executor.memory': '4g', 'spark.a=b': 'c', 'spark.executor.memory': '4g' };
    const must = "'conf' must be settings whose names begin with 'spark.', without spaces and equals signs";
    expect(() => build({ conf })).toThrow(
      ['', 'executor.memory', 'spark.a=b']
        .map((got) => `  - ${must}, got "${got}"; Spark ignores others; Hadoop's begin with 'spark.hadoop.'`)
        .join('\n'),
    );
    const nothing = { 'spark.executor.memory': undefined } as unknown as { [key: string]: string };
    expect(() => build({ conf: nothing })).toThrow("'conf.spark.executor.memory' must be a text, got nothing");
  });

  test('takes jars of two groups that have one name', () => {
    const dependencies = lockedJars(['org.a:x:1', 'a-x.jar'], ['org.b:x:1', 'b-x.jar'], ['org.c:y:1', 'y.jar']);
    const { args } = build({ dependencies });
    expect(args[args.indexOf('--jars') + 1]?.split(',')).toHaveLength(3);
  });
});

describe('SparkDependencies', () => {
  const lock = path.join(ROOT, 'workloads', 'python', 'jobs.lock');

  test('are named by the hash of their lock and the platform they are built for', () => {
    const hash = crypto.createHash('sha256').update(fs.readFileSync(lock)).update('\naarch64').digest('hex');
    expect(new SparkDependencies().pythonArchiveName(InstanceArchitecture.ARM_64)).toBe(
      `python-aarch64-${hash.slice(0, 12)}.zip`,
    );
    expect(new SparkDependencies().jarsDirectoryName()).toMatch(/^jars-[0-9a-f]{12}$/);
  });

  test('follow the architecture of the cluster', () => {
    const x86 = build({ dependencies: fixtureDependencies() }, InstanceArchitecture.X86_64);
    const arm = build({ dependencies: fixtureDependencies() }, InstanceArchitecture.ARM_64);
    expect(x86.resolved).not.toEqual(arm.resolved);
  });

  test('change the template only when a lock changes', () => {
    const directory = temporaryDirectory();
    const pythonLock = path.join(directory, 'jobs.lock');
    const jarsLock = path.join(directory, 'jars.lock.json');
    fs.writeFileSync(pythonLock, 'boto3==1\n');
    fs.writeFileSync(jarsLock, '[]');
    const nameOf = () => new SparkDependencies({ pythonLock, jarsLock }).pythonArchiveName(InstanceArchitecture.X86_64);
    const before = nameOf();
    expect(nameOf()).toBe(before);
    fs.writeFileSync(pythonLock, 'boto3==2\n');
    expect(nameOf()).not.toBe(before);
    expect(new SparkDependencies({ pythonLock, jarsLock }).jarNames()).toEqual([]);
  });

  test('fail when they are not built, and say which command builds them', () => {
    const dependencies = new SparkDependencies({ directory: temporaryDirectory() });
    expect(() => build({ dependencies })).toThrow(
      /^2 problems in application 'Test\/App':\n {2}- 'dependencies' must be built, got "no .*-x86_64-[0-9a-f]{12}\.zip"; run 'npm run package:dependencies'/,
    );
  });
});

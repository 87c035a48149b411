import * as fs from 'node:fs';
import * as path from 'node:path';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3deploy from 'aws-cdk-lib/aws-s3-deployment';
import { App, AssetStaging, RemovalPolicy, Stack, Stage, Token, Validations } from 'aws-cdk-lib/core';
import { ServerlessChecks } from 'cdk-nag';
import { Construct } from 'constructs';
import { DagBundle } from '../../lib/orchestration';
import { answersIn, complianceOf, withAwsSolutions } from '../support/compliance';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';
import { CONSTRAINT, FIT, bundle, directoryOf, pluginsOf, requirementsOf } from './environments';

const COPY = 'Custom::CDKBucketDeployment';

/** What the template says of a copy. */
interface Copy {
  readonly SourceObjectKeys: string[];
  readonly DestinationBucketKeyPrefix: string;
  readonly [property: string]: unknown;
}

function copiesIn(stack: Stack): Copy[] {
  return Object.values(resourcesIn<Copy>(stack, COPY)).map(({ Properties }) => Properties);
}

function copiesOf(...args: Parameters<typeof bundle>): Copy[] {
  return copiesIn(Stack.of(bundle(...args)));
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

/** What the copying function may do. */
function statementsIn(stack: Stack): Statement[] {
  const policies = Object.values(
    resourcesIn<{ PolicyDocument: { Statement: Statement[] } }>(stack, 'AWS::IAM::Policy'),
  );
  return policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
}

/** The assets of a bundle whose directory has these files, its requirements and plugins among them. */
function keysWith(files: { [name: string]: string }): string[] {
  const own = { 'first.py': 'x = 1', 'requirements.txt': `${CONSTRAINT}\n`, 'plugins/six.whl': 'wheel' };
  const directory = directoryOf({ ...own, ...files });
  const requirements = path.join(directory, 'requirements.txt');
  const [copy] = copiesOf({ directory, requirements, plugins: path.join(directory, 'plugins') });
  return copy?.SourceObjectKeys ?? [];
}

/** The path of requirements with these lines. */
function pathOf(...lines: string[]): string | undefined {
  return bundle({ requirements: requirementsOf(...lines) }).requirementsPath;
}

/** The one log group of a stack, whole. */
function logGroupIn(stack: Stack): unknown {
  return Object.values(resourcesIn(stack, 'AWS::Logs::LogGroup'))[0];
}

describe('DagBundle', () => {
  test('is copied to a folder of its own, in which alone it removes what it no longer has', () => {
    expect(copiesOf()).toEqual([
      expect.objectContaining({
        DestinationBucketKeyPrefix: 'airflow/dags/lakehouse/',
        Prune: true,
        RetainOnDelete: false,
      }),
    ]);
    expect(bundle().dagsPath).toBe('airflow/dags');
  });

  test('has its requirements at a path with their hash, where they stay', () => {
    const stack = testStack();
    const dags = bundle({ requirements: requirementsOf(CONSTRAINT, 'six==1.17.0') }, stack);
    expect(dags.requirementsPath).toMatch(/^airflow\/requirements\/[0-9a-f]{16}\.txt$/);
    expect(copiesIn(stack)).toContainEqual(
      expect.objectContaining({
        DestinationBucketKeyPrefix: 'airflow/requirements/',
        Prune: false,
        RetainOnDelete: true,
      }),
    );
    expect(bundle().requirementsPath).toBeUndefined();
  });

  test('copies the requirements from the assembly, with one kind of line ends', () => {
    const dags = bundle({ requirements: requirementsOf(`${CONSTRAINT}\r`, 'six==1.17.0\r') });
    const staging = dags.node
      .findChild('Requirements')
      .node.findAll()
      .find((each) => each instanceof AssetStaging);
    expect(path.dirname(staging?.sourcePath ?? '')).toBe(Stage.of(dags)?.outdir);
    const [file = ''] = fs.readdirSync(staging?.absoluteStagedPath ?? '');
    expect(file).toBe(path.basename(dags.requirementsPath ?? ''));
    const text = fs.readFileSync(path.join(staging?.absoluteStagedPath ?? '', file), 'utf8');
    expect(text).toBe(`${CONSTRAINT}\nsix==1.17.0\n`);
  });

  test('has another path for other requirements, and the same for the same on any system', () => {
    const first = pathOf(CONSTRAINT, 'six==1.17.0');
    expect(pathOf(CONSTRAINT, 'six==1.16.0')).not.toBe(first);
    expect(pathOf(`${CONSTRAINT}\r`, 'six==1.17.0\r')).toBe(first);
  });

  test('has its plugins as one archive at a path with their hash, where they stay', () => {
    const stack = testStack();
    const dags = bundle({ plugins: pluginsOf() }, stack);
    expect(dags.pluginsPath).toMatch(/^airflow\/plugins\/[0-9a-f]{64}\.zip$/);
    expect(copiesIn(stack)).toContainEqual(
      expect.objectContaining({
        SourceObjectKeys: [path.basename(dags.pluginsPath ?? '')],
        DestinationBucketKeyPrefix: 'airflow/plugins/',
        Extract: false,
        Prune: false,
        RetainOnDelete: true,
      }),
    );
    expect(bundle().pluginsPath).toBeUndefined();
  });

  test('has another path for other plugins, and the same for the same, whatever tools leave beside them', () => {
    const first = bundle({ plugins: pluginsOf() }).pluginsPath;
    expect(bundle({ plugins: pluginsOf({ 'more.py': '' }) }).pluginsPath).not.toBe(first);
    expect(bundle({ plugins: pluginsOf({ '__pycache__/more.pyc': '', '.DS_Store': '' }) }).pluginsPath).toBe(first);
  });

  test('lays shared directories beside its DAGs', () => {
    const [copy] = copiesOf({ sharedDirectories: [directoryOf({ 'shared/code.py': '' })] });
    expect(copy?.SourceObjectKeys).toHaveLength(2);
  });

  test('changes with its files and not with caches, requirements or plugins in its directory', () => {
    const plain = keysWith({});
    expect(keysWith({ 'plugins/more.whl': 'wheel' })).toEqual(plain);
    expect(keysWith({ '__pycache__/first.pyc': 'compiled', 'requirements.txt': `${CONSTRAINT}\n# more\n` })).toEqual(
      plain,
    );
    expect(keysWith({ 'second.py': '' })).not.toEqual(plain);
  });

  test('takes another prefix', () => {
    const [copy] = copiesOf({ prefix: 'team/airflow/' });
    expect(copy?.DestinationBucketKeyPrefix).toBe('team/airflow/dags/lakehouse/');
    const [longest] = copiesOf({ prefix: `${'a'.repeat(86)}/` });
    expect(longest?.DestinationBucketKeyPrefix).toHaveLength(102);
  });

  test('is the same in every synthesis', () => {
    const directory = directoryOf({ 'first.py': 'x = 1', 'sub/second.py': 'y = 2' });
    const requirements = requirementsOf(CONSTRAINT);
    const plugins = pluginsOf();
    const once = () => resourcesIn(Stack.of(bundle({ directory, requirements, plugins })));
    expect(once()).toEqual(once());
  });

  test('logs its copying for three months, with a key of CloudWatch Logs, unless told otherwise', () => {
    const plain = logGroupIn(Stack.of(bundle()));
    expect(plain).toMatchObject({ Properties: { RetentionInDays: 90 }, DeletionPolicy: 'RetainExceptOnCreate' });
    expect(plain).not.toHaveProperty('Properties.KmsKeyId');
    const stack = testStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    bundle({ logRetention: logs.RetentionDays.ONE_WEEK, encryptionKey, removalPolicy: RemovalPolicy.DESTROY }, stack);
    expect(logGroupIn(stack)).toMatchObject({
      Properties: { RetentionInDays: 7, KmsKeyId: stack.resolve(encryptionKey.keyArn) },
      DeletionPolicy: 'Delete',
    });
  });

  test('refers to DAGs that are there, with the versions of their requirements and plugins', () => {
    const stack = testStack();
    const bucket = s3.Bucket.fromBucketName(stack, 'Theirs', 'theirs');
    const dags = DagBundle.fromDagBundleAttributes(stack, 'Dags', {
      bucket,
      dagsPath: '/dags/',
      requirementsPath: 'requirements.txt',
      requirementsObjectVersion: 'v1',
      pluginsPath: 'plugins.zip',
      pluginsObjectVersion: 'v2',
    });
    expect(dags).toMatchObject({
      bucket,
      dagsPath: 'dags',
      requirementsPath: 'requirements.txt',
      requirementsObjectVersion: 'v1',
      pluginsPath: 'plugins.zip',
      pluginsObjectVersion: 'v2',
    });
    expect(resourcesIn(stack)).toEqual({});
  });
});

describe('The function that copies bundles', () => {
  test('is one for all bundles of a stack, with one layer, little memory and no managed policy', () => {
    const stack = testStack();
    bundle({ requirements: requirementsOf(CONSTRAINT), plugins: pluginsOf() }, stack);
    bundle({ bundleName: 'second' }, stack, 'Second');
    expect(theOnly(stack, 'AWS::Lambda::Function')).toMatchObject({ MemorySize: 512 });
    expect(Object.keys(resourcesIn(stack, 'AWS::Lambda::LayerVersion'))).toHaveLength(1);
    expect(theOnly(stack, 'AWS::IAM::Role')).not.toHaveProperty('ManagedPolicyArns');
  });

  test('may write and remove in the folders of the bundles, read assets, and nothing else', () => {
    const stack = testStack();
    const key = new kms.Key(stack, 'Key');
    const bucket = new s3.Bucket(stack, 'Files', { ...FIT, encryptionKey: key });
    bundle({ bucket, requirements: requirementsOf(CONSTRAINT), plugins: pluginsOf() }, stack);
    const objects = (prefix: string) => stack.resolve(bucket.arnForObjects(prefix));
    const statements = statementsIn(stack).map(({ Action, Resource }) => ({ Action, Resource }));
    expect(statements).toEqual(
      expect.arrayContaining([
        {
          Action: ['s3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
          Resource: objects('airflow/dags/lakehouse/*'),
        },
        { Action: ['s3:PutObject', 's3:AbortMultipartUpload'], Resource: objects('airflow/requirements/*') },
        { Action: ['s3:PutObject', 's3:AbortMultipartUpload'], Resource: objects('airflow/plugins/*') },
        { Action: ['kms:Decrypt', 'kms:GenerateDataKey'], Resource: stack.resolve(key.keyArn) },
      ]),
    );
    const actions = new Set(statements.flatMap(({ Action }) => Action));
    expect([...actions].filter((action) => action.includes('*'))).toEqual([]);
    expect(actions).toEqual(
      new Set([
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'kms:Decrypt',
        'kms:GenerateDataKey',
        's3:GetObject',
        's3:PutObject',
        's3:AbortMultipartUpload',
        's3:DeleteObject',
        's3:ListBucket',
        's3:GetBucketTagging',
      ]),
    );
    const listing = statementsIn(stack).filter(({ Action }) => Action === 's3:ListBucket');
    expect(listing.map(({ Condition }) => Condition)).toContainEqual({
      StringLike: { 's3:prefix': 'airflow/dags/lakehouse/*' },
    });
  });

  test.each(['before', 'after'])('leaves a deployment of the app its own permissions, made %s it', (when) => {
    const stack = testStack();
    const mine = () =>
      new s3deploy.BucketDeployment(stack, 'Mine', {
        sources: [s3deploy.Source.data('a', 'b')],
        destinationBucket: new s3.Bucket(stack, 'Site'),
        memoryLimit: 512,
      });
    if (when === 'before') {
      mine();
    }
    bundle({}, stack);
    if (when === 'after') {
      mine();
    }
    const allowed = statementsIn(stack).map(({ Resource }) => JSON.stringify(Resource));
    const site = Object.keys(resourcesIn(stack, 'AWS::S3::Bucket')).find((id) => id.startsWith('Site')) ?? '';
    expect(allowed.filter((resource) => resource.includes(site))).not.toEqual([]);
    expect(allowed.filter((resource) => resource.includes('airflow/dags/lakehouse'))).not.toEqual([]);
  });

  test('has no open finding of AwsSolutions or Serverless in another app, under other names', () => {
    const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
    const part = new Construct(new Stack(app, 'Theirs'), 'Analytics');
    const bucket = new s3.Bucket(part, 'Files', { ...FIT, enforceSSL: true, serverAccessLogsPrefix: 'access/' });
    const directory = directoryOf({ 'first.py': '' });
    const files = { requirements: requirementsOf(CONSTRAINT), plugins: pluginsOf() };
    new DagBundle(part, 'Nightly', { bucket, bundleName: 'nightly', directory, ...files });
    Validations.of(app).addPlugins(new ServerlessChecks(app));
    const { open, answered } = complianceOf(withAwsSolutions(app));
    expect(open).toEqual([]);
    expect(answered.map(({ acknowledgedId }) => acknowledgedId)).toEqual(
      expect.arrayContaining(['AwsSolutions::AwsSolutions-L1', 'Serverless::Serverless-LambdaDLQ']),
    );
    const used = new Set(answered.map(({ acknowledgedAt, acknowledgedId }) => `${acknowledgedAt} ${acknowledgedId}`));
    const given = answersIn(app).filter(({ id }) => /^(AwsSolutions|Serverless)::/.test(id));
    expect(given.filter(({ construct, id }) => !used.has(`${construct} ${id}`))).toEqual([]);
  });
});

/** A bundle that cannot be. */
function wrong(props: Parameters<typeof bundle>[0]): () => DagBundle {
  return () => bundle(props);
}

describe('DagBundle with a link to nowhere', () => {
  test('leaves it aside', () => {
    const directory = directoryOf({ 'dag.py': '' });
    fs.symlinkSync('nowhere.py', path.join(directory, 'link.py'));
    expect(wrong({ directory })).not.toThrow();
  });
});

describe('DagBundle fails when', () => {
  test.each([
    [
      'bundleName',
      { bundleName: 'My-Dags' },
      "'bundleName' must be 1 to 64 lower case letters, digits and underscores, a letter first, because Python imports it, got \"My-Dags\"; use a name such as 'lakehouse'",
    ],
    [
      'prefix',
      { prefix: 'airflow' },
      "'prefix' must be folders that end with a slash, of at most 102 characters with the name of the bundle, got \"airflow\"; leave it out to get 'airflow/'",
    ],
    ['prefix', { prefix: `${'a'.repeat(90)}/` }, "'prefix' must be folders that end with a slash"],
    ['directory', { directory: 'none' }, '\'directory\' must be an existing directory, got "none"; correct the path'],
    [
      'sharedDirectories',
      { sharedDirectories: ['none'] },
      '\'sharedDirectories[0]\' must be an existing directory, got "none"',
    ],
    [
      'prefix',
      { prefix: `${'a'.repeat(90)}/`, bundleName: 'a', requirements: requirementsOf(CONSTRAINT) },
      "'prefix' must be folders that end with a slash",
    ],
    [
      'prefix',
      { prefix: `${'a'.repeat(94)}/`, bundleName: 'a', plugins: pluginsOf() },
      "'prefix' must be folders that end with a slash",
    ],
    ['requirements', { requirements: 'none.txt' }, '\'requirements\' must be an existing file, got "none.txt"'],
    [
      'plugins',
      { plugins: 'none' },
      '\'plugins\' must be an existing directory of plugins or wheels, got "none"; correct the path; it is relative to the working directory',
    ],
    ['plugins', { plugins: directoryOf({}) }, "'plugins' must be an existing directory of plugins or wheels, got"],
  ])('%s is impossible (%j)', (_what, props, message) => {
    expect(wrong(props)).toThrow(message);
  });

  test('the directory holds no DAG', () => {
    expect(wrong({ directory: directoryOf({ 'notes.md': '' }) })).toThrow(
      /'directory' must be a directory with DAG files, got ".*"; add a \.py file to it/,
    );
  });

  test('two directories hold the same file', () => {
    expect(wrong({ sharedDirectories: [directoryOf({ 'first.py': '' })] })).toThrow(
      '\'sharedDirectories[0]\' must be without the files of directory, got "first.py"; rename one of the two files',
    );
  });

  test('two bundles of a bucket have one name', () => {
    const stack = testStack();
    bundle({}, stack);
    expect(() => bundle({}, stack, 'Second')).toThrow(
      "'bundleName' must be another name than that of the bundle 'Test/Dags', which would lose its files, got \"lakehouse\"; name each bundle of a bucket differently (at Test/Second)",
    );
  });

  test('two stacks of an app import the same bucket for bundles of one name', () => {
    const app = new App();
    const inStack = (id: string, bucketName: string, bundleName = 'lakehouse'): DagBundle => {
      const stack = new Stack(app, id);
      return bundle({ bucket: s3.Bucket.fromBucketName(stack, 'Bucket', bucketName), bundleName }, stack);
    };
    inStack('A', 'same-bucket');
    expect(() => inStack('B', 'same-bucket')).toThrow(
      "'bundleName' must be another name than that of the bundle 'A/Dags', which would lose its files, got \"lakehouse\"",
    );
    const [parameter, otherParameter] = ['One', 'Two'].map((Ref) => Token.asString({ Ref }));
    const others = [
      inStack('C', 'other-bucket'),
      inStack('D', 'same-bucket', 'reports'),
      inStack('E', parameter ?? ''),
      inStack('F', otherParameter ?? ''),
    ];
    expect(new Set(others.map(({ dagsPath }) => dagsPath))).toEqual(new Set(['airflow/dags']));
  });

  test.each([
    [
      { versioned: false, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL },
      /'bucket' must be versioned, or MWAA refuses it, got "a bucket without versions"; set versioned: true on the bucket/,
    ],
    [
      { versioned: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ACLS_ONLY },
      /'bucket' must be closed to all public access, or MWAA refuses it.*; set blockPublicAccess: BlockPublicAccess.BLOCK_ALL on the bucket/,
    ],
  ])('MWAA would refuse the bucket (%j)', (props, message) => {
    const stack = testStack();
    const bucket = new s3.Bucket(stack, 'Unfit', props);
    expect(() => bundle({ bucket }, stack)).toThrow(message);
    expect(() => DagBundle.fromDagBundleAttributes(stack, 'Theirs', { bucket, dagsPath: 'dags' })).toThrow(message);
  });

  test('several things are wrong, all of them at once', () => {
    expect(wrong({ bundleName: '', directory: 'none', requirements: requirementsOf('six') })).toThrow(
      /^4 problems in DAG bundle 'Test\/Dags':/,
    );
  });

  test('nothing is known of a bucket until deployment, it does not', () => {
    const stack = testStack();
    const bucket = new s3.Bucket(stack, 'Later', FIT);
    const resource = bucket.node.defaultChild as s3.CfnBucket;
    resource.versioningConfiguration = Token.asAny({ Ref: 'Versioning' });
    expect(bundle({ bucket }, stack).bucket).toBe(bucket);
  });
});

describe('Requirements of a DagBundle fail when', () => {
  test.each([
    [
      ['six==1.17.0'],
      "'requirements' must be constrained to the packages that Airflow was tested with, got \"no --constraint\"; begin it with --constraint and the version's constraintsUrl, or a copy of that file in plugins",
    ],
    [
      [CONSTRAINT, '# six', 'six>=1.0'],
      '\'requirements line 3\' must be a package pinned with ==, got "six>=1.0"; pin the version that was tested',
    ],
    [[CONSTRAINT, 'six==1.*'], '\'requirements line 2\' must be a package pinned with ==, got "six==1.*"'],
    [[CONSTRAINT, 'six @ https://example.org/six.whl'], "'requirements line 2' must be a package pinned with =="],
    [[CONSTRAINT, '-e ./code'], "'requirements line 2' must be a package pinned with =="],
    [
      [CONSTRAINT, '--index-url https://example.org/simple'],
      "'requirements line 2' must be without another package index",
    ],
    [
      [CONSTRAINT, '', '--extra-index-url=https://example.org/simple'],
      '\'requirements line 3\' must be without another package index, got "--extra-index-url=https://example.org/simple"; remove the line, and pin what the public index has',
    ],
    [
      [CONSTRAINT, '-r more.txt'],
      '\'requirements line 2\' must be a single file, got "-r more.txt"; write what the other file requires here',
    ],
    [
      ['--constraint https://example.org/c.txt'],
      "'requirements line 1' must be Airflow's own constraints, or a file of the bucket under /usr/local/airflow/",
    ],
    [[CONSTRAINT, CONSTRAINT], "'requirements line 2' must be the only --constraint"],
  ])('they are %j', (lines, message) => {
    expect(() => bundle({ requirements: requirementsOf(...lines) })).toThrow(message);
  });

  test.each([
    [
      [
        CONSTRAINT,
        'apache-airflow-providers-amazon[aiobotocore]==9.12.0  # the provider',
        "six == 1.17.0 ; python_version < '4'",
      ],
    ],
    [[CONSTRAINT, 'six==1.17.0 \\', '    --hash=sha256:0']],
    [['-c /usr/local/airflow/dags/constraints.txt', '--find-links /usr/local/airflow/plugins', '--no-index']],
  ])('but not when they are %j', (lines) => {
    const stack = testStack();
    bundle({ requirements: requirementsOf(...lines) }, stack);
    expect(copiesIn(stack)).toHaveLength(2);
  });
});

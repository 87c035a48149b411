import * as fs from 'node:fs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { PYTHON_CACHES, acknowledgeGrant, granted, leftOut, sharedAsset } from '../foundation';
import { failAll, problem } from '../private';
import type { ISparkCluster } from './spark-cluster';
import { SparkDependencies } from './spark-dependencies';
import { settingProblems } from './spark-settings';

/** What is never part of an application: caches, and what dbt writes. */
const NOT_CODE = leftOut(['target', 'logs', ...PYTHON_CACHES]);

/** The folder, beside the job, that the Python dependencies are unpacked into. */
const DEPENDENCIES_FOLDER = 'dependencies';

/**
 * What applications are made of, among all that the account's assets bucket holds. Not the files of this version by name: YARN
 * reads them for each new executor of a run, and a supervisor starts a stream again as it was when it was started.
 */
const CODE = ['*.py', '*.zip', '*.jar'];

/** Options of a SparkApplication that is added to a cluster. */
export interface SparkApplicationOptions {
  /** The Python file that Spark runs. */
  readonly entryPoint: string;

  /**
   * The directory whose packages the entry point imports.
   *
   * @default - the entry point imports nothing of its own
   */
  readonly codeDirectory?: string;

  /**
   * The Python packages and jars the application needs beyond what the EMR release has.
   *
   * @default - none
   */
  readonly dependencies?: SparkDependencies;

  /**
   * Directories that the application finds beside itself, by the name of the folder they are unpacked into.
   *
   * @default - none
   */
  readonly dataDirectories?: { [folder: string]: string };

  /**
   * Spark configuration of this application: settings of Spark's own, `spark.…`.
   *
   * @default - the cluster's defaults
   */
  readonly conf?: { [key: string]: string };
}

/** Properties of a SparkApplication. */
export interface SparkApplicationProps extends SparkApplicationOptions {
  /** The cluster it runs on, whose role gets read access to the application's files. */
  readonly cluster: ISparkCluster;
}

/**
 * A Spark application: its code and all it needs, as files in the assets bucket that are named by their content.
 *
 * A run of it is an EMR step with `stepArgs` and the run's own arguments after them.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-spark-submit-step.html
 */
export class SparkApplication extends Construct {
  /** The arguments of a step, up to and including the entry script. */
  public readonly stepArgs: string[];

  /** Where the archive of each data directory is in S3, by its folder; the URI changes with the content. */
  public readonly dataUris: { [folder: string]: string };

  constructor(scope: Construct, id: string, props: SparkApplicationProps) {
    super(scope, id);
    validate(this, props);
    const dependencies = props.dependencies?._bind(this, props.cluster.architecture);
    const main = sharedAsset(this, 'EntryPoint', { path: props.entryPoint });
    const code =
      props.codeDirectory === undefined
        ? undefined
        : sharedAsset(this, 'Code', { path: props.codeDirectory, ...NOT_CODE });
    const data = Object.entries(props.dataDirectories ?? {}).map(([folder, directory]) => ({
      folder,
      asset: sharedAsset(this, `Data-${folder}`, { path: directory, ...NOT_CODE }),
    }));
    this.dataUris = Object.fromEntries(data.map(({ folder, asset }) => [folder, asset.s3ObjectUrl]));

    const archives = [
      ...(dependencies === undefined ? [] : [`${dependencies.python.s3ObjectUrl}#${DEPENDENCIES_FOLDER}`]),
      ...data.map(({ folder, asset }) => `${asset.s3ObjectUrl}#${folder}`),
    ];
    const jars = dependencies?.jars ?? [];
    const conf = {
      // YARN starts the driver without the node's environment, and the SDK for Python does not ask the node for its region.
      'spark.yarn.appMasterEnv.AWS_DEFAULT_REGION': Stack.of(this).region,
      ...(dependencies === undefined
        ? {}
        : {
            'spark.yarn.appMasterEnv.PYTHONPATH': DEPENDENCIES_FOLDER,
            'spark.executorEnv.PYTHONPATH': DEPENDENCIES_FOLDER,
          }),
      ...props.conf,
    };
    this.stepArgs = [
      'spark-submit',
      '--deploy-mode',
      'cluster',
      ...(code === undefined ? [] : ['--py-files', code.s3ObjectUrl]),
      ...(archives.length === 0 ? [] : ['--archives', archives.join(',')]),
      ...(jars.length === 0 ? [] : ['--jars', jars.map((jar) => jar.s3ObjectUrl).join(',')]),
      ...Object.entries(conf).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
      main.s3ObjectUrl,
    ];
    const resourceArns = CODE.map((files) => main.bucket.arnForObjects(files));
    granted(this, props.cluster, [
      iam.Grant.addToPrincipal({ grantee: props.cluster, actions: ['s3:GetObject'], resourceArns }),
    ]);
    acknowledgeGrant(
      props.cluster,
      resourceArns,
      'an asset is named by its content: a run of the version before still reads its own when a deployment has changed it',
    );
  }
}

function validate(scope: Construct, props: SparkApplicationOptions): void {
  const problems: string[] = [];
  const check = (what: string, file: string, found: boolean, kind: string): void => {
    if (!found) {
      const remedy = 'correct the path; it is relative to the working directory';
      problems.push(problem({ path: what, must: `an existing ${kind}`, got: file, remedy }));
    }
  };
  check('entryPoint', props.entryPoint, isFile(props.entryPoint), 'file');
  if (isFile(props.entryPoint) && !props.entryPoint.endsWith('.py')) {
    // Spark would take it for a jar, and the cluster's role reads none of that name.
    const remedy = "name it '*.py'";
    problems.push(problem({ path: 'entryPoint', must: 'a Python file', got: props.entryPoint, remedy }));
  }
  if (props.codeDirectory !== undefined) {
    check('codeDirectory', props.codeDirectory, isDirectory(props.codeDirectory), 'directory');
  }
  for (const [folder, directory] of Object.entries(props.dataDirectories ?? {})) {
    check(`dataDirectories.${folder}`, directory, isDirectory(directory), 'directory');
    if (folder === DEPENDENCIES_FOLDER || !/^[A-Za-z0-9_-]+$/.test(folder)) {
      problems.push(
        problem({
          path: 'dataDirectories',
          must: `folder names of letters, digits, - and _, other than '${DEPENDENCIES_FOLDER}'`,
          got: folder,
          remedy: 'choose another folder name',
        }),
      );
    }
  }
  problems.push(...settingProblems('conf', props.conf).map(problem));
  failAll(`application '${scope.node.path}'`, problems);
}

function isFile(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}

function isDirectory(directory: string): boolean {
  return fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as s3deploy from 'aws-cdk-lib/aws-s3-deployment';
import { RemovalPolicy, Stage, Token } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { PYTHON_CACHES, leftOut } from '../foundation';
import { type Problem, fail, failAll, problem } from '../private';
import type { AirflowVersion } from './airflow-version';
import { DEFAULT_PREFIX, Folder, bucketProblems, bundleProblems, readRequirements } from './dag-bundle-problems';
import { DagCopier } from './dag-copier';
import type { RequirementsFile } from './requirements-file';

/** DAGs in a bucket, for an Airflow environment. */
export interface IDagBundle extends IConstruct {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /** The folder that the environment reads DAGs from, for example `airflow/dags`. */
  readonly dagsPath: string;

  /**
   * The file of the Python packages that the DAGs need.
   *
   * @default - the DAGs need no more than MWAA has
   */
  readonly requirementsPath?: string;

  /**
   * The version of that object.
   *
   * @default - the newest when the environment is created or its path changes
   */
  readonly requirementsObjectVersion?: string;
}

/** DAGs that are in a bucket already. */
export interface DagBundleAttributes {
  /** The bucket. */
  readonly bucket: s3.IBucket;

  /** The folder that the environment reads DAGs from, for example `dags`. */
  readonly dagsPath: string;

  /**
   * The file of the Python packages that the DAGs need.
   *
   * @default - the DAGs need no more than MWAA has
   */
  readonly requirementsPath?: string;

  /**
   * The version of that object. An environment does not notice that a file under the same path has changed: it must be told
   * another version.
   *
   * @default - the newest when the environment is created or its path changes
   */
  readonly requirementsObjectVersion?: string;
}

/** Properties of a DagBundle. */
export interface DagBundleProps {
  /** The bucket: versioned, all public access blocked, or MWAA refuses it. */
  readonly bucket: s3.IBucket;

  /**
   * The name of the bundle: lower case letters, digits and underscores. Its files are in the folder of this name, and Python
   * imports them by it: `from <bundle>.module import …`.
   */
  readonly bundleName: string;

  /** The directory of the DAG files. */
  readonly directory: string;

  /**
   * Directories whose contents are laid beside the DAG files, such as code that DAGs share.
   *
   * @default - none
   */
  readonly sharedDirectories?: string[];

  /**
   * The requirements file: every package pinned, with Airflow's constraints.
   *
   * @default - the DAGs need no more than MWAA has
   */
  readonly requirements?: string;

  /**
   * Where in the bucket Airflow's files are; ends with a slash.
   *
   * @default 'airflow/'
   */
  readonly prefix?: string;

  /**
   * How long the log of the copying is kept. All bundles of a stack share the log, so the first one says it.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The key that encrypts that log; its policy must let CloudWatch Logs use it, as LakeKey's does.
   *
   * @default - a key of CloudWatch Logs
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * What happens to that log when it leaves the stack. The DAGs go with the bundle, because an environment would go on running
   * them; the requirements files stay.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A folder of DAGs, copied into a bucket at each deployment that changes it.
 *
 * DAGs go to `<prefix>dags/<bundle>/`, and only there is removed what the bundle no longer has: other bundles, and DAGs that
 * others put beside them, stay. The requirements file goes to a path with its hash, which stays too: so a change always
 * reaches the environment, and a rollback finds the old file again.
 *
 * @see https://docs.aws.amazon.com/mwaa/latest/userguide/configuring-dag-folder.html
 */
export class DagBundle extends Construct implements IDagBundle {
  /** Refer to DAGs that are in a bucket already. */
  public static fromDagBundleAttributes(scope: Construct, id: string, attributes: DagBundleAttributes): IDagBundle {
    return new ExistingDagBundle(scope, id, attributes);
  }

  public readonly bucket: s3.IBucket;
  public readonly dagsPath: string;
  public readonly requirementsPath?: string;
  public readonly requirementsObjectVersion?: string;

  /** The name of the bundle. */
  public readonly bundleName: string;

  private readonly requirements?: RequirementsFile;

  constructor(scope: Construct, id: string, props: DagBundleProps) {
    super(scope, id);
    const { bucket, bundleName, prefix = DEFAULT_PREFIX } = props;
    this.requirements = readRequirements(props.requirements);
    failAll(
      `DAG bundle '${this.node.path}'`,
      [...bundleProblems(props), ...bucketProblems(bucket), ...(this.requirements?.problems ?? [])].map(problem),
    );
    this.bucket = bucket;
    this.bundleName = bundleName;
    claimFolder(this, `${prefix}${Folder.DAGS}${bundleName}/`);
    this.dagsPath = `${prefix}${Folder.DAGS}`.replace(/\/$/, '');
    const copier = DagCopier.of(this, {
      logRetention: props.logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    });
    copier.copy(this, 'Dags', {
      bucket,
      keyPrefix: `${prefix}${Folder.DAGS}${bundleName}/`,
      sources: [props.directory, ...(props.sharedDirectories ?? [])].map((directory) =>
        s3deploy.Source.asset(directory, leftOut(notDags(directory, props.requirements))),
      ),
      isOwned: true,
    });
    if (this.requirements !== undefined) {
      const { text } = this.requirements;
      const file = `${hashOf(text)}.txt`;
      const keyPrefix = `${prefix}${Folder.REQUIREMENTS}`;
      const sources = [fileSource(file, text)];
      copier.copy(this, 'Requirements', { bucket, keyPrefix, sources, isOwned: false });
      this.requirementsPath = `${keyPrefix}${file}`;
    }
  }

  /**
   * Where the requirements do not fit a version of Airflow.
   *
   * @internal
   */
  public _mismatches(version: AirflowVersion): Problem[] {
    return this.requirements?.mismatches(version) ?? [];
  }
}

class ExistingDagBundle extends Construct implements IDagBundle {
  public readonly bucket: s3.IBucket;
  public readonly dagsPath: string;
  public readonly requirementsPath?: string;
  public readonly requirementsObjectVersion?: string;

  constructor(scope: Construct, id: string, attributes: DagBundleAttributes) {
    super(scope, id);
    failAll(`DAG bundle '${this.node.path}'`, bucketProblems(attributes.bucket).map(problem));
    this.bucket = attributes.bucket;
    this.dagsPath = attributes.dagsPath.replaceAll(/^\/+|\/+$/g, '');
    this.requirementsPath = attributes.requirementsPath;
    this.requirementsObjectVersion = attributes.requirementsObjectVersion;
  }
}

/** How much of a hash is in a file name. */
const SHORT_HASH = 16;

/** What is never part of a bundle. */
const NOT_DAGS = [...PYTHON_CACHES, '.DS_Store'];

function notDags(directory: string, requirements: string | undefined): string[] {
  const relative = requirements === undefined ? '..' : path.relative(directory, requirements);
  return relative.startsWith('..') || path.isAbsolute(relative) ? NOT_DAGS : [...NOT_DAGS, `/${relative}`];
}

function hashOf(text: string): string {
  return crypto.createHash('sha256').update(text).digest('hex').slice(0, SHORT_HASH);
}

/**
 * A file named by its hash, laid into the assembly. `Source.data` lays it into a directory with a new name each time, and CDK
 * keeps hashes by directory: those of others would have to go for each one that nobody asks for again.
 */
function fileSource(file: string, text: string): s3deploy.ISource {
  return {
    bind: (scope, context) => {
      const directory = path.join(Stage.of(scope)?.outdir ?? '', `requirements.${file}`);
      fs.mkdirSync(directory, { recursive: true });
      fs.writeFileSync(path.join(directory, file), text);
      return s3deploy.Source.asset(directory, { assetHash: file }).bind(scope, context);
    },
  };
}

/** The folders that bundles own: by app where the name of the bucket is known, else by bucket. */
const CLAIMED = new WeakMap<IConstruct, Map<string, string>>();

/** Two bundles in one folder would remove each other's files. */
function claimFolder(bundle: DagBundle, folder: string): void {
  const { bucket, bundleName } = bundle;
  // each stack of an app may import the same bucket
  const isNamed = !Token.isUnresolved(bucket.bucketName);
  const within = isNamed ? bundle.node.root : bucket;
  const place = isNamed ? `${bucket.bucketName}/${folder}` : folder;
  const folders = CLAIMED.get(within) ?? new Map<string, string>();
  const owner = folders.get(place);
  if (owner !== undefined) {
    fail(
      {
        path: 'bundleName',
        must: `another name than that of the bundle '${owner}', which would lose its files`,
        got: bundleName,
        remedy: 'name each bundle of a bucket differently',
      },
      bundle,
    );
  }
  folders.set(place, bundle.node.path);
  CLAIMED.set(within, folders);
}

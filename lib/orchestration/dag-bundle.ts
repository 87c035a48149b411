import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import * as s3deploy from 'aws-cdk-lib/aws-s3-deployment';
import { RemovalPolicy, Stage } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { PYTHON_CACHES, folderOwner, leftOut } from '../foundation';
import { type Problem, fail, failAll, problem } from '../private';
import { WebserverAccess } from './airflow-access';
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

  /**
   * The archive of the plugins and wheels of the environment.
   *
   * @default - no plugins
   */
  readonly pluginsPath?: string;

  /**
   * The version of that object.
   *
   * @default - the newest when the environment is created or its path changes
   */
  readonly pluginsObjectVersion?: string;
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

  /**
   * The archive of the plugins and wheels of the environment.
   *
   * @default - no plugins
   */
  readonly pluginsPath?: string;

  /**
   * The version of that object, for which the same holds as for that of the requirements.
   *
   * @default - the newest when the environment is created or its path changes
   */
  readonly pluginsObjectVersion?: string;
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
   * A directory whose content becomes the `plugins.zip` of the environment, which unpacks it to `/usr/local/airflow/plugins`:
   * plugins of Airflow, and wheels of what the requirements name. An environment with a private web interface installs from
   * nothing else.
   *
   * @default - no plugins
   */
  readonly plugins?: string;

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
   * them; requirements files and plugins stay.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * A folder of DAGs, copied into a bucket at each deployment that changes it.
 *
 * DAGs go to `<prefix>dags/<bundle>/`, and only there is removed what the bundle no longer has: other bundles, and DAGs that
 * others put beside them, stay. The requirements file and the plugins go to paths with their hashes, which stay too: so a
 * change always reaches the environment, and a rollback finds the old files again.
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
  public readonly pluginsPath?: string;
  public readonly pluginsObjectVersion?: string;

  /** The name of the bundle. */
  public readonly bundleName: string;

  private readonly requirements?: RequirementsFile;
  private readonly plugins?: string;

  constructor(scope: Construct, id: string, props: DagBundleProps) {
    super(scope, id);
    const { bucket, bundleName, prefix = DEFAULT_PREFIX } = props;
    this.requirements = readRequirements(props.requirements);
    this.plugins = props.plugins;
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
        s3deploy.Source.asset(directory, leftOut(notDags(directory, [props.requirements, props.plugins]))),
      ),
      isOwned: true,
      isUnpacked: true,
    });
    this.requirementsPath = this.copyRequirements(copier, `${prefix}${Folder.REQUIREMENTS}`);
    this.pluginsPath = this.copyPlugins(copier, `${prefix}${Folder.PLUGINS}`);
  }

  /**
   * Where the requirements do not fit an environment of this version of Airflow, with this access to its web interface.
   *
   * @internal
   */
  public _mismatches(version: AirflowVersion, access: WebserverAccess): Problem[] {
    return access === WebserverAccess.PRIVATE_ONLY
      ? (this.requirements?.privateMismatches(version, this.plugins) ?? [])
      : (this.requirements?.mismatches(version) ?? []);
  }

  private copyRequirements(copier: DagCopier, keyPrefix: string): string | undefined {
    if (this.requirements === undefined) {
      return undefined;
    }
    const { bucket } = this;
    const { text } = this.requirements;
    const file = `${hashOf(text)}.txt`;
    const sources = [fileSource(file, text)];
    copier.copy(this, 'Requirements', { bucket, keyPrefix, sources, isOwned: false, isUnpacked: true });
    return `${keyPrefix}${file}`;
  }

  /** As the archive that CDK makes of the directory, which is named by the hash of what is in it. */
  private copyPlugins(copier: DagCopier, keyPrefix: string): string | undefined {
    if (this.plugins === undefined) {
      return undefined;
    }
    const { bucket } = this;
    const asset = new Asset(this, 'PluginsArchive', { path: this.plugins, ...leftOut(LEFT_OUT) });
    const sources = [s3deploy.Source.bucket(asset.bucket, asset.s3ObjectKey)];
    copier.copy(this, 'Plugins', { bucket, keyPrefix, sources, isOwned: false, isUnpacked: false });
    return `${keyPrefix}${asset.assetHash}.zip`;
  }
}

class ExistingDagBundle extends Construct implements IDagBundle {
  public readonly bucket: s3.IBucket;
  public readonly dagsPath: string;
  public readonly requirementsPath?: string;
  public readonly requirementsObjectVersion?: string;
  public readonly pluginsPath?: string;
  public readonly pluginsObjectVersion?: string;

  constructor(scope: Construct, id: string, attributes: DagBundleAttributes) {
    super(scope, id);
    failAll(`DAG bundle '${this.node.path}'`, bucketProblems(attributes.bucket).map(problem));
    this.bucket = attributes.bucket;
    this.dagsPath = attributes.dagsPath.replaceAll(/^\/+|\/+$/g, '');
    this.requirementsPath = attributes.requirementsPath;
    this.requirementsObjectVersion = attributes.requirementsObjectVersion;
    this.pluginsPath = attributes.pluginsPath;
    this.pluginsObjectVersion = attributes.pluginsObjectVersion;
  }
}

/** How much of a hash is in a file name. */
const SHORT_HASH = 16;

/** What is never part of a bundle. */
const LEFT_OUT = [...PYTHON_CACHES, '.DS_Store'];

/** The same, and of the others what lies in the directory. */
function notDags(directory: string, others: (string | undefined)[]): string[] {
  const relatives = others.flatMap((other) => (other === undefined ? [] : [path.relative(directory, other)]));
  const inside = relatives.filter((relative) => !relative.startsWith('..') && !path.isAbsolute(relative));
  return [...LEFT_OUT, ...inside.map((relative) => `/${relative}`)];
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

/** Two bundles in one folder would remove each other's files. */
function claimFolder(bundle: DagBundle, folder: string): void {
  const { bucket, bundleName } = bundle;
  const owner = folderOwner(bundle, bucket, folder);
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
}

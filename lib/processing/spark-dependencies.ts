import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { AssetHashType } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { sharedAsset } from '../foundation';
import { COMMAND, fail, failAll, problem } from '../private';
import type { InstanceArchitecture } from './instance-architecture';

/** How much of a lock's hash is in a file name. */
const SHORT_HASH = 12;

/** The root of this package, both from sources and from what jsii compiles. */
const PACKAGE_ROOT = path.resolve(__dirname, '..', '..');

/** Whether this is a clone of the repository; npm never packs its lock file. */
const IS_CLONE = fs.existsSync(path.join(PACKAGE_ROOT, 'package-lock.json'));

/** The command that builds the archives. */
const BUILD_COMMAND = IS_CLONE ? 'npm run package:dependencies' : `${COMMAND} package-dependencies`;

/** Properties of SparkDependencies. */
export interface SparkDependenciesProps {
  /**
   * The hash lock of the Python dependencies, as uv writes it.
   *
   * @default - the lock of this package's jobs, `workloads/python/jobs.lock`
   */
  readonly pythonLock?: string;

  /**
   * The lock of the jars: a JSON list of `{coordinate, file, sha256}`.
   *
   * @default - the lock of this package's jobs, `workloads/jars.lock.json`
   */
  readonly jarsLock?: string;

  /**
   * The directory that `npx lakehouse package-dependencies` builds into.
   *
   * @default - `.lakehouse/dependencies` of the working directory; in a clone of this package, its `dist/dependencies`
   */
  readonly directory?: string;
}

/** A jar in the lock. */
interface LockedJar {
  readonly coordinate: string;
  readonly file: string;
  readonly sha256: string;
}

/**
 * The dependencies of an application, in the assets bucket.
 *
 * @internal
 */
export interface BoundDependencies {
  readonly python: Asset;
  readonly jars: Asset[];
}

/**
 * The dependencies of a Spark application: Python packages and jars, resolved beforehand from locks into archives that are
 * named by their lock's hash. So synth needs no network and no package manager, and the same locks give the same template.
 */
export class SparkDependencies {
  private readonly pythonLock: string;
  private readonly jarsLock: string;
  private readonly directory: string;

  constructor(props: SparkDependenciesProps = {}) {
    this.pythonLock = props.pythonLock ?? path.join(PACKAGE_ROOT, 'workloads', 'python', 'jobs.lock');
    this.jarsLock = props.jarsLock ?? path.join(PACKAGE_ROOT, 'workloads', 'jars.lock.json');
    this.directory = props.directory ?? defaultDirectory();
  }

  /**
   * The same packages from the same directory with other jars.
   *
   * @param jarsLock the lock of the jars: a JSON list of `{coordinate, file, sha256}`
   */
  public withJars(jarsLock: string): SparkDependencies {
    return new SparkDependencies({ pythonLock: this.pythonLock, jarsLock, directory: this.directory });
  }

  /**
   * Other Python packages from the same directory, with the same jars.
   *
   * @param pythonLock the hash lock of the Python dependencies, as uv writes it
   */
  public withPython(pythonLock: string): SparkDependencies {
    return new SparkDependencies({ pythonLock, jarsLock: this.jarsLock, directory: this.directory });
  }

  /** The file name of the archive of Python packages for an architecture. */
  public pythonArchiveName(architecture: InstanceArchitecture): string {
    return archiveName(architecture, this.pythonHash(architecture));
  }

  /** The name of the directory of jars. */
  public jarsDirectoryName(): string {
    return `jars-${sha256(lockOf('jarsLock', this.jarsLock)).slice(0, SHORT_HASH)}`;
  }

  /** The names of the jars in the lock. */
  public jarNames(): string[] {
    return this.lockedJars().map((jar) => jar.file);
  }

  /**
   * Makes the archives assets of the scope; fails when they are not built.
   *
   * @internal
   */
  public _bind(scope: Construct, architecture: InstanceArchitecture): BoundDependencies {
    const hash = this.pythonHash(architecture);
    const python = archiveName(architecture, hash);
    const directory = this.jarsDirectoryName();
    const pathOf = (jar: LockedJar): string => path.join(directory, jar.file);
    const jars = this.lockedJars();
    this.requireBuilt(scope, [python, ...jars.map(pathOf)]);
    return {
      python: this.asset(scope, 'PythonDependencies', { file: python, hash }),
      jars: jars.map((jar) => this.asset(scope, `Jar-${idOf(jar, jars)}`, { file: pathOf(jar), hash: jar.sha256 })),
    };
  }

  private asset(scope: Construct, id: string, { file, hash }: { file: string; hash: string }): Asset {
    return sharedAsset(scope, id, {
      path: path.join(this.directory, file),
      assetHash: hash,
      assetHashType: AssetHashType.CUSTOM,
    });
  }

  private requireBuilt(scope: Construct, files: string[]): void {
    const problems = files
      .filter((file) => !fs.existsSync(path.join(this.directory, file)))
      .map((file) => {
        const shown = path.relative(process.cwd(), path.join(this.directory, file));
        return problem({ path: 'dependencies', must: 'built', got: `no ${shown}`, remedy: `run '${BUILD_COMMAND}'` });
      });
    failAll(`application '${scope.node.path}'`, problems);
  }

  private lockedJars(): LockedJar[] {
    const jars = parsed(lockOf('jarsLock', this.jarsLock).toString('utf8'));
    if (!Array.isArray(jars) || !jars.every(isLockedJar)) {
      const must = 'a JSON list of {coordinate, file, sha256}, each a text';
      fail({ path: 'jarsLock', must, got: this.jarsLock, remedy: 'write the lock as this package writes its own' });
    }
    requireEachOnce(this.jarsLock, jars);
    return jars;
  }

  /** The archive depends on the lock and on the platform its wheels are for. */
  private pythonHash(architecture: InstanceArchitecture): string {
    return sha256(
      Buffer.concat([lockOf('pythonLock', this.pythonLock), Buffer.from(`\n${architecture.pythonPlatform}`)]),
    );
  }
}

/** The content of a lock. */
function lockOf(prop: string, file: string): Buffer {
  if (fs.statSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    const remedy = 'correct the path; it is relative to the working directory';
    fail({ path: prop, must: 'an existing file', got: file, remedy });
  }
  return fs.readFileSync(file);
}

/** What JSON says; nothing when it is none. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isLockedJar(jar: unknown): jar is LockedJar {
  const members: { [name: string]: unknown } = { ...(typeof jar === 'object' ? jar : {}) };
  return ['coordinate', 'file', 'sha256'].every((name) => typeof members[name] === 'string');
}

function archiveName({ pythonPlatform }: InstanceArchitecture, hash: string): string {
  return `python-${pythonPlatform}-${hash.slice(0, SHORT_HASH)}.zip`;
}

/** An installed package is not built into: npm would take it away, and Python's copy of it has no fixed place. */
function defaultDirectory(): string {
  return IS_CLONE ? path.join(PACKAGE_ROOT, 'dist', 'dependencies') : path.resolve('.lakehouse', 'dependencies');
}

/** Two versions of a library would be on the class path at once, and of two files of one name there would be one. */
function requireEachOnce(lock: string, jars: LockedJar[]): void {
  const twice = (what: string, nameOf: (jar: LockedJar) => string): string[] => {
    const names = jars.map(nameOf);
    return [...new Set(names.filter((name, index) => names.indexOf(name) < index))].map((got) =>
      problem({ path: `jarsLock.${what}`, must: 'named once', got, remedy: 'keep one of the two jars' }),
    );
  };
  failAll(`lock '${lock}'`, [
    ...twice('coordinate', ({ coordinate }) => libraryOf(coordinate).join(':')),
    ...twice('file', ({ file }) => file),
  ]);
}

/** `postgresql` of `org.postgresql:postgresql:42.7.8`, an id that outlives a new version; with the group where two groups have one. */
function idOf(jar: LockedJar, jars: LockedJar[]): string {
  const library = libraryOf(jar.coordinate);
  const artifact = library[1] ?? jar.file;
  const isAlone = jars.every((other) => other === jar || libraryOf(other.coordinate)[1] !== artifact);
  return isAlone ? artifact : library.join('.');
}

/** A coordinate without its version. */
function libraryOf(coordinate: string): string[] {
  return coordinate.split(':').filter((_, index) => index !== 2);
}

function sha256(content: Buffer): string {
  return crypto.createHash('sha256').update(content).digest('hex');
}

import * as fs from 'node:fs';
import * as path from 'node:path';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';
import type { DagBundleProps } from './dag-bundle';
import { RequirementsFile } from './requirements-file';

/** Where in the bucket Airflow's files are, when nothing else is said. */
export const DEFAULT_PREFIX = 'airflow/';

/** The folders under the prefix. */
export enum Folder {
  DAGS = 'dags/',
  REQUIREMENTS = 'requirements/',
  PLUGINS = 'plugins/',
}

/** CDK marks the bucket with a tag whose key of 128 characters has the prefix in it. */
const PREFIX_LIMIT = 102;

/** The file with one kind of line ends, so that its hash is the same on every machine; nothing when it cannot be read. */
export function readRequirements(file: string | undefined): RequirementsFile | undefined {
  return file !== undefined && fs.statSync(file, { throwIfNoEntry: false })?.isFile() === true
    ? new RequirementsFile(fs.readFileSync(file, 'utf8').replaceAll('\r\n', '\n'))
    : undefined;
}

/** All that is wrong with what a bundle is made of. */
export function bundleProblems(props: DagBundleProps): Problem[] {
  const { bundleName, prefix = DEFAULT_PREFIX, requirements, plugins } = props;
  const problems: Problem[] = [];
  if (!/^[a-z][a-z0-9_]{0,63}$/.test(bundleName)) {
    const must = '1 to 64 lower case letters, digits and underscores, a letter first, because Python imports it';
    problems.push({ path: 'bundleName', must, got: bundleName, remedy: "use a name such as 'lakehouse'" });
  }
  if (!/^([\w.-]+\/)+$/.test(prefix) || foldersOf(props).some((folder) => folder.length > PREFIX_LIMIT)) {
    const must = `folders that end with a slash, of at most ${PREFIX_LIMIT} characters with the name of the bundle`;
    problems.push({ path: 'prefix', must, got: prefix, remedy: `leave it out to get '${DEFAULT_PREFIX}'` });
  }
  if (requirements !== undefined && readRequirements(requirements) === undefined) {
    problems.push({ path: 'requirements', must: 'an existing file', got: requirements, remedy: PATH_REMEDY });
  }
  if (plugins !== undefined && (filesIn(plugins) ?? []).length === 0) {
    const must = 'an existing directory of plugins or wheels';
    problems.push({ path: 'plugins', must, got: plugins, remedy: PATH_REMEDY });
  }
  const directories = { directory: props.directory, ...numbered('sharedDirectories', props.sharedDirectories ?? []) };
  return [...problems, ...directoryProblems(directories)];
}

/** The folders of the bucket that are copied to. */
function foldersOf({ bundleName, prefix = DEFAULT_PREFIX, requirements, plugins }: DagBundleProps): string[] {
  return [
    `${prefix}${Folder.DAGS}${bundleName}/`,
    ...(requirements === undefined ? [] : [`${prefix}${Folder.REQUIREMENTS}`]),
    ...(plugins === undefined ? [] : [`${prefix}${Folder.PLUGINS}`]),
  ];
}

const PATH_REMEDY = 'correct the path; it is relative to the working directory';

function numbered(name: string, values: string[]): { [path: string]: string } {
  return Object.fromEntries(values.map((value, index) => [`${name}[${index}]`, value]));
}

/** Directories that do not exist, hold no DAG, or hold the same file twice. */
function directoryProblems(directories: { [path: string]: string }): Problem[] {
  const problems: Problem[] = [];
  const owners = new Map<string, string>();
  for (const [name, directory] of Object.entries(directories)) {
    const files = filesIn(directory);
    if (files === undefined) {
      problems.push({ path: name, must: 'an existing directory', got: directory, remedy: PATH_REMEDY });
      continue;
    }
    if (name === 'directory' && !files.some((file) => file.endsWith('.py'))) {
      problems.push({ path: name, must: 'a directory with DAG files', got: directory, remedy: 'add a .py file to it' });
    }
    for (const file of files) {
      const owner = owners.get(file);
      if (owner !== undefined) {
        const remedy = 'rename one of the two files';
        problems.push({ path: name, must: `without the files of ${owner}`, got: file, remedy });
      }
      owners.set(file, name);
    }
  }
  return problems;
}

/** The files of a directory by their path in it, caches left out; nothing when there is no such directory. */
function filesIn(directory: string): string[] | undefined {
  if (fs.statSync(directory, { throwIfNoEntry: false })?.isDirectory() !== true) {
    return undefined;
  }
  return fs
    .readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => !/(^|\/)(__pycache__|\.\w+_cache)(\/|$)|\.pyc$/.test(file))
    .filter((file) => fs.statSync(path.join(directory, file), { throwIfNoEntry: false })?.isFile() === true);
}

/** What can be seen of a bucket that the app defines; of others nothing can. */
export function bucketProblems(bucket: s3.IBucket): Problem[] {
  const resource = bucket.node.defaultChild;
  if (!(resource instanceof s3.CfnBucket)) {
    return [];
  }
  const { versioningConfiguration: versioning, publicAccessBlockConfiguration: block } = resource;
  const problems: Problem[] = [];
  if (!Token.isUnresolved(versioning) && (versioning === undefined || !isEnabled(versioning))) {
    const remedy = 'set versioned: true on the bucket';
    problems.push({ path: 'bucket', must: 'versioned, or MWAA refuses it', got: 'a bucket without versions', remedy });
  }
  if (!Token.isUnresolved(block) && (block === undefined || !blocksAll(block))) {
    const remedy = 'set blockPublicAccess: BlockPublicAccess.BLOCK_ALL on the bucket';
    const must = 'closed to all public access, or MWAA refuses it';
    problems.push({ path: 'bucket', must, got: 'a bucket that does not block all of it', remedy });
  }
  return problems;
}

function isEnabled(versioning: object): boolean {
  return 'status' in versioning && versioning.status === 'Enabled';
}

function blocksAll(block: object): boolean {
  const values: { [name: string]: unknown } = { ...block };
  return ['blockPublicAcls', 'blockPublicPolicy', 'ignorePublicAcls', 'restrictPublicBuckets'].every(
    (name) => values[name] === true || Token.isUnresolved(values[name]),
  );
}

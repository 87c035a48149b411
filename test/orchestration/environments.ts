import * as fs from 'node:fs';
import * as path from 'node:path';
import * as s3 from 'aws-cdk-lib/aws-s3';
import type { Stack } from 'aws-cdk-lib/core';
import { LakeNetwork } from '../../lib/foundation';
import {
  AirflowEnvironment,
  type AirflowEnvironmentProps,
  AirflowVersion,
  DagBundle,
  type DagBundleProps,
} from '../../lib/orchestration';
import { temporaryDirectory } from '../support/temporary';
import { testStack, theOnly } from '../support/stacks';

export const ZONES = ['us-east-1a', 'us-east-1b', 'us-east-1c'];

/** The first line of every good requirements file of an environment with a public web interface. */
export const CONSTRAINT = `--constraint "${AirflowVersion.V3_0_6.constraintsUrl}"`;

/** The first lines of every good one of an environment with a private web interface. */
export const OFFLINE = [
  '--constraint /usr/local/airflow/plugins/constraints.txt',
  '--find-links /usr/local/airflow/plugins',
  '--no-index',
];

/** What a bucket needs for MWAA. */
export const FIT: s3.BucketProps = { versioned: true, blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL };

/** A directory with these files. */
export function directoryOf(files: { [name: string]: string }): string {
  const directory = temporaryDirectory();
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    fs.writeFileSync(path.join(directory, name), text);
  }
  return directory;
}

/** A requirements file with these lines. */
export function requirementsOf(...lines: string[]): string {
  return path.join(directoryOf({ 'requirements.txt': `${lines.join('\n')}\n` }), 'requirements.txt');
}

/** A directory of plugins: a wheel and the constraints. */
export function pluginsOf(files: { [name: string]: string } = {}): string {
  return directoryOf({ 'constraints.txt': 'six==1.17.0', 'six-1.17.0-py2.py3-none-any.whl': 'wheel', ...files });
}

/** A bucket in the stack, made when it is not there. */
function bucketIn(stack: Stack): s3.Bucket {
  const found = stack.node.tryFindChild('Bucket');
  return found instanceof s3.Bucket ? found : new s3.Bucket(stack, 'Bucket', FIT);
}

/** A bundle with one DAG. */
export function bundle(props: Partial<DagBundleProps> = {}, stack: Stack = testStack(), id = 'Dags'): DagBundle {
  return new DagBundle(stack, id, {
    bucket: props.bucket ?? bucketIn(stack),
    bundleName: 'lakehouse',
    directory: directoryOf({ 'first.py': 'x = 1' }),
    ...props,
  });
}

/** A stack and the environment in it. */
export interface Built {
  readonly stack: Stack;
  readonly environment: AirflowEnvironment;
}

/** An environment in a network of its own, with a bundle of its own. */
export function build(props: Partial<AirflowEnvironmentProps> = {}, stack: Stack = testStack()): Built {
  const vpc = props.vpc ?? new LakeNetwork(stack, 'Network', { availabilityZones: ZONES }).vpc;
  const dags = props.dags ?? bundle({}, stack);
  return { stack, environment: new AirflowEnvironment(stack, 'Airflow', { ...props, vpc, dags }) };
}

/** The properties of an environment in a template. */
export interface Environment {
  readonly Name: string;
  readonly NetworkConfiguration: { readonly SubnetIds: unknown[]; readonly SecurityGroupIds: unknown[] };
  readonly [property: string]: unknown;
}

/** What the template says of an environment. */
export function environmentOf(props: Partial<AirflowEnvironmentProps> = {}, stack?: Stack): Environment {
  return theOnly<Environment>(build(props, stack).stack, 'AWS::MWAA::Environment');
}

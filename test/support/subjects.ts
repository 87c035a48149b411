import * as fs from 'node:fs';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib/core';
import { ENVIRONMENTS, lakehouseAppOf } from './environments';
import { EXAMPLES, exampleApp } from './examples';
import { temporaryDirectory } from './temporary';

/** What every rule of compliance is held against: the lakehouse of each environment, and each example alone. */
export const SUBJECTS = [...ENVIRONMENTS, ...EXAMPLES];

/** A new app of a subject, as it is but not yet synthesized. */
export async function subjectApp(subject: string): Promise<App> {
  return ENVIRONMENTS.includes(subject)
    ? lakehouseAppOf(subject, { outdir: temporaryDirectory() }).app
    : exampleApp(subject);
}

/** The files of the templates of an app that was synthesized. */
export function templateFiles({ outdir }: App): string[] {
  return fs
    .readdirSync(outdir, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => path.join(outdir, file));
}

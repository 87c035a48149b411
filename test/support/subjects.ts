import * as fs from 'node:fs';
import * as path from 'node:path';
import type { App } from 'aws-cdk-lib/core';
import { ENVIRONMENTS, lakehouseAppOf } from './environments';
import { EXAMPLES, exampleApp } from './examples';
import { temporaryDirectory } from './temporary';

/** What every rule of compliance is held against: the lakehouse of each environment, and each example alone. */
export const SUBJECTS = [...ENVIRONMENTS, ...EXAMPLES];

const apps = new Map<string, App>();

/** The app of a subject, made once in a file of tests. */
export function subjectApp(subject: string): App {
  const known = apps.get(subject) ?? make(subject);
  apps.set(subject, known);
  return known;
}

function make(subject: string): App {
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

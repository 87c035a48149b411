import * as fs from 'node:fs';
import * as iam from 'aws-cdk-lib/aws-iam';
import type { App } from 'aws-cdk-lib/core';
import { SUBJECTS, subjectApp, templateFiles } from '../support/subjects';

const BOUNDARY = 'arn:aws:iam::123456789012:policy/boundary';

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly PermissionsBoundary?: unknown };
}

/** The roles and users in every template of an app that was synthesized, those of nested stacks too. */
function principalsOf(app: App): [string, Resource][] {
  return templateFiles(app).flatMap((file) => {
    const { Resources = {} }: { Resources?: { [id: string]: Resource } } = JSON.parse(fs.readFileSync(file, 'utf8'));
    return Object.entries(Resources).filter(([, { Type }]) => ['AWS::IAM::Role', 'AWS::IAM::User'].includes(Type));
  });
}

describe.each(SUBJECTS)('A permissions boundary on %s', (subject) => {
  let app: App;

  beforeAll(async () => {
    app = await subjectApp(subject);
    iam.PermissionsBoundary.of(app).apply(iam.ManagedPolicy.fromManagedPolicyArn(app, 'Boundary', BOUNDARY));
    app.synth();
  });

  test('reaches every role and user', () => {
    const without = principalsOf(app).filter(([, { Properties }]) => Properties?.PermissionsBoundary !== BOUNDARY);
    expect(without.map(([id]) => id)).toEqual([]);
  });
});

test('There are roles for a boundary to reach', async () => {
  const app = await subjectApp('dev');
  app.synth();
  expect(principalsOf(app).length).toBeGreaterThan(2);
});

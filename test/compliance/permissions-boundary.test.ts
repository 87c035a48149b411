import * as fs from 'node:fs';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SUBJECTS, subjectApp, templateFiles } from '../support/subjects';

const BOUNDARY = 'arn:aws:iam::123456789012:policy/boundary';

interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly PermissionsBoundary?: unknown };
}

/** The roles and users in every template of a subject, those of nested stacks too. */
function principalsOf(subject: string): [string, Resource][] {
  return templateFiles(subjectApp(subject)).flatMap((file) => {
    const { Resources = {} }: { Resources?: { [id: string]: Resource } } = JSON.parse(fs.readFileSync(file, 'utf8'));
    return Object.entries(Resources).filter(([, { Type }]) => ['AWS::IAM::Role', 'AWS::IAM::User'].includes(Type));
  });
}

describe.each(SUBJECTS)('A permissions boundary on %s', (subject) => {
  beforeAll(() => {
    const app = subjectApp(subject);
    iam.PermissionsBoundary.of(app).apply(iam.ManagedPolicy.fromManagedPolicyArn(app, 'Boundary', BOUNDARY));
    app.synth();
  });

  test('reaches every role and user', () => {
    const without = principalsOf(subject).filter(([, { Properties }]) => Properties?.PermissionsBoundary !== BOUNDARY);
    expect(without.map(([id]) => id)).toEqual([]);
  });
});

test('There are roles for a boundary to reach', () => {
  expect(principalsOf('dev').length).toBeGreaterThan(2);
});

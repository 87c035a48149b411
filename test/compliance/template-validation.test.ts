import { App, CfnResource, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type Finding, complianceOf } from '../support/compliance';
import { ENVIRONMENTS, addLakehouse } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';

/** Findings are errors instead of warnings. */
const context = { '@aws-cdk/core:validateAgainstDefaultRules': true };

/** An id from which no name can be made without shortening it. */
const LONG = `Analytics${'OfTheWholeCompany'.repeat(5)}`;

let findings: Finding[] = [];

// The engine compiles for each app and takes seconds; so all templates are in one, and setup.ts turns it off elsewhere.
beforeAll(() => {
  delete process.env.CDK_VALIDATION;
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: true, context });
  ENVIRONMENTS.forEach((environment) => addLakehouse(app, environment));
  addLakehouse(new Construct(app, LONG), 'prod', { id: LONG, name: 'other' });
  const bad = new Stack(app, 'Bad', { env: { region: 'us-east-1' } });
  new CfnResource(bad, 'Topic', { type: 'AWS::SNS::Topic', properties: { TopicNam: 'x' } });
  findings = complianceOf(app).open;
}, 60_000);

describe("CDK's validation of templates", () => {
  test.each(ENVIRONMENTS)('has nothing to say about %s', (environment) => {
    expect(findings.filter(({ construct }) => construct.startsWith(`Lakehouse-${environment}/`))).toEqual([]);
  });

  test('has nothing to say about names under very long ids', () => {
    expect(findings.filter(({ construct }) => construct.startsWith(`${LONG}/`))).toEqual([]);
  });

  test('finds a property that does not exist, so it is really on', () => {
    expect(findings.filter(({ construct }) => construct.startsWith('Bad/'))).toMatchObject([
      { plugin: 'CloudFormation Validate', construct: 'Bad/Topic' },
    ]);
  });
});

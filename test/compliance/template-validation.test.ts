import { App, CfnResource, Stack } from 'aws-cdk-lib/core';
import { type Finding, complianceOf } from '../support/compliance';
import { ENVIRONMENTS, addLakehouse } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';

/** Findings are errors instead of warnings. */
const context = { '@aws-cdk/core:validateAgainstDefaultRules': true };

let findings: Finding[] = [];

// The engine compiles for each app and takes seconds; so all templates are in one, and jest-setup turns it off elsewhere.
beforeAll(() => {
  delete process.env.CDK_VALIDATION;
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: true, context });
  ENVIRONMENTS.forEach((environment) => addLakehouse(app, environment));
  const bad = new Stack(app, 'Bad', { env: { region: 'us-east-1' } });
  new CfnResource(bad, 'Topic', { type: 'AWS::SNS::Topic', properties: { TopicNam: 'x' } });
  findings = complianceOf(app).open;
}, 60_000);

describe("CDK's validation of templates", () => {
  test.each(ENVIRONMENTS)('has nothing to say about %s', (environment) => {
    expect(findings.filter(({ construct }) => construct.startsWith(`Lakehouse-${environment}/`))).toEqual([]);
  });

  test('finds a property that does not exist, so it is really on', () => {
    expect(findings).toMatchObject([{ plugin: 'CloudFormation Validate', construct: 'Bad/Topic' }]);
  });
});

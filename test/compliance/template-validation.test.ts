import { App, CfnResource, Stack } from 'aws-cdk-lib/core';
import { complianceOf } from '../support/compliance';
import { ENVIRONMENTS, lakehouseAppOf } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';

/** Findings are errors instead of warnings. */
const context = { '@aws-cdk/core:validateAgainstDefaultRules': true };

// The engine compiles once and takes seconds; jest-setup turns it off for all other tests.
beforeAll(() => {
  delete process.env.CDK_VALIDATION;
});

describe("CDK's validation of templates", () => {
  test.each(ENVIRONMENTS)(
    'has nothing to say about %s',
    (environment) => {
      const outdir = temporaryDirectory();
      const { app } = lakehouseAppOf(environment, { outdir, context, builtinCloudFormationValidation: true });
      expect(complianceOf(app).open).toEqual([]);
    },
    60_000,
  );

  test('finds a property that does not exist, so it is really on', () => {
    const app = new App({ outdir: temporaryDirectory(), context });
    const stack = new Stack(app, 'Bad', { env: { region: 'us-east-1' } });
    new CfnResource(stack, 'Topic', { type: 'AWS::SNS::Topic', properties: { TopicNam: 'x' } });
    expect(complianceOf(app).open).toMatchObject([{ plugin: 'CloudFormation Validate', construct: 'Bad/Topic' }]);
  }, 60_000);
});

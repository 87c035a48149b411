import * as emr from 'aws-cdk-lib/aws-emr';
import * as glue from 'aws-cdk-lib/aws-glue';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, CfnOutput, Duration, NestedStack, RemovalPolicy, Stack, Stage, Validations } from 'aws-cdk-lib/core';
import { CheckSeverity, LakehouseChecks } from '../../lib/compliance';
import { version } from '../../package.json';
import { complianceOf } from '../support/compliance';
import { temporaryDirectory } from '../support/temporary';

function appWithChecks(): App {
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new LakehouseChecks());
  return app;
}

function addCluster(stack: Stack): emr.CfnCluster {
  return new emr.CfnCluster(stack, 'Cluster', {
    name: 'nightly',
    jobFlowRole: 'theirs',
    serviceRole: 'theirs',
    instances: {},
    autoTerminationPolicy: { idleTimeout: 3600 },
  });
}

function found(app: App): string[] {
  return complianceOf(app).open.map(({ plugin, rule, construct }) => `${plugin} ${rule} ${construct}`);
}

describe('LakehouseChecks', () => {
  test('fails synthesis for an error, with what is wrong, the remedy and its source', () => {
    const app = appWithChecks();
    addCluster(new Stack(app, 'Theirs'));
    expect(() => app.synth()).toThrow(
      /ends itself when idle[\s\S]*LakehouseChecks[\s\S]*Leave the policy out[\s\S]*LakehouseChecks::emr-auto-termination/,
    );
  });

  test('reports a warning and lets synthesis pass', () => {
    const app = appWithChecks();
    new CfnOutput(new Stack(app, 'Theirs'), 'Shared', { value: 'x', exportName: 'shared' });
    const printed = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const { stacks } = app.synth();
    printed.mockRestore();
    expect(stacks).toHaveLength(1);
    expect(found(app)).toEqual(['LakehouseChecks cross-stack-export Theirs/Shared']);
  });

  test('is silent about what is acknowledged with a reason, there and below, and lists it', () => {
    const app = appWithChecks();
    const theirs = new Stack(app, 'Theirs');
    const cluster = addCluster(theirs);
    const ours = addCluster(new Stack(app, 'Ours'));
    const answer = { id: 'LakehouseChecks::emr-auto-termination', reason: 'a demonstration that nobody updates' };
    Validations.of(theirs).acknowledge(answer);
    const { open, answered } = complianceOf(app);
    expect(open.map(({ construct }) => construct)).toEqual([ours.node.path]);
    expect(answered).toMatchObject([{ construct: cluster.node.path, acknowledgedAt: 'Theirs' }]);
  });

  test('looks into nested stacks and follows what they are given', () => {
    const app = appWithChecks();
    const stack = new Stack(app, 'Lake');
    const bucket = new s3.Bucket(stack, 'Silver', { lifecycleRules: [{ expiration: Duration.days(90) }] });
    const table = new glue.CfnTable(new NestedStack(stack, 'Tables'), 'Flights', {
      catalogId: stack.account,
      databaseName: 'silver',
      name: 'Flights',
      openTableFormatInput: {
        icebergInput: {
          metadataOperation: 'CREATE',
          icebergTableInput: { location: `s3://${bucket.bucketName}/flights`, schema: { fields: [] } },
        },
      },
    });
    table.applyRemovalPolicy(RemovalPolicy.RETAIN);
    expect(found(app)).toEqual([
      'LakehouseChecks lifecycle-on-tables Lake/Silver/Resource',
      'LakehouseChecks glue-name Lake/Tables/Flights',
    ]);
  });

  test('looks at the stacks of a stage, also when registered there alone', () => {
    const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
    const stage = new Stage(app, 'Beta');
    Validations.of(stage).addPlugins(new LakehouseChecks());
    addCluster(new Stack(stage, 'Theirs'));
    addCluster(new Stack(app, 'Elsewhere'));
    expect(found(app)).toEqual(['LakehouseChecks emr-auto-termination Beta/Theirs/Cluster']);
  });

  test('says all that is wrong with a resource as one finding', () => {
    const app = new App({ outdir: temporaryDirectory() });
    const bucket = new s3.CfnBucket(new Stack(app, 'Theirs'), 'Bucket');
    const { stackName, templateFullPath: templatePath } = app.synth().getStackArtifact('Theirs');
    const stackTemplates = [{ stackConstructPath: stackName, templatePath, accountId: undefined, region: undefined }];
    const context = { templatePaths: [templatePath], stackTemplates, appConstruct: app };
    expect(new LakehouseChecks().validate(context)).toMatchObject({
      success: true,
      violations: [
        {
          ruleName: 'stateful-not-retained',
          severity: CheckSeverity.WARNING,
          violatingResources: [
            { constructPath: bucket.node.path, locations: ['DeletionPolicy', 'UpdateReplacePolicy'] },
          ],
        },
      ],
    });
  });

  test('says in the report of which version it is', () => {
    expect(new LakehouseChecks().version).toBe(version);
  });

  test('names all checks to whoever registers it', () => {
    const { ruleIds } = new LakehouseChecks();
    expect(ruleIds).toEqual(LakehouseChecks.all().map(({ id }) => id));
    expect(LakehouseChecks.all()).toContainEqual(
      expect.objectContaining({ id: 'cross-stack-export', severity: CheckSeverity.WARNING }),
    );
  });
});

import * as path from 'node:path';
import { App, type CfnResource, Stack } from 'aws-cdk-lib/core';
import { complianceOf, withAwsSolutions } from '../support/compliance';
import { temporaryDirectory } from '../support/temporary';

/** The app that an example makes, synthesized under AwsSolutions rules into a directory of its own. */
function appOf(example: string): App {
  const apps: App[] = [];
  const synth = jest.spyOn(App.prototype, 'synth').mockImplementation(function (this: App) {
    apps.push(this);
    return undefined as never;
  });
  process.env.CDK_OUTDIR = temporaryDirectory();
  try {
    require(path.join('../../examples', example));
  } finally {
    synth.mockRestore();
    delete process.env.CDK_OUTDIR;
  }
  const [app, ...others] = apps;
  if (app === undefined || others.length > 0) {
    throw new Error(`${apps.length} apps where one was expected`);
  }
  return app;
}

describe('examples/kafka-cluster.ts', () => {
  const app = appOf('kafka-cluster');

  test('has no open finding of AwsSolutions', () => {
    expect(complianceOf(withAwsSolutions(app)).open).toEqual([]);
  });

  test('has a cluster with a topic, and no function', () => {
    const types = new Set(
      app.node
        .findAll()
        .filter((node) => 'cfnResourceType' in node)
        .map((node) => (node as CfnResource).cfnResourceType),
    );
    expect([...types].filter((type) => type.startsWith('AWS::MSK::')).toSorted()).toEqual([
      'AWS::MSK::Cluster',
      'AWS::MSK::Configuration',
      'AWS::MSK::Topic',
    ]);
    expect(types).not.toContain('AWS::Lambda::Function');
    expect(app.node.children.some((child) => child instanceof Stack)).toBe(true);
  });
});

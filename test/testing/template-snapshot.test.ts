import * as sns from 'aws-cdk-lib/aws-sns';
import * as s3assets from 'aws-cdk-lib/aws-s3-assets';
import { App, CfnOutput, CfnParameter, CfnRule, Fn, NestedStack, Stack, Stage } from 'aws-cdk-lib/core';
import { TemplateSnapshot } from '../../lib/testing';
import { ENVIRONMENTS, lakehouseAppOf } from '../support/environments';

interface Snapshot {
  readonly Parameters?: unknown;
  readonly Rules?: unknown;
  readonly Resources: {
    [id: string]: { Type: string; Properties?: unknown; Metadata?: unknown; NestedTemplate?: Snapshot };
  };
  readonly Outputs: { [name: string]: { Value: unknown } };
}

function snapshotOf(stack: Stack): Snapshot {
  return JSON.parse(TemplateSnapshot.of(stack));
}

describe('TemplateSnapshot', () => {
  test('is the template without what CDK adds for itself', () => {
    const stack = new Stack(new App({ context: { 'aws:cdk:enable-path-metadata': true } }), 'Test');
    const topic = new sns.CfnTopic(stack, 'Topic', { displayName: 'Alerts' });
    topic.addMetadata('Owner', 'platform');
    expect(TemplateSnapshot.of(stack)).toBe(`{
  "Resources": {
    "Topic": {
      "Metadata": {
        "Owner": "platform"
      },
      "Properties": {
        "DisplayName": "Alerts"
      },
      "Type": "AWS::SNS::Topic"
    }
  }
}
`);
  });

  test('is the same whether the app is run by the command line of CDK, which asks for a resource of its own, or not', () => {
    const [tested, deployed] = [false, true].map((analyticsReporting) => {
      const stack = new Stack(new App({ analyticsReporting }), 'Test');
      new sns.CfnTopic(stack, 'Topic');
      return TemplateSnapshot.of(stack);
    });
    expect(deployed).toBe(tested);
  });

  test('keeps the rules that were declared', () => {
    const stack = new Stack(new App(), 'Test');
    const size = new CfnParameter(stack, 'Size');
    const assertion = { assert: Fn.conditionEquals(size, 'big'), assertDescription: 'Not small' };
    new CfnRule(stack, 'NotSmall', { assertions: [assertion] });
    expect(Object.keys(snapshotOf(stack).Rules ?? {})).toEqual(['NotSmall']);
  });

  test.each(['', '{,', '[]', '{"resources":{}}'])('of %j fails, which is no template', (text) => {
    expect(() => TemplateSnapshot.ofTemplate(text)).toThrow(
      "'template' must be a CloudFormation template in JSON, got",
    );
  });

  test('has a placeholder for the hash of an asset', () => {
    const stack = new Stack(new App(), 'Test');
    const asset = new s3assets.Asset(stack, 'Asset', { path: __filename });
    new CfnOutput(stack, 'Key', { value: asset.s3ObjectKey });
    expect(snapshotOf(stack).Outputs.Key).toEqual({ Value: '<asset>.ts' });
  });

  test('holds nested stacks, those within them too, in the place of their addresses', () => {
    const stack = new Stack(new App(), 'Test');
    const nested = new NestedStack(stack, 'Outer');
    const inner = new NestedStack(nested, 'Inner');
    new sns.CfnTopic(inner, 'Topic');
    const [outer] = Object.values(snapshotOf(stack).Resources);
    expect(outer).toMatchObject({ Type: 'AWS::CloudFormation::Stack', Properties: {}, DeletionPolicy: 'Delete' });
    const [inside] = Object.values(outer?.NestedTemplate?.Resources ?? {});
    expect(inside?.NestedTemplate).toEqual({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } });
    expect(snapshotOf(inner)).toEqual({ Resources: { Topic: { Type: 'AWS::SNS::Topic' } } });
  });

  test('reads a stack in a stage', () => {
    const stack = new Stack(new Stage(new App(), 'Stage'), 'Test');
    new sns.CfnTopic(stack, 'Topic');
    expect(Object.keys(snapshotOf(stack).Resources)).toEqual(['Topic']);
  });

  test.each(ENVIRONMENTS)(
    'of %s is the same each time it is made, with neither hash nor metadata of CDK',
    (environment) => {
      const [first, second] = [1, 2].map(() => TemplateSnapshot.of(lakehouseAppOf(environment).stack));
      expect(first).toBe(second);
      expect(first).not.toMatch(/\b[0-9a-f]{64}\b|aws:cdk:|aws:asset:|BootstrapVersion/);
      expect(first).toContain('"NestedTemplate": {');
    },
  );
});

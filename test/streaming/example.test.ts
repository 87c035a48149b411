import { type CfnResource, Stack } from 'aws-cdk-lib/core';
import { complianceOf, withAwsSolutions } from '../support/compliance';
import { exampleApp } from '../support/examples';

describe('examples/kafka-cluster.ts', async () => {
  const app = await exampleApp('kafka-cluster.ts');

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

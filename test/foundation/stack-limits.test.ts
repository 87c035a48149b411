import { App, CfnOutput, CfnParameter, CfnResource, NestedStack, Stack } from 'aws-cdk-lib/core';
import { guardLimits } from '../../lib/foundation';
import { warningsOf } from '../support/stacks';

const SPLIT =
  "split the lake by domains: a LakehouseStack for each part, with an environment and a directory of contracts of its own; tables with 'maintenance: job' have no optimizers, which are three resources each";

/** A guarded stack with so many resources of its own, and nested stacks with so many each. */
function stackOf(own: number, ...nested: number[]): Stack {
  const stack = new Stack(new App(), 'Lake', { env: { region: 'us-east-1' } });
  guardLimits(stack);
  fill(stack, own);
  nested.forEach((count, index) => fill(new NestedStack(stack, `Part${index}`), count));
  return stack;
}

function fill(stack: Stack, resources: number): void {
  for (let index = 0; index < resources; index++) {
    new CfnResource(stack, `R${index}`, { type: 'AWS::SNS::Topic' });
  }
}

function synthesized(stack: Stack): string[] {
  App.of(stack)?.synth();
  return warningsOf(stack);
}

describe('Limits of CloudFormation', () => {
  test('are said nothing of below 80 percent', () => {
    // the nested stacks are resources themselves
    expect(synthesized(stackOf(399))).toEqual([]);
    expect(synthesized(stackOf(394, 399, 399, 399, 399))).toEqual([]);
  });

  test('are warned of from 80 percent on, in a stack', () => {
    expect(synthesized(stackOf(10, 400))).toEqual([
      '/Lake/Part0: 400 resources, and CloudFormation takes 500 in a stack; before it is full, put some of it into a nested stack, or into a stack of its own [ack: cdk-lakehouse:nearLimit:resources]',
    ]);
  });

  test('are warned of from 80 percent on, in one operation', () => {
    expect(synthesized(stackOf(0, 398, 399, 399, 399, 399))).toEqual([]);
    expect(synthesized(stackOf(0, 399, 399, 399, 399, 399))).toEqual([
      `/Lake: 2000 resources of all stacks, and CloudFormation takes 2500 in one operation on a stack and those nested in it; before it is full, ${SPLIT} [ack: cdk-lakehouse:nearLimit:resources-of-all-stacks]`,
    ]);
  });

  test('fail when a stack has 501 resources', () => {
    expect(() => synthesized(stackOf(1, 501))).toThrow(
      "'resources of Lake/Part0' must be at most 500 in a stack, got 501; put some of it into a nested stack, or into a stack of its own",
    );
  });

  test('fail when one operation has 2501 resources, and how to split is said', () => {
    const parts = [499, 499, 499, 499, 499];
    expect(synthesized(stackOf(0, ...parts)).some((text) => text.includes('2500 resources of all'))).toBe(true);
    expect(() => synthesized(stackOf(1, ...parts))).toThrow(
      `'resources of all stacks of Lake' must be at most 2500 in one operation on a stack and those nested in it, got 2501; ${SPLIT}`,
    );
  });

  test('fail when a stack has 201 outputs or parameters', () => {
    const stack = stackOf(1);
    Array.from({ length: 201 }, (_, index) => new CfnOutput(stack, `O${index}`, { value: 'x' }));
    Array.from({ length: 160 }, (_, index) => new CfnParameter(stack, `P${index}`, { default: 'x' }));
    expect(() => synthesized(stack)).toThrow("'outputs of Lake' must be at most 200 in a stack, got 201");
    expect(warningsOf(stack)).toEqual([expect.stringContaining('[ack: cdk-lakehouse:nearLimit:parameters]')]);
  });

  test('do not add up over stacks that are deployed by themselves', () => {
    const stack = stackOf(300);
    fill(new Stack(stack, 'Apart'), 450);
    expect(synthesized(stack).filter((text) => text.startsWith('/Lake:'))).toEqual([]);
  });
});

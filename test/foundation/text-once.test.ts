import { Template } from 'aws-cdk-lib/assertions';
import { App, CfnOutput, CfnResource, Fn, Lazy, NestedStack, Stack, Token } from 'aws-cdk-lib/core';
import { textOnce } from '../../lib/foundation/text-once';

function setUp(): { stack: Stack; bucket: CfnResource } {
  const stack = new Stack(new App(), 'Stack');
  return { stack, bucket: new CfnResource(stack, 'Bucket', { type: 'AWS::S3::Bucket' }) };
}

describe('textOnce', () => {
  test('is what the text is, with everything that only a deployment knows', () => {
    const { stack, bucket } = setUp();
    const text = stack.toJsonString({
      plain: 'said "so"',
      ref: bucket.ref,
      arn: `${bucket.getAtt('Arn').toString()}/*`,
      partition: stack.partition,
      part: Fn.select(2, Fn.split(':', bucket.ref)),
      number: Token.asNumber(bucket.getAtt('Size')),
    });
    const once = textOnce(stack, text);
    expect(stack.resolve(once)).toEqual(stack.resolve(text));
    expect(stack.resolve(once)).toEqual(stack.resolve(text));
  });

  test('is put together once', () => {
    const { stack } = setUp();
    let times = 0;
    const once = textOnce(stack, Lazy.uncachedString({ produce: () => `made ${++times}` }));
    expect(stack.resolve(once)).toBe('made 1');
    expect(stack.resolve(once)).toBe('made 1');
  });

  test('follows a resource whose logical id changes after it was put together', () => {
    const { stack, bucket } = setUp();
    const once = textOnce(stack, stack.toJsonString({ bucket: bucket.ref }));
    stack.resolve(once);
    bucket.overrideLogicalId('Renamed');
    expect(stack.resolve(once)).toEqual({ 'Fn::Join': ['', ['{"bucket":"', { Ref: 'Renamed' }, '"}']] });
  });

  test('refers to a resource of the stack around a nested one by a parameter', () => {
    const { stack, bucket } = setUp();
    const nested = new NestedStack(stack, 'Nested');
    new CfnOutput(nested, 'Text', { value: textOnce(nested, nested.toJsonString({ bucket: bucket.ref })) });
    const { Parameters, Outputs } = Template.fromStack(nested).toJSON();
    const [parameter] = Object.keys(Parameters);
    expect(Outputs.Text.Value).toEqual({ 'Fn::Join': ['', ['{"bucket":"', { Ref: parameter }, '"}']] });
  });
});

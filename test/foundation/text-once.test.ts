import { Template } from 'aws-cdk-lib/assertions';
import { App, Aws, CfnOutput, CfnResource, Fn, Lazy, NestedStack, Stack, Token } from 'aws-cdk-lib/core';
import { textOnce } from '../../lib/foundation/text-once';

function setUp(): { stack: Stack; bucket: CfnResource } {
  const stack = new Stack(new App(), 'Stack');
  return { stack, bucket: new CfnResource(stack, 'Bucket', { type: 'AWS::S3::Bucket' }) };
}

describe('textOnce', () => {
  test.each<[string, (bucket: CfnResource) => unknown]>([
    ['a quoted literal', () => 'said "so"'],
    ['a name', (bucket) => bucket.ref],
    ['a part of a text', (bucket) => `arn of "${bucket.getAtt('Arn').toString()}/*"`],
    ['a pseudo parameter', ({ stack }) => stack.partition],
    ['a part of a name', (bucket) => Fn.select(2, Fn.split(':', bucket.ref))],
    ['a number', (bucket) => Token.asNumber(bucket.getAtt('Size'))],
    ['a list', (bucket) => Fn.split(',', bucket.ref)],
    ['what is worked out late', (bucket) => Lazy.string({ produce: () => `"${bucket.ref}"` })],
    ['nothing', () => Lazy.any({ produce: () => undefined })],
  ])('is what the text is, with %s', (_, value) => {
    const { stack, bucket } = setUp();
    const text = stack.toJsonString({ before: bucket.ref, value: value(bucket), [bucket.ref]: 'as a name' });
    const once = textOnce(stack, text);
    expect(stack.resolve(once)).toEqual(stack.resolve(text));
    expect(stack.resolve(once)).toEqual(stack.resolve(text));
  });

  test('escapes what stands between joined parts', () => {
    const { stack, bucket } = setUp();
    const once = textOnce(stack, stack.toJsonString([Fn.join('"', [bucket.ref, 'left'])]));
    expect(stack.resolve(once)).toEqual({ 'Fn::Join': ['', ['["', { Ref: 'Bucket' }, String.raw`\"left"]`]] });
  });

  test.each<[string, (bucket: CfnResource) => string, unknown]>([
    ['nothing', () => 'nothing', 'nothing made 1'],
    ['a resource', ({ ref }) => ref, { 'Fn::Join': ['', [{ Ref: 'Bucket' }, ' made 1']] }],
    ['the deployment', () => Aws.REGION, { 'Fn::Join': ['', [{ Ref: 'AWS::Region' }, ' made 1']] }],
  ])('is put together once, when it refers to %s', (_, of, made) => {
    const { stack, bucket } = setUp();
    let times = 0;
    const once = textOnce(stack, Lazy.uncachedString({ produce: () => `${of(bucket)} made ${++times}` }));
    expect(stack.resolve(once)).toEqual(made);
    expect(stack.resolve(once)).toEqual(made);
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

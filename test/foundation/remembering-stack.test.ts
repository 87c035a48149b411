import { ArtifactMetadataEntryType } from 'aws-cdk-lib/cloud-assembly-schema';
import { App, CfnResource, Stack } from 'aws-cdk-lib/core';
import { RememberingStack } from '../../lib/foundation/remembering-stack';

/** A stack of an app that names resources its own way, and counts how often it is asked to. */
class Numbered extends RememberingStack {
  public asked = 0;

  protected override allocateLogicalId(): string {
    return `Resource${++this.asked}`;
  }
}

describe('RememberingStack', () => {
  test('asks once for the logical id of an element', () => {
    const stack = new Numbered(new App(), 'Stack', {});
    const one = new CfnResource(stack, 'One', { type: 'AWS::SNS::Topic' });
    const two = new CfnResource(stack, 'Two', { type: 'AWS::SNS::Topic' });
    expect(stack.resolve([one.ref, two.ref, one.ref])).toEqual([
      { Ref: 'Resource1' },
      { Ref: 'Resource2' },
      { Ref: 'Resource1' },
    ]);
  });

  test('keeps a logical id that an app sets after it was asked for', () => {
    const stack = new RememberingStack(new App(), 'Stack', {});
    const topic = new CfnResource(stack, 'Topic', { type: 'AWS::SNS::Topic' });
    expect(stack.resolve(topic.ref)).toEqual({ Ref: 'Topic' });
    topic.overrideLogicalId('Renamed');
    expect(stack.resolve(topic.ref)).toEqual({ Ref: 'Renamed' });
  });

  test('renames a logical id that was asked for before', () => {
    const stack = new RememberingStack(new App(), 'Stack', {});
    const topic = new CfnResource(stack, 'Topic', { type: 'AWS::SNS::Topic' });
    expect(stack.resolve(topic.ref)).toEqual({ Ref: 'Topic' });
    stack.renameLogicalId('Topic', 'Renamed');
    expect(stack.resolve(topic.ref)).toEqual({ Ref: 'Renamed' });
  });

  test('takes no stack trace of what is in it, and leaves other stacks alone', () => {
    const app = new App();
    const [inside, beside] = [new RememberingStack(app, 'Lake', {}), new Stack(app, 'Other')].map(
      (scope) => new CfnResource(scope, 'Topic', { type: 'AWS::SNS::Topic' }).node,
    );
    expect(inside?.metadata.map(({ type }) => type)).not.toContain(ArtifactMetadataEntryType.CREATION_STACK);
    expect(beside?.metadata.map(({ type }) => type)).toContain(ArtifactMetadataEntryType.CREATION_STACK);
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { ArtifactMetadataEntryType } from 'aws-cdk-lib/cloud-assembly-schema';
import { App, CfnResource, Lazy, NestedStack, type NestedStackProps, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { RememberingNestedStack } from '../../lib/foundation';
import { temporaryDirectory } from '../support/temporary';

type NestedStackClass = new (scope: Construct, id: string, props: NestedStackProps) => NestedStack;

/** What a nested stack is written as, and how often a value in it was asked for. */
function written(Nested: NestedStackClass): { readonly files: string[]; readonly asked: number } {
  const app = new App({ outdir: temporaryDirectory(), treeMetadata: false });
  const stack = new Stack(app, 'Lake', { env: { region: 'us-east-1' } });
  const topic = new CfnResource(stack, 'Topic', { type: 'AWS::SNS::Topic' });
  const nested = new Nested(stack, 'Tables', { description: 'Tables' });
  let asked = 0;
  const value = Lazy.uncachedString({
    produce: () => {
      asked += 1;
      return `of ${topic.ref}`;
    },
  });
  new CfnResource(nested, 'Parameter', { type: 'AWS::SSM::Parameter', properties: { Type: 'String', Value: value } });
  const { directory } = app.synth();
  const files = fs.readdirSync(directory).filter((file) => file.endsWith('.template.json'));
  return { files: files.map((file) => fs.readFileSync(path.join(directory, file), 'utf8')), asked };
}

/** A nested stack that names resources its own way, and counts how often it is asked to. */
class Numbered extends RememberingNestedStack {
  public asked = 0;

  protected override allocateLogicalId(): string {
    return `Resource${++this.asked}`;
  }
}

/** The types of what CDK notes of a resource. */
function typesOf(resource?: CfnResource): string[] | undefined {
  return resource?.node.metadata.map(({ type }) => type);
}

describe('RememberingNestedStack', () => {
  test('is written as any nested stack is, and put together once less', () => {
    const [remembering, plain] = [written(RememberingNestedStack), written(NestedStack)];
    expect(remembering.files).toHaveLength(2);
    expect(remembering.files).toEqual(plain.files);
    expect(remembering.asked).toBeLessThan(plain.asked);
  });

  test('asks once for the logical id of an element', () => {
    const nested = new Numbered(new Stack(new App(), 'Lake'), 'Tables', {});
    const topic = new CfnResource(nested, 'Topic', { type: 'AWS::SNS::Topic' });
    expect(nested.resolve([topic.ref, topic.ref])).toEqual([{ Ref: 'Resource1' }, { Ref: 'Resource1' }]);
  });

  test('takes no stack trace of what is in it, and leaves the rest alone', () => {
    const stack = new Stack(new App(), 'Lake');
    const nested = new RememberingNestedStack(stack, 'Tables', {});
    const [inside, beside] = [nested, stack].map(
      (scope) => new CfnResource(scope, 'Topic', { type: 'AWS::SNS::Topic' }),
    );
    expect(typesOf(inside)).not.toContain(ArtifactMetadataEntryType.CREATION_STACK);
    expect(typesOf(beside)).toContain(ArtifactMetadataEntryType.CREATION_STACK);
  });
});

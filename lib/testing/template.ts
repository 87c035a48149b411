import * as path from 'node:path';
import { NestedStack, Stack, Stage } from 'aws-cdk-lib/core';
import { fail } from '../private';
import { type Json, inOrder } from './json';
import { ASSET_HASH, type Template, parsed, putInside } from './template-file';

/** The template of a stack, with those of its nested stacks in it. Synthesizes the app when that was not done yet. */
export function templateOf(stack: Stack): Template {
  const stage = Stage.of(stack);
  if (stage === undefined) {
    return fail({ path: 'stack', must: 'part of an app', got: stack.node.path, remedy: 'create it in an App' });
  }
  return withNestedStacks(stack, stage.synth().directory);
}

function withNestedStacks(stack: Stack, directory: string): Template {
  const template = parsed(path.join(directory, stack.templateFile));
  for (const nested of stack.node.findAll().filter((child) => NestedStack.isNestedStack(child))) {
    if (nested.nestedStackParent === stack) {
      const id: string = stack.resolve(nested.nestedStackResource?.logicalId);
      putInside(template.Resources?.[id], withNestedStacks(nested, directory));
    }
  }
  return template;
}

/** Takes away what CDK adds for itself: bootstrap rule and parameter, metadata. Changes the template. */
export function withoutPlumbing(template: Template): Template {
  delete template.Rules?.CheckBootstrapVersion;
  delete template.Parameters?.BootstrapVersion;
  // says which constructs of which version there are, where the app is run by CDK's command line
  if (template.Resources?.CDKMetadata?.Type === 'AWS::CDK::Metadata') {
    delete template.Resources.CDKMetadata;
    delete template.Conditions?.CDKMetadataAvailable;
  }
  for (const section of ['Rules', 'Parameters', 'Conditions', 'Resources'] as const) {
    if (Object.keys(template[section] ?? {}).length === 0) {
      delete template[section];
    }
  }
  for (const resource of Object.values(template.Resources ?? {})) {
    const kept = Object.entries(resource.Metadata ?? {}).filter(([key]) => !/^aws:(cdk|asset):/.test(key));
    if (kept.length === 0) {
      delete resource.Metadata;
    } else {
      resource.Metadata = Object.fromEntries(kept);
    }
    if (resource.NestedTemplate !== undefined) {
      withoutPlumbing(resource.NestedTemplate);
    }
  }
  return template;
}

/** The text with a placeholder for every hash of an asset. */
export function withoutHashes(text: string): string {
  return text.replaceAll(ASSET_HASH, '<asset>');
}

/** A template as text, its keys in order. */
export function textOf(template: Template): string {
  const json: Json = JSON.parse(JSON.stringify(template));
  return `${JSON.stringify(inOrder(json), undefined, 2)}\n`;
}

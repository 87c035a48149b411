import * as fs from 'node:fs';
import * as path from 'node:path';
import { fail } from '../private';
import { type Json, type Members, isMembers } from './json';

/** The type of the resource that a nested stack is in its parent. */
const NESTED_STACK = 'AWS::CloudFormation::Stack';

/** The hash that names an asset. */
export const ASSET_HASH = /\b[0-9a-f]{64}\b/g;

/** What a template is made of. */
const SECTIONS = new Set(
  'AWSTemplateFormatVersion Conditions Description Hooks Mappings Metadata Outputs Parameters Resources Rules Transform'.split(
    ' ',
  ),
);

/** A resource of a template. A nested stack holds its template, in the place of the address of one. */
export interface TemplateResource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Condition?: string;
  Properties?: Members;
  Metadata?: Members;
  NestedTemplate?: Template;
}

/** A CloudFormation template, with those of its nested stacks in it when `templateOf` or `readTemplate` read it. */
export interface Template {
  Rules?: Members;
  Parameters?: { [name: string]: { readonly Default?: Json } };
  Resources?: { [id: string]: TemplateResource };
  Conditions?: Members;
  readonly Mappings?: Members;
  readonly Outputs?: { [name: string]: { readonly Value?: Json } };
}

/** A template in a file: one that was written as baseline, or one that CDK synthesized, beside those of its nested stacks. */
export function readTemplate(file: string): Template {
  const template = parsed(file);
  for (const [id, resource] of Object.entries(template.Resources ?? {})) {
    if (resource.Type === NESTED_STACK && resource.NestedTemplate === undefined) {
      const nested = nestedFile(file, resource);
      if (nested === undefined) {
        const remedy = "write the baseline with 'ReplacementGuard.writeBaseline', or name a template in CDK's output";
        fail({ path: file, must: 'beside the templates of its nested stacks', got: `none of ${id}`, remedy });
      } else {
        putInside(resource, readTemplate(nested));
      }
    }
  }
  return template;
}

/** The file of a nested stack's template: its address ends with its hash, which the list of assets knows. */
function nestedFile(file: string, resource: TemplateResource): string | undefined {
  const [hash = ''] = JSON.stringify(resource.Properties?.TemplateURL ?? '').match(ASSET_HASH) ?? [];
  const directory = path.dirname(file);
  for (const name of fs.readdirSync(directory).filter((candidate) => candidate.endsWith('.assets.json'))) {
    const found = assetsIn(path.join(directory, name)).files?.[hash]?.source?.path;
    if (found !== undefined) {
      return path.join(directory, found);
    }
  }
  return undefined;
}

interface AssetList {
  readonly files?: { [hash: string]: { readonly source?: { readonly path?: string } } };
}

/** The list of assets that CDK writes beside a template. */
function assetsIn(file: string): AssetList {
  try {
    return JSON.parse(textIn(file));
  } catch {
    return fail({ path: 'assets', must: 'a list in JSON', got: file, remedy: 'synthesize the app anew' });
  }
}

/** Puts the template of a nested stack where the outer one has its address. */
export function putInside(resource: TemplateResource | undefined, template: Template): void {
  if (resource !== undefined) {
    delete resource.Properties?.TemplateURL;
    resource.NestedTemplate = template;
  }
}

/** The template in a file, alone. */
export function parsed(file: string): Template {
  if (!fs.existsSync(file)) {
    const remedy = "correct the path, or write the file with 'ReplacementGuard.writeBaseline'";
    return fail({ path: 'template', must: 'an existing file', got: file, remedy });
  }
  const remedy = "name the JSON that CDK synthesizes or 'ReplacementGuard.writeBaseline' writes";
  return (
    templateIn(textIn(file)) ?? fail({ path: 'template', must: 'a CloudFormation template in JSON', got: file, remedy })
  );
}

/** The text of a file; none of a folder. */
function textIn(file: string): string {
  return fs.statSync(file).isFile() ? fs.readFileSync(file, 'utf8') : '';
}

/** The template that a text is; undefined when it is none. */
export function templateIn(text: string): Template | undefined {
  try {
    const template: Json = JSON.parse(text);
    return isTemplate(template) ? template : undefined;
  } catch {
    return undefined;
  }
}

/** Whether it is one: what is none would be compared as if nothing were deployed. */
function isTemplate(value: Json): value is Json & Template {
  return isMembers(value) && Object.keys(value).every((section) => SECTIONS.has(section)) && hasResources(value);
}

function hasResources({ Resources = {} }: Members): boolean {
  // Fn::ForEach has a list in the place of a resource
  return isMembers(Resources) && Object.values(Resources).every((entry) => typeof entry === 'object' && entry !== null);
}

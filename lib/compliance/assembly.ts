import * as fs from 'node:fs';
import * as path from 'node:path';
import {
  CfnElement,
  type IPolicyValidationContext,
  NestedStack,
  type PolicyValidationStack,
  type PolicyViolatingResource,
  Stack,
  Token,
} from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { type Place, type TemplateSource, Templates } from './template';

/** The templates that were synthesized, and the constructs they came from. */
export class Assembly {
  readonly templates: Templates;
  /** The stack of each template. */
  private readonly stacks = new Map<string, Stack>();
  /** The construct of each element of a template; made when something is found. */
  private paths: Map<string, string> | undefined;

  constructor(context: IPolicyValidationContext) {
    const constructs = context.appConstruct.node.findAll();
    const sources = context.stackTemplates.map((stack) => this.sourceOf(stack, constructs));
    this.templates = new Templates([...sources, ...this.nested(constructs)]);
  }

  /** What CDK knows a place by: its construct, or the logical id where a template was included. */
  identify({ file, id }: Place, locations: string[]): PolicyViolatingResource {
    this.paths ??= new Map([...this.stacks].flatMap(([template, stack]) => elementPaths(template, stack)));
    const constructPath = this.paths.get(`${file}#${id}`);
    return constructPath === undefined
      ? { resourceLogicalId: id, templatePath: file, locations }
      : { constructPath, templatePath: file, locations };
  }

  private sourceOf(stack: PolicyValidationStack, constructs: IConstruct[]): TemplateSource {
    const { templatePath: file, account, region } = { ...stack, account: stack.accountId };
    const construct = constructs.find((one) => Stack.isStack(one) && one.node.path === stack.stackConstructPath);
    if (Stack.isStack(construct)) {
      this.stacks.set(file, construct);
    }
    return { file, body: read(file), home: { account, region } };
  }

  /** The nested stacks of the stacks known so far: a nested stack comes after the one around it. */
  private nested(constructs: IConstruct[]): TemplateSource[] {
    return constructs.flatMap((construct) => {
      const parent = NestedStack.isNestedStack(construct) ? construct.nestedStackParent : undefined;
      const [around] = [...this.stacks].find(([, stack]) => stack === parent) ?? [];
      if (!Stack.isStack(construct) || parent === undefined || around === undefined) {
        return [];
      }
      const file = path.join(path.dirname(around), construct.templateFile);
      this.stacks.set(file, construct);
      const home = { account: known(construct.account), region: known(construct.region) };
      return [{ file, body: read(file), home, nestedIn: { file: around, id: nestedId(construct) } }];
    });
  }
}

function read(file: string): unknown {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

function known(value: string): string | undefined {
  return Token.isUnresolved(value) ? undefined : value;
}

/** The logical id of a nested stack in the template around it. */
function nestedId({ nestedStackResource, nestedStackParent }: Stack): string {
  return nestedStackResource === undefined ? '' : String(nestedStackParent?.resolve(nestedStackResource.logicalId));
}

/** The paths of what a stack itself defines, by file and logical id. */
function elementPaths(file: string, stack: Stack): [string, string][] {
  return stack.node
    .findAll()
    .filter((construct) => CfnElement.isCfnElement(construct) && construct.stack === stack)
    .map((construct) => {
      const id: unknown = CfnElement.isCfnElement(construct) ? stack.resolve(construct.logicalId) : undefined;
      return [`${file}#${String(id)}`, construct.node.path];
    });
}

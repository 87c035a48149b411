/**
 * Writes the rival of `npm run bench:synth`: a program that makes given templates from bare L1 classes, as one would by hand.
 *
 * `new s3.CfnBucket(stack, 'Bronze', { … })` for each resource, in the order they depend on each other; `bronze.ref` and
 * `bronze.attrArn` where the template refers, a template literal where it joins.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnResource, type CfnResourceProps, Intrinsic, Stack, Token, Tokenization } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';

/** How many lines a function of the program has: V8 is slow to find the place of a call in a very long one. */
const FUNCTION_LENGTH = 30;

const NESTED = 'AWS::CloudFormation::Stack';

/** The name of what CDK makes a nested template's parameter for. */
const PARAMETER = /^referenceto/;

interface Resource {
  readonly Type: string;
  readonly Properties?: { [name: string]: unknown };
  readonly DependsOn?: string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

interface Template {
  readonly Description?: string;
  readonly Resources: { [id: string]: Resource };
  readonly Outputs?: { [id: string]: { readonly Value: unknown; readonly Description?: string } };
}

/** An L1 class, with what CfnInclude makes resources by. */
interface ResourceClass {
  new (scope: Construct, id: string, props: object): CfnResource;
  _fromCloudFormation?(scope: Construct, id: string, resource: Resource, options: object): CfnResource;
}

/** The text of a JavaScript module with the `prepare` and `build` that `synth-once.ts` calls. */
export function bareProgram(directory: string, env: { account: string; region: string }): string {
  const files = fs.readdirSync(directory).filter((name) => name.endsWith('.template.json'));
  const [outer, ...inner] = files
    .toSorted((a, b) => Number(isNested(a)) - Number(isNested(b)))
    .map((name): Template => JSON.parse(fs.readFileSync(path.join(directory, name), 'utf8')));
  if (outer === undefined) {
    throw new Error(`${directory} must hold templates, got none`);
  }
  return new Writer(env).program(outer, inner);
}

function isNested(file: string): boolean {
  return file.endsWith('.nested.template.json');
}

class Writer {
  private readonly scratch = new Stack(new App(), 'Scratch');
  private readonly modules = new Set<string>();
  /** The code of each intrinsic function, behind the token that stands for it while a class sorts the properties. */
  private readonly code = new Map<unknown, string>();
  /** The parameters of nested templates, and what they are given. */
  private readonly parameters: { [name: string]: unknown } = {};
  private readonly types: { [id: string]: string } = {};

  constructor(private readonly env: { account: string; region: string }) {}

  program(outer: Template, inner: Template[]): string {
    for (const [id, { Type, Properties = {} }] of [outer, ...inner].flatMap(({ Resources }) =>
      Object.entries(Resources),
    )) {
      this.types[id] = Type;
      Object.assign(this.parameters, Type === NESTED ? Properties.Parameters : {});
    }
    const body = [
      `stack = new core.Stack(app, 'Bare', ${JSON.stringify({ env: this.env, description: outer.Description })});`,
      ...inOrder(outer.Resources).flatMap(([id, resource]) => this.resource('stack', id, resource)),
      ...inner.flatMap((template, index) => this.nested(index, template, outer)),
      ...Object.entries(outer.Outputs ?? {}).map(([id, { Value: value, Description: description }]) => {
        const props = `{ value: ${this.expression(this.marked(value))}, description: ${JSON.stringify(description)} }`;
        return `new core.CfnOutput(stack, '${id}', ${props});`;
      }),
    ];
    const imports = [...this.modules].map((name) => `const ${variable(name)} = require('aws-cdk-lib/${name}');`);
    return [
      `const core = require('aws-cdk-lib/core');`,
      ...imports,
      `let ${['app', 'stack', ...inner.map((_, index) => nestedName(index)), ...Object.keys(this.types)].join(', ')};`,
      ...inFunctions(body),
      'exports.prepare = () => undefined;',
      'exports.build = (given) => {',
      '  app = given;',
      '  functions.forEach((each) => each());',
      '};',
      '',
    ].join('\n');
  }

  /** A nested stack waits for what all of them in the outer template wait for. */
  private nested(index: number, template: Template, outer: Template): string[] {
    const name = nestedName(index);
    const depends = Object.values(outer.Resources).filter(({ Type }) => Type === NESTED)[index]?.DependsOn ?? [];
    const options = JSON.stringify({ description: template.Description });
    return [
      `${name} = new core.NestedStack(stack, 'Nested${index}', ${options});`,
      ...depends.map((id) => `${name}.nestedStackResource.addResourceDependency(${id});`),
      ...inOrder(template.Resources).flatMap(([id, resource]) => this.resource(name, id, resource)),
    ];
  }

  private resource(scope: string, id: string, resource: Resource): string[] {
    if (resource.Type === NESTED) {
      return [];
    }
    const policies = Object.entries({
      deletionPolicy: resource.DeletionPolicy,
      updateReplacePolicy: resource.UpdateReplacePolicy,
    }).filter(([, value]) => value !== undefined);
    return [
      `${id} = ${this.construction(scope, id, resource)};`,
      ...policies.map(([name, value]) => `${id}.cfnOptions.${name} = '${value}';`),
      ...(resource.DependsOn ?? []).map((other) => `${id}.addResourceDependency(${other});`),
    ];
  }

  private construction(scope: string, id: string, resource: Resource): string {
    if (resource.Type.startsWith('Custom::')) {
      const props: CfnResourceProps = {
        type: resource.Type,
        properties: Object(this.marked(resource.Properties)),
      };
      return `new core.CfnResource(${scope}, '${id}', ${this.expression(props)})`;
    }
    const { module, name, type } = classOf(resource.Type);
    this.modules.add(module);
    const parser = { parseValue: (value: unknown) => this.marked(value), handleAttributes: () => undefined };
    const made = type._fromCloudFormation?.(this.scratch, id, resource, { parser });
    const props: unknown = Reflect.get(Object(made), 'cfnProperties');
    return `new ${variable(module)}.${name}(${scope}, '${id}', ${this.expression(props)})`;
  }

  /** A value with a token for each intrinsic function. */
  private marked(value: unknown): unknown {
    if (Array.isArray(value)) {
      return value.map((each) => this.marked(each));
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    const [[key, member] = ['', undefined], ...more] = Object.entries(value);
    if (more.length === 0 && /^(Ref|Fn::.+)$/.test(key)) {
      const token = Token.asAny(new Intrinsic(value));
      this.code.set(token, this.call(key, member));
      return token;
    }
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.marked(each)]));
  }

  /** The code that stands for an intrinsic function. */
  private call(name: string, member: unknown): string {
    if (name === 'Ref' && typeof member === 'string') {
      return this.reference(member);
    }
    if (name === 'Fn::GetAtt' && Array.isArray(member)) {
      return this.attribute(String(member[0]), String(member[1]));
    }
    if (name === 'Fn::Join' && Array.isArray(member) && member[0] === '' && Array.isArray(member[1])) {
      return this.literal(member[1]);
    }
    if (['Fn::Select', 'Fn::Split', 'Fn::Join'].includes(name) && Array.isArray(member)) {
      const given = member.map((each) => this.expression(this.marked(each)));
      return `core.Fn.${name.slice('Fn::'.length).toLowerCase()}(${given.join(', ')})`;
    }
    throw new Error(`'${name}' must have code, got none; add it to call()`);
  }

  private reference(id: string): string {
    if (id.startsWith('AWS::')) {
      const pseudo = id.slice('AWS::'.length).replaceAll(/(?<=[a-z])(?=[A-Z])|(?<=URL)(?=S)/g, '_');
      return `core.Aws.${pseudo.toUpperCase()}`;
    }
    if (PARAMETER.test(id)) {
      return this.expression(this.marked(this.parameters[id]));
    }
    return `${id}.ref`;
  }

  private attribute(id: string, attribute: string): string {
    const type = this.types[id] ?? '';
    const property = `attr${attribute.replaceAll('.', '')}`;
    const known = !type.startsWith('Custom::') && property in classOf(type).type.prototype;
    return known ? `${id}.${property}` : `${id}.getAtt('${attribute}').toString()`;
  }

  private literal(parts: unknown[]): string {
    const code = parts.map((part) => {
      if (typeof part !== 'string') {
        return `\${${this.expression(this.marked(part))}}`;
      }
      return JSON.stringify(part)
        .slice(1, -1)
        .replaceAll('\\"', '"')
        .replaceAll(/`|\$\{/g, '\\$&');
    });
    return `\`${code.join('')}\``;
  }

  /** A value as code. */
  private expression(value: unknown): string {
    const code = this.code.get(Tokenization.reverse(value) ?? value);
    if (code !== undefined) {
      return typeof value === 'number' ? `core.Token.asNumber(${code})` : code;
    }
    if (Array.isArray(value)) {
      return `[${value.map((each) => this.expression(each)).join(', ')}]`;
    }
    if (typeof value !== 'object' || value === null) {
      return JSON.stringify(value) ?? 'undefined';
    }
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{ ${members.map(([name, member]) => `${JSON.stringify(name)}: ${this.expression(member)}`).join(', ')} }`;
  }
}

function nestedName(index: number): string {
  return `nested${index}`;
}

/** The same lines in several functions. */
function inFunctions(lines: string[]): string[] {
  const count = Math.ceil(lines.length / FUNCTION_LENGTH);
  const parts = Array.from({ length: count }, (_, index) => {
    const part = lines.slice(index * FUNCTION_LENGTH, (index + 1) * FUNCTION_LENGTH);
    return `() => {\n${part.join('\n')}\n},`;
  });
  return ['const functions = [', ...parts, '];'];
}

function variable(module: string): string {
  return module.replace(/^aws-/, '').replaceAll('-', '_');
}

function classOf(resourceType: string): { module: string; name: string; type: ResourceClass } {
  const [, service = '', resource = ''] = resourceType.split('::');
  const [module, name] = [`aws-${service.toLowerCase()}`, `Cfn${resource}`];
  const loaded: { [name: string]: ResourceClass } = require(`aws-cdk-lib/${module}`);
  const type = loaded[name];
  if (type?._fromCloudFormation === undefined) {
    throw new Error(`aws-cdk-lib must have a class for ${resourceType}, got none`);
  }
  return { module, name, type };
}

/** The resources of a template, each after those it refers to. */
function inOrder(resources: { [id: string]: Resource }): [string, Resource][] {
  const done = new Set<string>();
  const ordered: [string, Resource][] = [];
  const visit = (id: string): void => {
    const resource = resources[id];
    if (resource === undefined || done.has(id)) {
      return;
    }
    done.add(id);
    [...referred(resource.Properties), ...(resource.DependsOn ?? [])].forEach(visit);
    ordered.push([id, resource]);
  };
  Object.keys(resources).forEach(visit);
  return ordered;
}

/** The names that a value refers to. */
function referred(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  return Object.entries(value).flatMap(([key, member]) => {
    if (key === 'Ref') {
      return [String(member)];
    }
    return key === 'Fn::GetAtt' && Array.isArray(member) ? [String(member[0])] : referred(member);
  });
}

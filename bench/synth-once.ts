/**
 * One measurement of `npm run bench:synth`, in a process of its own: `lakehouse`, or `bare` and the templates to match.
 *
 * Writes a JSON object with milliseconds of CPU and of the clock: `first` with CDK's modules still to be loaded, which
 * happens when they are first used, and `warm` without.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, CfnResource, type CfnResourceProps, Intrinsic, NestedStack, Stack, Token } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { environments } from '../config';
import { DataContracts } from '../lib/contracts';
import { LakehouseStack } from '../lib/lakehouse-stack';
import { fixtureDependencies } from '../test/support/dependencies';

/** How often the same is done before the last time, which counts as warm. */
const WARM_UPS = 8;

const NESTED = 'AWS::CloudFormation::Stack';

const root = path.join(__dirname, '..');

/** What makes a resource, and with what: all that is known before the clock runs. */
interface Part {
  readonly make: new (scope: Construct, id: string, props: object) => CfnResource;
  readonly id: string;
  readonly props: object;
}

interface Resource {
  readonly Type: string;
  readonly Properties?: unknown;
}

/** An L1 class, with what CfnInclude makes resources by. */
interface ResourceClass {
  new (scope: Construct, id: string, props: object): CfnResource;
  _fromCloudFormation?(scope: Construct, id: string, resource: Resource, options: object): CfnResource;
}

/** What every app of this repository is made with; CDK's template validator is off, as it is in `npm run synth`. */
function appIn(outdir: string): App {
  const { context }: { context: { [key: string]: unknown } } = JSON.parse(
    fs.readFileSync(path.join(root, 'cdk.json'), 'utf8'),
  );
  return new App({ outdir, context, builtinCloudFormationValidation: false });
}

/** Of the right names and of a few bytes: copying 20 MB into the output would measure the disk. */
const dependencies = fixtureDependencies();

function synthesizeLakehouse(outdir: string): void {
  const app = appIn(outdir);
  const config = environments.load('prod');
  new LakehouseStack(app, `Lakehouse-${config.environment}`, {
    config,
    contracts: DataContracts.fromDirectory(path.join(root, 'contracts')),
    dependencies,
  });
  app.synth();
}

/** The same resources with the same properties, each by its L1 class, in as many stacks; nothing refers by construct. */
function synthesizeBare(outdir: string, [outer = [], ...nested]: Part[][]): void {
  const app = appIn(outdir);
  const stack = new Stack(app, 'Bare');
  outer.forEach(({ make: Make, id, props }) => new Make(stack, id, props));
  nested.forEach((parts, index) => {
    const inner = new NestedStack(stack, `Nested${index}`);
    parts.forEach(({ make: Make, id, props }) => new Make(inner, id, props));
  });
  app.synth();
}

function isNested(file: string): number {
  return Number(file.endsWith('.nested.template.json'));
}

/** The parts of each template of a folder, the outer stack's first. */
function partsIn(templates: string): Part[][] {
  const files = fs.readdirSync(templates).filter((name) => name.endsWith('.template.json'));
  return files
    .toSorted((a, b) => isNested(a) - isNested(b))
    .map((file) => {
      const text = fs.readFileSync(path.join(templates, file), 'utf8');
      const { Resources }: { Resources: { [id: string]: Resource } } = JSON.parse(text);
      const scratch = new Stack(new App(), 'Scratch');
      return Object.entries(Resources)
        .filter(([, { Type }]) => Type !== NESTED)
        .map(([id, resource]) => partOf(scratch, id, resource));
    });
}

/** What `CustomResource` makes underneath: it has no class of its own. */
class CustomResource extends CfnResource {
  constructor(scope: Construct, id: string, { type = '', ...props }: Partial<CfnResourceProps>) {
    super(scope, id, { ...props, type });
  }
}

/** A resource of a template as a program would write it: its class, and its properties as that class takes them. */
function partOf(scratch: Stack, id: string, resource: Resource): Part {
  if (resource.Type.startsWith('Custom::')) {
    const props = { type: resource.Type, properties: withTokens(resource.Properties) };
    return { make: CustomResource, id, props };
  }
  const [, service = '', name = ''] = resource.Type.split('::');
  const module: { [name: string]: ResourceClass } = require(`aws-cdk-lib/aws-${service.toLowerCase()}`);
  const make = module[`Cfn${name}`];
  if (make?._fromCloudFormation === undefined) {
    throw new Error(`aws-cdk-lib must have a class for ${resource.Type}, got none`);
  }
  const parser = { parseValue: withTokens, handleAttributes: () => undefined };
  const made = make._fromCloudFormation(scratch, id, resource, { parser });
  return { make, id, props: Reflect.get(made, 'cfnProperties') };
}

/** Intrinsic functions as tokens, as `bucket.ref` would be. */
function withTokens(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(withTokens);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const [key = '', ...more] = Object.keys(value);
  if (more.length === 0 && /^(Ref|Fn::.+)$/.test(key)) {
    return Token.asAny(new Intrinsic(value));
  }
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withTokens(member)]));
}

interface Measured {
  readonly cpu: number;
  readonly clock: number;
}

function measure(work: () => void): Measured {
  const [began, used] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(used);
  return { cpu: (user + system) / 1000, clock: performance.now() - began };
}

function main([kind, outdir = '', templates = '']: string[]): void {
  const parts = kind === 'bare' ? partsIn(templates) : [];
  const work = (time: number): void => {
    const target = path.join(outdir, String(time));
    return kind === 'bare' ? synthesizeBare(target, parts) : synthesizeLakehouse(target);
  };
  const measured = Array.from({ length: WARM_UPS + 1 }, (_, time) => measure(() => work(time)));
  process.stdout.write(JSON.stringify({ first: measured[0], warm: measured.at(-1) }));
}

main(process.argv.slice(2));

import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { root } from '../../local/paths';
import { CommandError, run } from '../../local/toolchain/command';
import { ensureEnvironment, environments } from '../../local/toolchain/python';
import { lakehouseAppOf } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';

const MODULE = join(root, 'deploy/terraform');
const MINUTE = 60_000;
const FILES = readdirSync(MODULE).filter((name) => name.endsWith('.tf'));

/** What `tfparse` does: HashiCorp's own parser and evaluator, with no provider and no network. */
const EVALUATE = [
  'import json, sys, tfparse',
  'print(json.dumps(tfparse.load_from_path(sys.argv[1], stop_on_hcl_error=True, vars_paths=["values.tfvars"])))',
].join('\n');

const stackShape = z.looseObject({
  name: z.string(),
  template_url: z.string(),
  iam_role_arn: z.string(),
  capabilities: z.array(z.string()),
  tags: z.record(z.string(), z.string()),
});
const blocksShape = z.record(z.string(), z.unknown());
const artifactShape = z.object({
  properties: z.object({ templateFile: z.string(), cloudFormationExecutionRoleArn: z.string() }),
});
const assetsShape = z.object({
  files: z.record(
    z.string(),
    z.object({
      source: z.object({ path: z.string() }),
      destinations: z.record(z.string(), z.object({ bucketName: z.string(), objectKey: z.string() })),
    }),
  ),
});

/** The arguments of the resource, from the documentation of version 6 of the provider. */
const ARGUMENTS =
  'name template_body template_url capabilities disable_rollback notification_arns on_failure parameters policy_body policy_url region tags iam_role_arn timeout_in_minutes'.split(
    ' ',
  );
const META = ['id', '__tfmeta', 'timeouts', 'lifecycle', 'depends_on', 'provider', 'count', 'for_each'];

interface Given {
  readonly environment: string;
  readonly account: string;
  /** Changes the module before it is read. */
  readonly edit?: (text: string) => string;
}

/** The module, evaluated for an environment that was synthesized. */
async function evaluated({ environment, account, edit = (text) => text }: Given): Promise<z.infer<typeof blocksShape>> {
  const folder = temporaryDirectory();
  for (const file of FILES) writeFileSync(join(folder, file), edit(readFileSync(join(MODULE, file), 'utf8')));
  mkdirSync(join(folder, 'assembly'));
  copyFileSync(join(assemblyOf(environment), 'manifest.json'), join(folder, 'assembly/manifest.json'));
  const values = { assembly: 'assembly', environment, account_id: account, region: 'us-east-1' };
  const lines = Object.entries(values).map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`);
  writeFileSync(join(folder, 'values.tfvars'), lines.join(''));
  const { python } = await ensureEnvironment(environments.lint);
  const { stdout } = await run(python, ['-c', EVALUATE, folder], { name: 'tfparse', timeoutMs: MINUTE });
  return blocksShape.parse(JSON.parse(stdout));
}

const assemblies = new Map<string, string>();

/** The folder an environment was synthesized into. */
function assemblyOf(environment: string): string {
  const known = assemblies.get(environment);
  if (known !== undefined) return known;
  const made = temporaryDirectory();
  lakehouseAppOf(environment, { outdir: made }).app.synth();
  assemblies.set(environment, made);
  return made;
}

const stackOf = (blocks: z.infer<typeof blocksShape>): z.infer<typeof stackShape> =>
  z.array(stackShape).length(1).parse(blocks.aws_cloudformation_stack)[0] ?? stackShape.parse({});

/** References that nothing declares, wherever they are. */
function dangling(text: string): string[] {
  const declared = new Set(
    [...text.matchAll(/^(variable|data|resource) "([^"]+)"(?: "([^"]+)")?/gm)].map(([, kind, type = '', name = '']) =>
      kind === 'variable' ? `var.${type}` : `${kind === 'data' ? 'data.' : ''}${type}.${name}`,
    ),
  );
  for (const [, block = ''] of text.matchAll(/^locals \{\n(.*?)^\}/gms)) {
    for (const [, name = ''] of block.matchAll(/^ {2}(\w+) +=/gm)) declared.add(`local.${name}`);
  }
  const used = [...text.matchAll(/\b(?:var\.\w+|local\.\w+|(?:data\.)?aws_\w+\.\w+)/g)].map(([name]) => name);
  return [...new Set(used)].filter((name) => !declared.has(name));
}

const whole = FILES.map((file) => readFileSync(join(MODULE, file), 'utf8')).join('\n');

describe('the Terraform module', () => {
  test.each([
    ['dev', '333333333333'],
    ['prod', '222222222222'],
  ])(
    'deploys the template of %s from where its assets are published',
    async (environment, account) => {
      const assembly = assemblyOf(environment);
      const read = (file: string): unknown => JSON.parse(readFileSync(join(assembly, file), 'utf8'));
      const here = (text: string): string =>
        text.replaceAll('${AWS::AccountId}', account).replaceAll('${AWS::Partition}', 'aws');
      const stack = stackOf(await evaluated({ environment, account }));
      const { artifacts } = z.object({ artifacts: z.record(z.string(), z.unknown()) }).parse(read('manifest.json'));
      const { properties } = artifactShape.parse(artifacts[stack.name]);
      const { files } = assetsShape.parse(read(`${stack.name}.assets.json`));
      const published = Object.values(files).find(({ source }) => source.path === properties.templateFile);
      const [{ bucketName, objectKey } = { bucketName: '', objectKey: '' }] = Object.values(
        published?.destinations ?? {},
      );
      expect(stack.template_url).toBe(`https://${here(bucketName)}.s3.us-east-1.amazonaws.com/${objectKey}`);
      expect(stack.iam_role_arn).toBe(here(properties.cloudFormationExecutionRoleArn));
      expect(stack.tags).toEqual({ environment });
      // nested templates are assets like others, published with them
      const paths = Object.values(files).map(({ source }) => source.path);
      expect(paths.filter((path) => path.endsWith('.nested.template.json')).length).toBeGreaterThan(0);
    },
    10 * MINUTE,
  );

  test('gives CloudFormation what the template asks for, with arguments there are', async () => {
    const stack = stackOf(await evaluated({ environment: 'prod', account: '222222222222' }));
    expect(stack.capabilities).toEqual(expect.arrayContaining(['CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND']));
    expect(Object.keys(stack).filter((name) => ![...ARGUMENTS, ...META].includes(name))).toEqual([]);
  });

  test('is refused with a mistake in its syntax', async () => {
    const broken = evaluated({
      environment: 'prod',
      account: '222222222222',
      edit: (text) => text.replace('lifecycle {', 'lifecycle'),
    });
    await expect(broken).rejects.toThrow(CommandError);
  });

  test('refers only to what is declared', () => {
    expect(dangling(whole)).toEqual([]);
    expect(dangling(whole.replace('variable "region"', 'variable "place"'))).toEqual(['var.region']);
  });

  test('pins the provider, and loses no data by a destroy', () => {
    expect(whole).toMatch(/source += "hashicorp\/aws"\n\s+version = "~> \d+\.\d+"/);
    expect(whole).toContain('prevent_destroy = true');
  });
});

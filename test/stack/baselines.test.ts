import * as fs from 'node:fs';
import * as path from 'node:path';
import { ENVIRONMENTS, templatesOf } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';
import { BASELINES, differences, normalized } from './baselines';

/** CloudFormation's limit is 1 MB for one template; ours is 2 MB for all of an environment. */
const TEMPLATE_LIMIT = 1_000_000;
const TOTAL_LIMIT = 2_000_000;

/** Every environment, and prod once more; made at one place in the code, which CDK notes in the metadata. */
const outputs = [...ENVIRONMENTS, 'prod'].map((environment) => {
  const outdir = temporaryDirectory();
  return { environment, outdir, files: templatesOf(environment, outdir) };
});
const templates = new Map(outputs.map(({ environment, files }) => [environment, files]));

function allFiles(directory: string): string[] {
  return fs
    .readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

/** A template with what a new version of an asset, of CDK or of a path would change. */
function templateWith(hash: string, constructPath: string): string {
  return JSON.stringify({
    Parameters: { BootstrapVersion: {} },
    Rules: { CheckBootstrapVersion: {} },
    Resources: {
      A: { Type: 'T', Properties: { Url: `s3://assets/${hash}.zip` }, Metadata: { 'aws:cdk:path': constructPath } },
    },
  });
}

interface Template {
  readonly Resources: { [id: string]: { Type: string } };
  readonly Outputs?: { [id: string]: { Export?: unknown } };
}

describe.each(ENVIRONMENTS)('templates of %s', (environment) => {
  const files = Object.entries(templates.get(environment) ?? {});

  test('equal the baselines', () => {
    const changed = files.flatMap(([file, template]) => {
      const baseline = path.join(BASELINES, file);
      const before = fs.existsSync(baseline) ? fs.readFileSync(baseline, 'utf8') : '{}';
      return differences(before, normalized(template)).map((line) => `${file}: ${line}`);
    });
    // When the difference is meant: npm run baselines
    expect(changed).toEqual([]);
  });

  test('stay under the size limits', () => {
    const sizes = files.map(([, template]) => Buffer.byteLength(template));
    expect(Math.max(...sizes)).toBeLessThan(TEMPLATE_LIMIT);
    expect(sizes.reduce((sum, size) => sum + size)).toBeLessThan(TOTAL_LIMIT);
  });

  test("hold no function but CDK's own that copies DAGs, no other custom resource and no export", () => {
    for (const [file, template] of files) {
      const { Resources, Outputs = {} }: Template = JSON.parse(template);
      const types = Object.values(Resources).map(({ Type }) => Type);
      const functions = new Set(types.filter((type) => /^AWS::Lambda|^Custom::|CustomResource/.test(type)));
      const copying = ['AWS::Lambda::LayerVersion', 'Custom::CDKBucketDeployment', 'AWS::Lambda::Function'];
      expect(functions).toEqual(new Set(file.includes('nested') ? [] : copying));
      expect(Object.values(Outputs).filter((output) => output.Export !== undefined)).toEqual([]);
    }
  });
});

describe('baselines', () => {
  test('there is none without a template', () => {
    const known = [...templates.values()].flatMap((files) => Object.keys(files));
    expect(fs.readdirSync(BASELINES).toSorted()).toEqual(known.toSorted());
  });

  test('a changed property is told by its place, before and after', () => {
    const before = '{"Resources":{"Topic":{"Properties":{"A":1,"B":{"C":"x"}}}}}';
    const after = '{"Resources":{"Topic":{"Properties":{"B":{"C":"y"},"D":[2]}}}}';
    expect(differences(before, after)).toEqual([
      '- Resources.Topic.Properties.A: 1',
      '~ Resources.Topic.Properties.B.C: "x" -> "y"',
      '+ Resources.Topic.Properties.D: [2]',
    ]);
  });

  test('the content of an asset and the version of CDK do not matter', () => {
    expect(normalized(templateWith('0'.repeat(64), 'a'))).toBe(normalized(templateWith('f'.repeat(64), 'b')));
    expect(JSON.parse(normalized(templateWith('0'.repeat(64), 'a')))).toEqual({
      Resources: { A: { Type: 'T', Properties: { Url: 's3://assets/<asset>.zip' } } },
    });
  });
});

test('two synths of prod are the same, byte for byte', () => {
  const directories = outputs.filter(({ environment }) => environment === 'prod').map(({ outdir }) => outdir);
  expect(directories).toHaveLength(2);
  const [first = '', second = ''] = directories;
  expect(allFiles(first)).toEqual(allFiles(second));
  const different = allFiles(first).filter(
    (file) => !fs.readFileSync(path.join(first, file)).equals(fs.readFileSync(path.join(second, file))),
  );
  expect(different).toEqual([]);
});

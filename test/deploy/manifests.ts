import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { load, loadAll } from 'js-yaml';
import { z } from 'zod';
import { root } from '../../local/paths';
import { CommandError, run } from '../../local/toolchain/command';
import { ensureEnvironment, environments } from '../../local/toolchain/python';

/** The folder of the manifests. */
export const KUBERNETES = join(root, 'deploy/kubernetes');

const MINUTE = 60_000;

/** What a linter of the lint environment says, line by line, well or not. */
export async function said(program: string, ...args: string[]): Promise<string[]> {
  const { directory } = await ensureEnvironment(environments.lint);
  try {
    const { stdout } = await run(join(directory, 'bin', program), args, { name: program, timeoutMs: MINUTE });
    return stdout.split('\n').filter((line) => line !== '');
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return error.output;
  }
}

/** What Kubernetes' schemas forbid in files. A kind that they do not know is one: the validator alone lets it pass. */
export async function forbidden(...files: string[]): Promise<string[]> {
  const lines = await said('kubernetes-validate', '--strict', ...files);
  return lines.filter((line) => !/^INFO .* passed for resource /.test(line));
}

const containerShape = z.object({
  command: z.array(z.string()).default([]),
  args: z.array(z.string()).default([]),
  envFrom: z.array(z.object({ configMapRef: z.object({ name: z.string() }) })).default([]),
  resources: z.object({ limits: z.object({ memory: z.string() }) }).optional(),
  securityContext: z.unknown(),
  volumeMounts: z.array(z.object({ name: z.string() })),
});
const podShape = z.object({
  securityContext: z.unknown(),
  serviceAccountName: z.string().optional(),
  containers: z.array(containerShape),
  volumes: z.array(z.object({ name: z.string(), configMap: z.object({ name: z.string() }).optional() })),
});

/** What a pod runs and may do. */
export type PodSpec = z.infer<typeof podShape>;

const target = z.object({ kind: z.string(), name: z.string().optional() });
const kustomizationShape = z.object({
  replacements: z.array(
    z.object({
      source: target.extend({ fieldPath: z.string() }),
      targets: z.array(z.object({ select: target, fieldPaths: z.array(z.string()) })),
    }),
  ),
  resources: z.array(z.string()),
  configMapGenerator: z.array(
    z.object({ name: z.string(), files: z.array(z.string()).default([]), literals: z.array(z.string()).default([]) }),
  ),
});

/** What belongs together. */
export const kustomization = kustomizationShape.parse(
  load(readFileSync(join(KUBERNETES, 'kustomization.yaml'), 'utf8')),
);

/** The files that hold Kubernetes' own kinds. */
export const manifestFiles = readdirSync(KUBERNETES).filter(
  (name) => name.endsWith('.yaml') && name !== 'kustomization.yaml',
);

/** The objects of a file. */
export function objectsOf(file: string): unknown[] {
  return loadAll(readFileSync(join(KUBERNETES, file), 'utf8'));
}

/** The pods of all manifests, by the file they are in, wherever in an object they are. */
export function pods(): [string, PodSpec][] {
  return manifestFiles.flatMap((file) =>
    objectsOf(file).flatMap((object) => podsIn(object).map((pod): [string, PodSpec] => [file, pod])),
  );
}

function podsIn(value: unknown): PodSpec[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('containers' in value) return [podShape.parse(value)];
  return Object.values(value).flatMap(podsIn);
}

const identified = z.looseObject({ kind: z.string(), metadata: z.object({ name: z.string() }) });

/** The values at a path of Kustomize's in the objects of a kind: steps between dots, `[name=driver]` for an item of a list. */
export function valuesAt({ kind, name }: z.infer<typeof target>, path: string): unknown[] {
  const steps = path.match(/\[[^\]]+\]|[^.]+/g) ?? [];
  return manifestFiles
    .flatMap((file) => objectsOf(file).map((object) => identified.parse(object)))
    .filter((object) => object.kind === kind && (name === undefined || object.metadata.name === name))
    .map((object) => steps.reduce<unknown>(stepInto, object));
}

function stepInto(value: unknown, step: string): unknown {
  const [, key = '', wanted = ''] = /^\[(\w+)=([\w-]+)\]$/.exec(step) ?? [];
  const item = z.array(z.looseObject({ [key]: z.string() })).safeParse(value);
  if (item.success) return item.data.find((each) => each[key] === wanted);
  return z.record(z.string(), z.unknown()).safeParse(value).data?.[step];
}

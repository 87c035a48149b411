import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { LakehouseError, problem } from '../../lib/private/errors';
import { readTemplate } from '../../lib/testing/template-file';
import { readJson } from '../json';
import { type SynthesizedStack, sourcesOf } from './stack-templates';

const manifestShape = z.object({
  artifacts: z.record(
    z.string(),
    z.looseObject({
      type: z.string(),
      environment: z.string().optional(),
      properties: z
        .looseObject({
          templateFile: z.string().optional(),
          stackName: z.string().optional(),
          directoryName: z.string().optional(),
        })
        .optional(),
    }),
  ),
});

type Artifact = z.infer<typeof manifestShape>['artifacts'][string];

/**
 * The stacks of a cloud assembly, those of its stages too.
 *
 * @throws LakehouseError when the folder is none
 */
export function stacksIn(directory: string): SynthesizedStack[] {
  const manifest = join(directory, 'manifest.json');
  if (!existsSync(manifest)) {
    const remedy = 'synthesize the app and name its output, for example cdk.out';
    throw new LakehouseError(
      problem({ path: 'assembly', must: 'a folder with a synthesized app', got: directory, remedy }),
    );
  }
  return Object.entries(readJson(manifest, manifestShape).artifacts).flatMap(([id, artifact]) =>
    stacksOf(id, artifact, dirname(manifest)),
  );
}

function stacksOf(id: string, { type, environment, properties }: Artifact, directory: string): SynthesizedStack[] {
  if (type === 'cdk:cloud-assembly' && properties?.directoryName !== undefined) {
    return stacksIn(join(directory, properties.directoryName));
  }
  if (type !== 'aws:cloudformation:stack' || properties?.templateFile === undefined) {
    return [];
  }
  const name = properties.stackName ?? id;
  const [, region] = /^aws:\/\/[^/]+\/([a-z0-9-]+)$/.exec(environment ?? '') ?? [];
  return [
    {
      name,
      region: region === 'unknown-region' ? undefined : region,
      sources: sourcesOf(name, readTemplate(join(directory, properties.templateFile))),
    },
  ];
}

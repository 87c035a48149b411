import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from '../paths';

/**
 * Bundles the command line with its dependencies into `dist/bin/lakehouse.js`, so that the package needs them at build time
 * only, and `npx lakehouse` works in a clone.
 */
export async function buildCommandLine(): Promise<void> {
  const outfile = join(root, 'dist/bin/lakehouse.js');
  await build({
    entryPoints: [join(root, 'bin/lakehouse.ts')],
    outfile,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    banner: { js: '#!/usr/bin/env node' },
    // of the library only pure code is bundled; what needs the CDK finds it installed
    external: ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'pg-native'],
    logLevel: 'warning',
  });
  chmodSync(outfile, 0o755);
}

import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './paths';

/**
 * `node local/bootstrap.mjs build-cli`: bundles the command line with its dependencies into `dist/bin/lakehouse.js`, so that
 * the package needs them at build time only.
 */
async function main(): Promise<void> {
  await build({
    entryPoints: [join(root, 'bin/lakehouse.ts')],
    outfile: join(root, 'dist/bin/lakehouse.js'),
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
}

void main().catch((error: unknown) => {
  console.error(`✗ ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
});

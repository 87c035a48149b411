import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from '../paths';
import { run } from './command';

const BANNER = '#!/usr/bin/env node';

/** Of the library only pure code is bundled; what needs the CDK finds it installed. */
const EXTERNAL = ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'pg-native'];

/**
 * Bundles the command line with its dependencies into `dist/bin/lakehouse.js`, so that the package needs them at build time
 * only, and `npx lakehouse` works in a clone.
 */
export async function buildCommandLine(): Promise<void> {
  const outfile = join(root, 'dist/bin/lakehouse.js');
  const form = ['--bundle', '--minify', '--platform=node', '--target=node20', '--format=cjs', '--log-level=warning'];
  const external = EXTERNAL.map((name) => `--external:${name}`);
  // a command of its own: esbuild's service inside this process would die of Ctrl-C before us, with a stack trace
  await run(
    join(root, 'node_modules/esbuild/bin/esbuild'),
    [join(root, 'bin/lakehouse.ts'), `--outfile=${outfile}`, `--banner:js=${BANNER}`, ...form, ...external],
    { name: 'esbuild', cwd: root, timeoutMs: 60_000 },
  );
  chmodSync(outfile, 0o755);
  linkCommandLine(outfile, join(root, 'node_modules/.bin'));
}

/**
 * Puts the command where npx looks first. Without it npx keeps a view of this folder in its cache, and one that was made
 * before the command was built says `lakehouse: not found` ever after.
 */
export function linkCommandLine(file: string, bin: string): void {
  if (!existsSync(dirname(bin))) {
    return;
  }
  mkdirSync(bin, { recursive: true });
  const link = join(bin, 'lakehouse');
  rmSync(link, { force: true });
  symlinkSync(relative(bin, file), link);
}

import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../paths';
import { run } from './command';

const BANNER = '#!/usr/bin/env node';

/** Of the library only pure code is bundled; what needs the CDK finds it installed. */
const EXTERNAL = ['aws-cdk-lib', 'aws-cdk-lib/*', 'constructs', 'pg-native'];

/** Runs the sources: a bundle would know the config and the rules of the day that it was made. */
const LAUNCHER = `${BANNER}
// written by 'npm start'; runs bin/lakehouse.ts as it is now
process.argv[1] = require('node:path').resolve(__dirname, '../../bin/lakehouse.ts');
import('../tsx/dist/loader.mjs').then(() => require('node:module').runMain());
`;

/** Bundles the command line with its dependencies, so that the package needs them at build time only. */
export async function bundleCommandLine(outfile: string = join(root, 'dist/bin/lakehouse.js')): Promise<void> {
  const form = ['--bundle', '--minify', '--platform=node', '--target=node20', '--format=cjs', '--log-level=warning'];
  const external = EXTERNAL.map((name) => `--external:${name}`);
  // a command of its own: esbuild's service inside this process would die of Ctrl-C before us, with a stack trace
  await run(
    join(root, 'node_modules/esbuild/bin/esbuild'),
    [join(root, 'bin/lakehouse.ts'), `--outfile=${outfile}`, `--banner:js=${BANNER}`, ...form, ...external],
    { name: 'esbuild', cwd: root, timeoutMs: 60_000 },
  );
  chmodSync(outfile, 0o755);
}

/**
 * Puts the command of a clone where npx looks first. Without it npx keeps a view of the folder in its cache, and one that was
 * made before there was a command says `lakehouse: not found` ever after.
 */
export function linkCommandLine(clone: string = root): void {
  const packages = join(clone, 'node_modules');
  if (!existsSync(packages)) {
    return;
  }
  mkdirSync(join(packages, '.bin'), { recursive: true });
  const command = join(packages, '.bin/lakehouse');
  // renamed, because what lies there may be a link, or run just now
  writeFileSync(`${command}.${process.pid}`, LAUNCHER, { mode: 0o755 });
  renameSync(`${command}.${process.pid}`, command);
}

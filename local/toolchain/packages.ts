import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { z } from 'zod';
import { LakehouseError } from '../../lib/private/errors';
import { readJson } from '../json';
import { root } from '../paths';
import type { Progress } from '../progress';
import { run } from './command';
import { bundleCommandLine } from './command-line';
import { ensureLibrary } from './library';
import { basePython } from './python';

const MINUTE = 60_000;

/** Where the packages are built into. */
export const packagesDirectory = join(root, 'dist/packages');

/** What is kept of `dist` when it is compiled anew: everything else may be left from a file that is gone. */
const KEPT = new Set(['bin', 'dependencies', 'packages']);

/** The libraries that go along, and what `dist` needs to find to be a package. */
const BUNDLED = ['js-yaml', 'zod'];
const PEERS = ['aws-cdk-lib', 'constructs'];

const manifestShape = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** The built packages. */
export interface Packages {
  /** What `npm install` takes. */
  readonly tarball: string;
  /** What `pip install` takes. */
  readonly wheel: string;
}

/** Compiles everything and builds the npm tarball and the Python wheel into `dist/packages`. */
export async function buildPackages(progress: Progress): Promise<Packages> {
  await progress.step('library', compile);
  await progress.step('command line', () => bundleCommandLine());
  const work = mkdtempSync(join(tmpdir(), 'cdk-lakehouse-package-'));
  try {
    const stage = await progress.step('npm tarball', () => staged(work));
    const tarball = await pack(stage, packagesDirectory);
    const wheel = await progress.step('Python wheel', () => buildWheel(stage, join(work, 'out')));
    return { tarball, wheel };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Puts what jsii compiles in the place of what it compiled before. */
async function compile(): Promise<void> {
  const library = await ensureLibrary();
  const dist = join(root, 'dist');
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist).filter((candidate) => !KEPT.has(candidate))) {
    rmSync(join(dist, name), { recursive: true });
  }
  cpSync(join(library, 'dist'), dist, { recursive: true });
  copyFileSync(join(library, '.jsii'), join(root, '.jsii'));
}

/** The package as a folder: what npm would pack, but with each library that goes along in one file. */
async function staged(work: string): Promise<string> {
  const whole = await pack(root, work);
  await run('tar', ['-xzf', whole, '-C', work], { name: 'tar', timeoutMs: MINUTE });
  const stage = join(work, 'package');
  const modules = join(stage, 'node_modules');
  rmSync(modules, { recursive: true, force: true });
  for (const name of BUNDLED) {
    await slim(name, join(modules, name));
  }
  // for jsii-pacmak, which reads what the API refers to; npm packs only what is bundled
  for (const name of PEERS) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  withoutDevelopment(join(stage, 'package.json'));
  withoutTranslated(join(stage, '.jsii'));
  return stage;
}

/** A library as one file, without types, tests and sources, which are most of it. */
async function slim(name: string, folder: string): Promise<void> {
  const source = join(root, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  const manifest = readJson(join(source, 'package.json'), manifestShape);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, main: 'index.js' }, undefined, 2));
  copyFileSync(join(source, 'LICENSE'), join(folder, 'LICENSE'));
  const entry = join(folder, 'entry.mjs');
  writeFileSync(entry, `export * from ${JSON.stringify(name)};\n`);
  const form = ['--bundle', '--minify', '--platform=node', '--target=node20', '--format=cjs', '--log-level=warning'];
  const esbuild = join(root, 'node_modules/esbuild/bin/esbuild');
  await run(esbuild, [entry, `--outfile=${join(folder, 'index.js')}`, ...form, `--alias:${name}=${source}`], {
    name: `esbuild (${name})`,
    cwd: root,
    timeoutMs: MINUTE,
  });
  rmSync(entry);
}

/** What only a clone can run is no business of who installs the package. */
function withoutDevelopment(file: string): void {
  const manifest: { [key: string]: unknown } = JSON.parse(readFileSync(file, 'utf8'));
  delete manifest.scripts;
  delete manifest.devDependencies;
  delete manifest.overrides;
  writeFileSync(file, `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** An example in TypeScript after which a page has the same in Python. */
const TRANSLATED = /^```ts\n(?:(?!```).*\n)*```\n(?:<!-- end -->\n)?\n<!-- in Python -->\n/gm;

/** Of an example that a page has in both languages the wheel shows the one in Python, not a translation beside it. */
function withoutTranslated(assembly: string): void {
  const pages: unknown = JSON.parse(readFileSync(assembly, 'utf8'), (key, value: unknown) =>
    key === 'markdown' && typeof value === 'string' ? value.replaceAll(TRANSLATED, '') : value,
  );
  writeFileSync(assembly, JSON.stringify(pages, undefined, 2));
}

/** Packs a folder; returns the file. */
async function pack(folder: string, destination: string): Promise<string> {
  mkdirSync(destination, { recursive: true });
  const npm = process.env.npm_execpath === undefined ? ['npm'] : [process.execPath, process.env.npm_execpath];
  const [program = 'npm', ...before] = npm;
  const args = ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', destination];
  const { stdout } = await run(program, [...before, ...args], { name: 'npm pack', cwd: folder, timeoutMs: MINUTE });
  return join(destination, stdout.trim().split('\n').at(-1) ?? '');
}

async function buildWheel(stage: string, out: string): Promise<string> {
  const pacmak = join(root, 'node_modules/jsii-pacmak/bin/jsii-pacmak');
  // examples are written in TypeScript; left as they are, they would still be marked as Python
  const examples = '--rosetta-unknown-snippets=translate';
  await run(process.execPath, [pacmak, '--targets', 'python', examples, '--outdir', out, stage], {
    name: 'jsii-pacmak',
    cwd: stage,
    env: { ...process.env, PATH: [dirname(basePython()), process.env.PATH].join(delimiter) },
    timeoutMs: 5 * MINUTE,
  });
  const built = join(out, 'python');
  const wheel = readdirSync(built).find((name) => name.endsWith('.whl'));
  if (wheel === undefined) {
    throw new LakehouseError(`jsii-pacmak must build a wheel, got ${readdirSync(built).join(', ')}`);
  }
  const target = join(packagesDirectory, wheel);
  copyFileSync(join(built, wheel), target);
  return target;
}

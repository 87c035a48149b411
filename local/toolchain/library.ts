import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../paths';
import { ensureInstalled, hash12 } from './cache';
import { run } from './command';

const MINUTE = 60_000;

/** What jsii reads, beside the packages. */
const INPUTS = ['lib', 'package.json', 'tsconfig.json', 'README.md', 'LICENSE'];

/** What it writes: the API and the compiled files. */
const OUTPUTS = ['.jsii', 'dist'];

/**
 * The library as jsii compiles it, `.jsii` and `dist`; once for the same sources, because the packages and the tests of the API
 * need it, and it takes long.
 *
 * @returns the folder, whose files nobody changes.
 */
export async function ensureLibrary(): Promise<string> {
  const directory = join(root, 'node_modules/.cache/cdk-lakehouse', fingerprint());
  await ensureInstalled({ what: 'the compiled library', directory, bytes: 50_000_000, install: compile });
  return directory;
}

/** Changes with whatever jsii reads. */
function fingerprint(): string {
  const files = [...INPUTS, 'package-lock.json'].flatMap((input) =>
    statSync(join(root, input)).isDirectory()
      ? readdirSync(join(root, input), { recursive: true, encoding: 'utf8' }).map((name) => join(input, name))
      : [input],
  );
  const read = files.filter((name) => statSync(join(root, name)).isFile()).toSorted();
  return hash12(...read.flatMap((name) => [`${name}\0`, readFileSync(join(root, name))]));
}

/** Compiles a copy of the sources, beside which lies nothing that was compiled before. */
async function compile(directory: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'cdk-lakehouse-library-'));
  try {
    INPUTS.forEach((name) => cpSync(join(root, name), join(work, name), { recursive: true }));
    symlinkSync(join(root, 'node_modules'), join(work, 'node_modules'));
    const jsii = join(root, 'node_modules/jsii/bin/jsii');
    await run(process.execPath, [jsii, '--silence-warnings=JSII6'], { name: 'jsii', cwd: work, timeoutMs: 5 * MINUTE });
    OUTPUTS.forEach((name) => cpSync(join(work, name), join(directory, name), { recursive: true }));
    // what it remembers for the next time is of this folder
    rmSync(join(directory, 'dist/tsconfig.tsbuildinfo'), { force: true });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

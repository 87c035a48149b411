/** `npm run synth -- <environment> [--out <directory>]`: synthesizes in this process, with no network and no CLI. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { environments } from '../config';
import { LakehouseError, fail } from '../lib/private';
import { parseSynthArguments } from '../local/options';
import { lakehouseApp } from './app';

/** The file CDK leaves in every directory it synthesizes into. */
const MARKER = 'cdk.out';

/** The names of all that the CDK, its command line and this library write beside it. */
const WRITTEN = [
  /^(cdk\.out|manifest\.json|tree\.json|(policy-)?validation-report\.json|\.cache|synth\.lock|read\..+\.lock)$/,
  /^.+\.(template|assets|metadata)\.json$/,
  /^(asset\.|assembly-|bundling-temp-).+$/,
  /^requirements\.[0-9a-f]{16}\.txt$/,
];

function main(): void {
  const options = parseSynthArguments(process.argv.slice(2));
  if (typeof options === 'number') {
    process.exitCode = options;
    return;
  }
  // before anything is removed
  environments.load(options.environment);
  const out = path.resolve(options.out);
  empty(out, options.out);
  const settings: { context?: { [key: string]: unknown } } = JSON.parse(
    fs.readFileSync(path.join(__dirname, '..', 'cdk.json'), 'utf8'),
  );
  process.env.CDK_OUTDIR = out;
  process.env.CDK_CONTEXT_JSON = JSON.stringify({ ...settings.context, env: options.environment });
  const assembly = lakehouseApp().synth();
  for (const file of fs.readdirSync(assembly.directory).filter((name) => name.endsWith('.template.json'))) {
    const { size } = fs.statSync(path.join(assembly.directory, file));
    console.log(`${path.relative('.', path.join(assembly.directory, file))}  ${(size / 1024).toFixed(0)} kB`);
  }
}

/**
 * Makes the directory, without what an earlier synth left there, so that the same input gives the same files. One that holds
 * anything else is refused: nothing is lost.
 */
function empty(directory: string, given: string): void {
  try {
    fs.mkdirSync(directory, { recursive: true });
    const names = fs.readdirSync(directory);
    refuse(directory, given, names);
    names.forEach((name) => fs.rmSync(path.join(directory, name), { recursive: true }));
    // first of all, so that a synth that fails leaves a directory that is known as its own
    fs.writeFileSync(path.join(directory, MARKER), '');
  } catch (error) {
    if (error instanceof LakehouseError) {
      throw error;
    }
    const got = error instanceof Error ? error.message : directory;
    fail({ path: '--out', must: 'a directory that can be written', got, remedy: 'name another one' });
  }
}

/** Refuses the working directory, one around it, and one with something in it that synth did not write. */
function refuse(directory: string, given: string, names: string[]): void {
  const must = 'an empty directory or one that synth made';
  const toHere = path.relative(fs.realpathSync(directory), fs.realpathSync('.'));
  if (toHere.split(path.sep)[0] !== '..') {
    fail({ path: '--out', must, got: given, remedy: 'name another one' });
  }
  const other = names.includes(MARKER) ? names.find((name) => !WRITTEN.some((form) => form.test(name))) : names[0];
  if (other !== undefined) {
    fail({ path: '--out', must, got: given, remedy: `it holds '${other}': move it away or name another one` });
  }
}

try {
  main();
} catch (error) {
  if (!(error instanceof LakehouseError)) {
    throw error;
  }
  console.error(error.message);
  process.exitCode = 1;
}

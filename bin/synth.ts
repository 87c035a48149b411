/** `npm run synth -- <environment> [--out <directory>]`: synthesizes in this process, with no network and no CLI. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { environments } from '../config';
import { LakehouseError, fail } from '../lib/private';
import { parseSynthArguments } from '../local/options';
import { lakehouseApp } from './app';

/** The file CDK leaves in every directory it synthesizes into. */
const MARKER = 'cdk.out';

function main(): void {
  const options = parseSynthArguments(process.argv.slice(2));
  if (typeof options === 'number') {
    process.exitCode = options;
    return;
  }
  // before anything is removed
  environments.load(options.environment);
  const out = path.resolve(options.out);
  clear(out);
  ensureDirectory(out);
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

/** Removes what an earlier synth left, so that the same input gives the same files; anything else is left alone. */
function clear(directory: string): void {
  if (fs.existsSync(path.join(directory, MARKER))) {
    fs.rmSync(directory, { recursive: true });
  }
}

function ensureDirectory(directory: string): void {
  try {
    fs.mkdirSync(directory, { recursive: true });
  } catch (error) {
    const got = error instanceof Error ? error.message : directory;
    fail({ path: '--out', must: 'a directory that can be written', got, remedy: 'name another one' });
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

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { LakehouseError, problem } from '../lib/private/errors';
import { readJson } from './json';
import { root } from './paths';
import { CommandError, run } from './toolchain/command';

/** Where the templates of an environment come from. */
export interface AssemblyOptions {
  /** A folder that is synthesized already, for example `cdk.out`; the app is then not run. */
  readonly assembly?: string;
  /** Context for the app beside the environment. */
  readonly context?: { readonly [name: string]: string };
}

const settingsShape = z.object({ app: z.string(), context: z.record(z.string(), z.unknown()).default({}) });

/**
 * Does something with the synthesized templates of an environment: those that are there, or those that the app makes.
 *
 * The app of `cdk.json` is run as the CDK's command line would, so that it can be a consumer's own.
 *
 * @throws LakehouseError when the app cannot be synthesized
 */
export async function withAssembly<T>(
  environment: string,
  { assembly, context }: AssemblyOptions,
  use: (directory: string) => T | Promise<T>,
): Promise<T> {
  if (assembly !== undefined) {
    return use(resolve(assembly));
  }
  const directory = mkdtempSync(join(tmpdir(), 'lakehouse-assembly-'));
  try {
    await synthesize(environment, directory, context);
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function synthesize(env: string, directory: string, given: AssemblyOptions['context'] = {}): Promise<void> {
  const file = [resolve('cdk.json'), join(root, 'cdk.json')].find((path) => existsSync(path));
  if (file === undefined) {
    const remedy = 'run this where the app is, or name what is synthesized with --assembly';
    throw new LakehouseError(problem({ path: 'cdk.json', must: 'in this folder', got: undefined, remedy }));
  }
  const { app, context } = readJson(file, settingsShape);
  const variables = { CDK_OUTDIR: directory, CDK_CONTEXT_JSON: JSON.stringify({ ...context, ...given, env }) };
  try {
    await run('sh', ['-c', app], {
      name: app,
      cwd: dirname(file),
      env: { ...process.env, ...variables },
      timeoutMs: 120_000,
    });
  } catch (error) {
    // the app says in one line what is wrong with its input; that says more than how it was run
    throw error instanceof CommandError && error.output.length === 1
      ? new LakehouseError(error.output[0] ?? error.message)
      : error;
  }
  if (readdirSync(directory).length === 0) {
    const must = 'a command that synthesizes into the folder of CDK_OUTDIR';
    const remedy = "take 'outdir' off the App, or name what is synthesized with --assembly";
    throw new LakehouseError(problem({ path: 'app', must, got: app, remedy }));
  }
}

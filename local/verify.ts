import { join } from 'node:path';
import { LakehouseError } from '../lib/private/errors';
import { root, type RunPaths } from './paths';
import { readBack, type ReadbackReport } from './readback';
import { isSame, readState } from './run-state';
import { awsEnvironment } from './services/emulator';
import { run } from './toolchain/command';

/**
 * Reads every property of the running stack back through the AWS API.
 *
 * @throws LakehouseError when no stack is up, or when a property differs from the template.
 */
export async function verify(paths: RunPaths): Promise<ReadbackReport> {
  const state = readState(paths);
  const { endpoint, region, python, stack } = state?.facts ?? {};
  const up = state?.services.every(isSame) === true;
  if (!up || endpoint === undefined || region === undefined || python === undefined || stack === undefined) {
    throw new LakehouseError("no deployed stack is up in this folder; start one with 'npx lakehouse up --keep'");
  }
  const env = { ...awsEnvironment(endpoint, region), PYTHONPATH: join(root, 'local') };
  const logFile = paths.log('verify');
  const runModule = (args: string[]): Promise<unknown> =>
    run(python, ['-m', ...args], { name: 'readback', cwd: paths.run, env, timeoutMs: 3 * 60_000, logFile });
  return readBack(runModule, { endpoint, region, stack, file: paths.file('verify.json') });
}

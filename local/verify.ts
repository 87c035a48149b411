import { join } from 'node:path';
import { COMMAND } from '../lib/private/command';
import { LakehouseError, problem } from '../lib/private/errors';
import { root, type RunPaths } from './paths';
import { readBack, type ReadbackReport } from './readback';
import { standing } from './run-state';
import { awsEnvironment } from './services/emulator';
import { run } from './toolchain/command';

/**
 * Reads every property of the running stack back through the AWS API.
 *
 * @param type only types whose names begin like this, for example `AWS::MSK`.
 * @throws LakehouseError when no stack is up, or when a property differs from the template.
 */
export async function verify(paths: RunPaths, type?: string): Promise<ReadbackReport> {
  const { endpoint, region, python, stack } = standing(paths).facts;
  if (python === undefined || stack === undefined) {
    throw new LakehouseError(`the stack in this folder did not come up; start it again with '${COMMAND} up --keep'`);
  }
  const env = { ...awsEnvironment(endpoint, region), PYTHONPATH: join(root, 'local') };
  const logFile = paths.log('verify');
  const runModule = (args: string[]): Promise<unknown> =>
    run(python, ['-m', ...args], { name: 'readback', cwd: paths.run, env, timeoutMs: 3 * 60_000, logFile });
  const report = await readBack(runModule, { endpoint, region, stack, file: paths.file('verify.json'), type });
  if (report.resources === 0) {
    const remedy = `name the beginning of a type of the stack; '${COMMAND} verify' lists them`;
    throw new LakehouseError(problem({ path: 'type', must: 'like AWS::MSK::Topic', got: type, remedy }));
  }
  return report;
}

/** What was read, a line for each type, and what is only recorded. */
export function verifyText({ types, recorded, resources, properties }: ReadbackReport): string {
  const names = Object.keys(types).toSorted();
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => {
    const count = types[name] ?? { resources: 0, properties: 0 };
    const note = recorded.some((item) => item.type === name)
      ? 'recorded, not emulated'
      : `${String(count.properties).padStart(4)} properties agree`;
    return `${name.padEnd(width)} ${String(count.resources).padStart(4)} resources, ${note}`;
  });
  const all = `${properties} properties of ${resources} resources agree with the template`;
  return [...lines, recorded.length === 0 ? all : `${all}; ${recorded.length} resources are only recorded`].join('\n');
}

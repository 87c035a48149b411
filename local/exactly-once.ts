/** `npm run verify:exactly-once`: installs what the suite in `local/exactly_once` runs on, and plays a campaign. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { guarded } from './interrupt';
import { parseVerifyArguments, type VerifyOptions } from './options';
import { root } from './paths';
import { Progress } from './progress';
import { CommandError, run } from './toolchain/command';
import { ensureJars, jarSets } from './toolchain/jars';
import { ensureEnvironment, environments } from './toolchain/python';
import { ensureTools } from './tools';

/** The longest a campaign may take, in milliseconds; a journal lets it go on. */
const LIMIT_MS = 24 * 60 * 60_000;

async function verify(options: VerifyOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'cdk-lakehouse-verify-'));
  try {
    const { python, env } = await prepare(folder);
    await run(python, ['-m', 'exactly_once', ...argumentsOf(options)], {
      name: 'verify',
      cwd: folder,
      env: { ...process.env, ...env, PYTHONPATH: join(root, 'local'), PYTHONUNBUFFERED: '1' },
      timeoutMs: LIMIT_MS,
      onLine: (line) => console.log(line),
    });
    return 0;
  } catch (error) {
    if (error instanceof CommandError && error.command === 'verify' && error.exitCode !== undefined) {
      return 1; // it has said why
    }
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Installs what is missing, and synthesizes the stack whose tables and settings are tried. */
async function prepare(folder: string): Promise<{ readonly python: string; readonly env: NodeJS.ProcessEnv }> {
  const progress = new Progress();
  const [tools, jobs, loadJars, streamJars] = await Promise.all([
    ensureTools(progress, { kafka: true, orchestrator: 'none' }),
    progress.step('Python environment of the jobs', () => ensureEnvironment(environments.workloads)),
    progress.step('jars of the load', () => ensureJars(jarSets.workloads)),
    progress.step('jars of the streams', () => ensureJars(jarSets.streams)),
  ]);
  const templates = join(folder, 'templates');
  await progress.step('templates of dev', () =>
    run(process.execPath, ['--import', 'tsx', join(root, 'bin/synth.ts'), 'dev', '--out', join(templates, 'dev')], {
      name: 'synth',
      cwd: root,
      env: process.env,
      timeoutMs: 60_000,
    }),
  );
  const env = {
    LAKEHOUSE_JOBS_PYTHON: jobs.python,
    JAVA_HOME: tools.spark.javaHome,
    LAKEHOUSE_KAFKA_JARS: tools.kafkaJars,
    LAKEHOUSE_SPARK_JARS: tools.spark.jars.join(','),
    LAKEHOUSE_JOB_JARS: [loadJars, streamJars].join(','),
    LAKEHOUSE_TEMPLATES: templates,
  };
  return { python: tools.emulator.python, env };
}

/** The same options for the suite, whose working directory is another. */
function argumentsOf({ journal, report, ...options }: VerifyOptions): string[] {
  const files = Object.entries({ journal, report }).map(([name, file]) => [name, file && resolve(file)]);
  return [...Object.entries(options), ...files].flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, String(value)],
  );
}

function main(): Promise<number> {
  const options = parseVerifyArguments(process.argv.slice(2));
  return typeof options === 'number' ? Promise.resolve(options) : verify(options);
}

void guarded(main, (error) => console.error(`✗ ${error instanceof Error ? error.message : String(error)}`)).then(
  (code) => (process.exitCode = code),
);

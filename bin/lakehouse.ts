/**
 * The command line: `npx lakehouse <verb>`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type LockFileOptions, updateLockFile } from '../lib/contracts/update-lock-file';
import { LakehouseError, problem } from '../lib/private/errors';
import { configShape } from '../lib/config/shape';
import type { ExplainOptions } from '../local/config-explain';
import { type CostOptions, costReport } from '../local/cost';
import { down, status } from '../local/down';
import { contractSchema } from '../local/generate/contract-schema';
import { type GenerateOptions, generate, generatedText } from '../local/generate/generate';
import { withUpOptions } from '../local/options';
import { RunPaths, isClone, root } from '../local/paths';
import { Progress } from '../local/progress';
import type { AdoptOptions } from '../local/plan/adopt';
import type { PlanOptions } from '../local/plan/plan';
import { lastSummary } from '../local/show';
import { addStreamCommands } from '../local/stream/commands';
import { buildDependencies } from '../local/toolchain/dependencies';
import { PYTHON_VARIABLE } from '../local/toolchain/python';
import { exitCodeOf, throwing } from '../local/usage';
import { verify, verifyText } from '../local/verify';
import { version } from '../package.json';

/** Refuses what needs the sources where only the package is installed. */
function inClone(verb: string, remedy: string): void {
  if (!isClone()) {
    throw new LakehouseError(problem({ path: verb, must: 'run in a clone', got: 'an installed package', remedy }));
  }
}

/** Runs `npm start`'s program with the same arguments, so that there is one way to start. */
function up(args: string[]): Promise<number> {
  inClone('up', 'clone the repository and run it there; an app that has the package installed is deployed by the CDK');
  return bootstrapped('start', args);
}

/** Explains an environment of `config/`, which an app that has the package installed does not have. */
async function explain(env: string | undefined, options: ExplainOptions): Promise<void> {
  inClone(
    'config explain',
    "the environments are the app's own; 'lakehouse config schema' says what each setting means",
  );
  const { explainConfig } = await import('../local/config-explain.js');
  console.log(explainConfig(await named(env), options));
}

/** Builds what Spark applications take to the cluster, with the Python that the bootstrap finds. */
async function packageDependencies(): Promise<number> {
  if (process.env[PYTHON_VARIABLE] === undefined) {
    return bootstrapped('package-dependencies', []);
  }
  await buildDependencies(new Progress());
  return 0;
}

/** Runs a verb of the bootstrap to its end. */
function bootstrapped(verb: string, args: string[]): Promise<number> {
  const child = spawn(process.execPath, [join(root, 'local/bootstrap.mjs'), verb, ...args], { stdio: 'inherit' });
  // Ctrl-C reaches both; the child cleans up and this process ends as it did
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((done, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => done(code ?? 1));
  });
}

/** The folder of contracts that is asked for. */
function contractsIn(directory: string): string {
  const folder = resolve(directory);
  if (!existsSync(folder)) {
    const remedy = 'name the folder that holds the zones, or run this where it lies';
    throw new LakehouseError(problem({ path: 'contracts', must: 'an existing folder', got: directory, remedy }));
  }
  return folder;
}

function lock(directory: string, options: LockFileOptions): void {
  const { file, written, changes } = updateLockFile(contractsIn(directory), options);
  changes.forEach((change) => console.log(change));
  console.log(written ? `✓ ${file} written; commit it with the contracts` : `✓ ${file} is up to date`);
}

/** Shows what a deploy would do; the exit code says it to a pipeline. */
async function showPlan(environment: string, options: PlanOptions): Promise<number> {
  // the AWS clients are loaded by who needs them only
  const [{ plan }, { planText }] = await Promise.all([
    import('../local/plan/plan.js'),
    import('../local/plan/report.js'),
  ]);
  const found = await plan(environment, options, new RunPaths());
  const colours = process.stdout.isTTY && process.stdout.hasColors();
  console.log(options.json === true ? JSON.stringify(found, undefined, 2) : planText(found, colours));
  return found.exitCode;
}

/** The environment that is asked for; who names none is told which there are, where they are known. */
async function named(env: string | undefined): Promise<string> {
  if (env !== undefined) {
    return env;
  }
  if (!isClone()) {
    const remedy = 'name one of your app';
    throw new LakehouseError(problem({ path: 'env', must: 'the name of an environment', got: env, remedy }));
  }
  // read by who needs it only: what runs can be stopped whatever is being edited
  const { environments } = await import('../config/index.js');
  return environments.load(env).environment;
}

/** The command line; an action that ends with a code of its own tells it to `exit`. */
export function lakehouseProgram(exit: (code: number) => void = () => undefined): Command {
  const program = throwing(new Command('lakehouse'))
    .description('A whole AWS lakehouse on this machine: deploy it, look at it, stop it.')
    .version(version, '--version')
    .helpCommand(false);
  withUpOptions(program.command('up'))
    .description('deploy the stack to an embedded AWS endpoint and run the pipeline on real data, as npm start does')
    .action(async (_options, command: Command) => {
      exit(await up(process.argv.slice(process.argv.indexOf(command.name()) + 1)));
    });
  program
    .command('status')
    .description('what runs in this folder, and how to reach it; exit code 1 when nothing is up')
    .action(() => {
      const found = status(new RunPaths());
      console.log(found.lines.join('\n'));
      exit(found.up ? 0 : 1);
    });
  program
    .command('down')
    .description('stop what runs in this folder; acts on this machine only, never on AWS')
    .action(async () => console.log(await down(new RunPaths())));
  program
    .command('verify')
    .description('read every property of the running stack back through the AWS API and compare it with the template')
    .argument('[type]', 'only types whose names begin like this, for example AWS::MSK')
    .action(async (type?: string) => console.log(verifyText(await verify(new RunPaths(), type))));
  program
    .command('summary')
    .description('what the last run in this folder did: loads, checks, gold, the stream, and where its page is')
    .action(() => console.log(lastSummary(new RunPaths())));
  program
    .command('lineage')
    .description(
      'what a table or a column of the running stack is made from, back to its source, by the OpenLineage events of its jobs',
    )
    .argument('<name>', 'for example silver.flights or silver.flights.dep_delay')
    .action(async (name: string) => {
      // the AWS clients are loaded by who needs them only
      const { lineage } = await import('../local/lineage.js');
      console.log(await lineage(new RunPaths(), name));
    });
  addStreamCommands(program, { paths: () => new RunPaths(), named, exit });
  program
    .command('lock')
    .description('give new columns and tables of the contracts their ids, in schema.lock.json')
    .argument('[contracts]', 'the folder of contracts', 'contracts')
    .option('--check', 'write nothing, and fail when the file is stale')
    .action(lock);
  program
    .command('plan')
    .description(
      'what a deploy would do to the Iceberg tables of an environment, and what was changed outside of deploys; reads only. ' +
        'Exit code 0: no change, 2: changes, 3: a table drifted, or a deploy would be refused or lose something. Asks AWS by the usual credentials, or the stack that is ' +
        'up in this folder when it is of that environment and neither --endpoint nor --region is given.',
    )
    .argument('[env]', 'the environment')
    .option('--endpoint <url>', 'another AWS endpoint, for example http://127.0.0.1:4566')
    .option('--region <name>', "the region instead of the environment's")
    .option('--assembly <folder>', 'a folder that is synthesized already, for example cdk.out')
    .option('--json', 'for programs')
    .action(async (env: string | undefined, options: PlanOptions) => exit(await showPlan(await named(env), options)));
  program
    .command('adopt')
    .description(
      'write the contract and the lock entry of an Iceberg table that exists already, with the ids that it has; ' +
        'asks AWS by the usual credentials unless --endpoint is given, and changes nothing there',
    )
    .argument('<table>', 'database and table, for example sales.orders')
    .requiredOption('--zone <name>', 'the zone that it belongs to: bronze, silver or gold')
    .option('--domain <name>', 'its data domain (default: that of its folder <domain>/<table>)')
    .option('--contracts <folder>', 'the folder of contracts', 'contracts')
    .option('--endpoint <url>', 'another AWS endpoint, for example http://127.0.0.1:4566')
    .option('--region <name>', 'the region, where the SDK does not find it')
    .action(async (table: string, options: AdoptOptions) => {
      const { adopt } = await import('../local/plan/adopt.js');
      console.log((await adopt(table, options)).join('\n'));
    });
  program
    .command('generate')
    .description(
      'write what other tools need from the contracts: dbt sources, Glue Data Quality rulesets, JSON Schemas',
    )
    .argument('[contracts]', 'the folder of contracts', 'contracts')
    .option('--dbt <file>', "the file of dbt's sources, in your project (default: generated/dbt/silver.yml there)")
    .option('--check', 'write nothing, and fail when a file is stale')
    .action((directory: string, options: GenerateOptions) =>
      console.log(generatedText(generate(contractsIn(directory), options))),
    );
  const contracts = program.command('contracts').description('what contracts are').helpCommand(false);
  contracts
    .command('schema')
    .description('the JSON Schema of a contract file, for editors')
    .action(() => console.log(JSON.stringify(contractSchema(), undefined, 2)));
  program
    .command('package-dependencies')
    .description('build the Python packages and jars that Spark applications take to the cluster, for synth to find')
    .action(async () => exit(await packageDependencies()));
  program
    .command('cost')
    .description('estimate what an environment costs in a month, and what a plain one with the same work would')
    .argument('[env]', 'the environment')
    .option('--json', 'figures for programs')
    .option('--assume <file>', 'a JSON file of assumptions, for example {"taskDuty": 0.4}')
    .option('--assembly <folder>', 'a folder that is synthesized already, for example cdk.out')
    .action(async (env: string | undefined, options: CostOptions) =>
      console.log(await costReport(await named(env), options)),
    );
  const config = program.command('config').description('what the settings of an environment are').helpCommand(false);
  config
    .command('explain')
    .description('every setting of an environment: its value, whether it is set or a default, and what it means')
    .argument('[env]', 'the environment')
    .argument('[setting]', 'only this section or setting, for example kafka or kafka.storageGib')
    .option('--json', 'for programs')
    .action((env: string | undefined, setting: string | undefined, options: ExplainOptions) =>
      explain(env, { ...options, setting }),
    );
  config
    .command('schema')
    .description('the JSON Schema of a config, for editors')
    .action(() => console.log(JSON.stringify(configShape(), undefined, 2)));
  return program;
}

async function main(): Promise<number> {
  let code = 0;
  const program = lakehouseProgram((ended) => (code = ended));
  try {
    await program.parseAsync();
  } catch (error) {
    return exitCodeOf(error, program);
  }
  return code;
}

/** Who reads may have seen enough, as `head` has: that is no error of ours, and the exit code still says what was found. */
function unwritten(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') {
    console.error(`✗ ${error.message}`);
    process.exit(1);
  }
}

if (require.main === module) {
  process.stdout.on('error', unwritten);
  // the SDK's notice about future Node versions is for developers of this project, not for its users
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  void main().then(
    (code) => (process.exitCode = code),
    (error: unknown) => {
      console.error(`✗ ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    },
  );
}

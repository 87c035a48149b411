import { mkdirSync } from 'node:fs';
import { dirname, delimiter, join } from 'node:path';
import { LakehouseError } from '../lib/private/errors';
import { root } from './paths';
import type { Report } from './progress';
import { awsEnvironment } from './services/emulator';
import { CommandError, run } from './toolchain/command';

/** The endpoint a stack is deployed to. */
export interface DeployTarget {
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  readonly environment: string;
  /** A folder of the run: the CLI's home and the cloud assembly. */
  readonly directory: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
}

/** `3/64 | 10:31:02 | CREATE_COMPLETE | AWS::S3::Bucket | Storage/Landing (…)`, behind the stack's name. */
const EVENT = /\|\s*(\d+)\/(\d+)\s*\|[^|]*\|\s*([A-Z_]+)\s*\|\s*([\w:]+)\s*\|\s*(.*)$/;

/** The name of the stack of an environment, as `bin/app.ts` gives it. */
export function stackName(environment: string): string {
  return `Lakehouse-${environment}`;
}

/** Runs `cdk bootstrap` with the pinned CLI. */
export async function bootstrap(target: DeployTarget): Promise<void> {
  // away from cdk.json: the account is named, so the app need not be synthesized first
  await cdk({ ...target, cwd: target.directory }, 'cdk bootstrap', [
    'bootstrap',
    `aws://${target.accountId}/${target.region}`,
  ]);
}

/** Synthesizes the app into the run's cloud assembly; needs no endpoint. */
export async function synthesize(target: DeployTarget): Promise<void> {
  // the second of the two keys to data that can be destroyed: only the local environment turns it
  const context = ['-c', `env=${target.environment}`, '-c', '@cdk-lakehouse:allowDestroy=true'];
  try {
    await cdk(target, 'cdk synth', ['synth', '--quiet', ...context, '--output', assembly(target)]);
  } catch (error) {
    throw explainSynthError(error);
  }
}

/** The problems the app found, without the CLI around them; any other error as it is. */
export function explainSynthError(error: unknown): unknown {
  if (!(error instanceof CommandError)) {
    return error;
  }
  const first = error.output.findIndex((line) => /' must be .+, got .+; |^\d+ problems? in /.test(line));
  const said = error.output.slice(first).filter((line) => !/Subprocess exited with error/.test(line));
  const isStackTrace = said.some((line) => /^\s+at /.test(line));
  return first < 0 || isStackTrace ? error : new LakehouseError(said.join('\n').trim());
}

/**
 * Runs `cdk deploy` with the pinned CLI on the synthesized app.
 *
 * @throws LakehouseError that names the resources that failed and why.
 */
export async function deploy(target: DeployTarget, report: Report): Promise<void> {
  const args = ['deploy', '--app', assembly(target), '--require-approval', 'never', '--progress', 'events', '--all'];
  try {
    await cdk(target, 'cdk deploy', args, (line) => {
      const event = EVENT.exec(line);
      if (event !== null) {
        report(`${event[1]} of ${event[2]} resources`);
      }
    });
  } catch (error) {
    throw explainDeployError(error);
  }
}

/** Puts the resources that failed, with their reasons, before everything else the CLI wrote. */
export function explainDeployError(error: unknown): unknown {
  if (!(error instanceof CommandError)) {
    return error;
  }
  const failures = failedResources(error.output);
  if (failures.length === 0) {
    return error;
  }
  const list = failures.map((failure) => `  - ${failure}`).join('\n');
  return new LakehouseError(
    `${failures.length} resource${failures.length === 1 ? '' : 's'} could not be deployed:\n${list}\n${error.message}`,
  );
}

/** The resources that failed by themselves, not those that were cancelled because of them. */
export function failedResources(output: string[]): string[] {
  const found = output.flatMap((line) => {
    const event = EVENT.exec(line);
    const failed = event?.[3]?.endsWith('_FAILED') === true && !/cancelled/i.test(event[5] ?? '');
    return failed ? [`${event[4]} ${event[5]?.trim()}`] : [];
  });
  return [...new Set(found)];
}

function assembly(target: DeployTarget): string {
  return join(target.directory, 'cdk.out');
}

/** Runs the pinned CLI against the endpoint, with nothing of the user's own settings. */
export async function cdk(
  target: DeployTarget & { readonly cwd?: string },
  name: string,
  args: string[],
  onLine?: (line: string) => void,
): Promise<void> {
  const home = join(target.directory, 'home');
  mkdirSync(home, { recursive: true });
  await run(
    process.execPath,
    [join(root, 'node_modules/aws-cdk/bin/cdk'), ...args, '--ci', '--no-color', '--no-notices'],
    {
      name,
      cwd: target.cwd ?? root,
      env: {
        ...awsEnvironment(target.endpoint, target.region),
        ...target.env,
        // the CLI remembers accounts by key in its home; `test` must not be remembered for the user
        HOME: home,
        PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
        CDK_DEFAULT_ACCOUNT: target.accountId,
        CDK_DEFAULT_REGION: target.region,
        CDK_DISABLE_CLI_TELEMETRY: 'true',
      },
      timeoutMs: 10 * 60_000,
      logFile: target.logFile,
      onLine,
    },
  );
}

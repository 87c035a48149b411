import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { bootstrap, cdk, type DeployTarget } from '../../local/deploy';
import { root } from '../../local/paths';
import { type Emulator, awsEnvironment, startEmulator } from '../../local/services/emulator';
import { freePort } from '../../local/services/ports';
import { run } from '../../local/toolchain/command';
import { ensureEnvironment, environments } from '../../local/toolchain/python';

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const APP = join(root, 'test/integ/evolving-app.ts');
const MINUTE = 60_000;

/** A row as JSON has it: dates, moments and decimals are texts. */
export type Row = Readonly<Record<string, unknown>>;

/** A table as pyiceberg sees it. */
export interface TableHistory {
  /** Name and type of each column. */
  readonly columns: string[];
  readonly partition: string[];
  readonly order: string[];
  readonly rows: Row[];
  /** The rows of each snapshot, oldest first, with the columns of its time. */
  readonly snapshots: Row[][];
}

/** An endpoint and, deployed on it by the real `cdk deploy`, a small app whose contracts a test changes. */
export class EvolvingLake {
  /** Starts the endpoint and bootstraps it. */
  static async start(): Promise<EvolvingLake> {
    const folder = mkdtempSync(join(tmpdir(), 'cdk-lakehouse-evolving-'));
    const environment = await ensureEnvironment(environments.emulator);
    const emulator = await startEmulator({
      port: await freePort(),
      region: REGION,
      accountId: ACCOUNT,
      directory: join(folder, 'endpoint'),
      logFile: join(folder, 'endpoint.log'),
      environment,
      env: {},
    });
    const lake = new EvolvingLake(folder, emulator, environment.python);
    await bootstrap(lake.target);
    return lake;
  }

  /** The folder of the contracts. */
  readonly contracts: string;

  private readonly client: CloudFormationClient;

  private constructor(
    private readonly folder: string,
    private readonly emulator: Emulator,
    private readonly python: string,
  ) {
    this.contracts = join(folder, 'contracts');
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    this.client = new CloudFormationClient({ endpoint: emulator.endpoint, region: REGION, credentials });
  }

  /** Replaces the contracts of these paths. */
  write(documents: Readonly<Record<string, unknown>>): void {
    for (const [path, document] of Object.entries(documents)) {
      const file = join(this.contracts, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, JSON.stringify(document, undefined, 2));
    }
  }

  /** Runs `cdk deploy`, which synthesizes the app first; fails as it fails. */
  async deploy(): Promise<void> {
    const app = `${process.execPath} --import tsx ${APP} ${this.contracts}`;
    const args = ['deploy', '--all', '--app', app, '--output', join(this.folder, 'cdk.out')];
    await cdk(this.target, 'cdk deploy', [...args, '--require-approval', 'never']);
  }

  /** When each stack was last changed. */
  async changedAt(): Promise<string[]> {
    const { Stacks = [] } = await this.client.send(new DescribeStacksCommand({}));
    return Stacks.map(({ StackName = '', StackStatus, CreationTime, LastUpdatedTime }) =>
      [StackName, StackStatus, (LastUpdatedTime ?? CreationTime)?.toISOString()].join(' '),
    );
  }

  /** Tables of zone gold, with all rows they have and had; then the rows given for each are added. */
  async history(added: Readonly<Record<string, Row[]>>): Promise<Record<string, TableHistory>> {
    const args = ['history', this.emulator.endpoint, 'evolving_gold', JSON.stringify(added)];
    const { stdout } = await run(this.python, [join(root, 'test/support/tables.py'), ...args], {
      name: 'history',
      cwd: this.folder,
      env: { ...awsEnvironment(this.emulator.endpoint, REGION), PYTHONPATH: join(root, 'local') },
      timeoutMs: MINUTE,
    });
    return JSON.parse(stdout) as Record<string, TableHistory>;
  }

  /** Ends the endpoint, and all that was on it with it. */
  async stop(): Promise<void> {
    this.client.destroy();
    await this.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get target(): DeployTarget {
    return {
      endpoint: this.emulator.endpoint,
      region: REGION,
      accountId: ACCOUNT,
      environment: 'evolving',
      directory: this.folder,
      logFile: join(this.folder, 'cdk.log'),
      // templates are validated in test/compliance, which takes seconds
      env: { CDK_VALIDATION: 'false' },
    };
  }
}

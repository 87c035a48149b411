import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plan } from '../../../local/plan/plan';
import { stacksIn } from '../../../local/plan/synthesized';
import { RunPaths } from '../../../local/paths';
import { startTime } from '../../../local/services/groups';
import { temporaryDirectory } from '../../support/temporary';
import { AnsweringEndpoint, xmlRefusal } from './endpoint';

let endpoint: AnsweringEndpoint;

beforeAll(async () => {
  endpoint = await AnsweringEndpoint.start();
  endpoint.answering = () => xmlRefusal('AccessDenied', 'not yours');
});

afterAll(() => endpoint.stop());

function write(file: string, value: object): void {
  writeFileSync(file, JSON.stringify(value));
}

/** A stack as a manifest has it, under another name than that of its template. */
function artifact(name: string, environment: string): object {
  const properties = { templateFile: `${name}.template.json`, stackName: `My${name}` };
  return { type: 'aws:cloudformation:stack', environment, properties };
}

/** A cloud assembly with a stack, and one with another stack in a stage. */
function assembly(): string {
  const folder = temporaryDirectory();
  const stage = join(folder, 'assembly-Prod');
  mkdirSync(stage);
  write(join(folder, 'Lake.template.json'), { Resources: {} });
  write(join(stage, 'Deep.template.json'), { Resources: {} });
  const nested = { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } };
  const tree = { type: 'cdk:tree', properties: { file: 'tree.json' } };
  const artifacts = { Lake: artifact('Lake', 'aws://unknown-account/unknown-region'), Stage: nested, Tree: tree };
  write(join(folder, 'manifest.json'), { version: '1', artifacts });
  write(join(stage, 'manifest.json'), { version: '1', artifacts: { Deep: artifact('Deep', 'aws://1/eu-west-1') } });
  return folder;
}

/** A folder in which the stack of dev is up. */
function folderWithStack(): RunPaths {
  const paths = new RunPaths(temporaryDirectory());
  mkdirSync(paths.run, { recursive: true });
  const alive = { name: 'endpoint', pid: process.pid, startTime: startTime(process.pid) ?? null };
  const state = {
    version: 1,
    marker: 'm',
    phase: 'kept',
    startedAt: '',
    environment: 'dev',
    owner: alive,
    temporary: [],
  };
  const facts = { endpoint: endpoint.url, region: 'eu-west-1' };
  write(paths.state, { ...state, services: [alive], facts });
  return paths;
}

describe('plan', () => {
  test('asks the stack that is up in this folder, when it is of that environment', async () => {
    await expect(plan('dev', { assembly: assembly() }, folderWithStack())).rejects.toThrow(
      "'credentials' must be allowed cloudformation:DescribeStacks on stack 'MyLake', got \"",
    );
  });

  test('asks the endpoint that is named before that', async () => {
    const named = { assembly: assembly(), endpoint: 'http://127.0.0.1:1', region: 'eu-west-1' };
    await expect(plan('dev', named, folderWithStack())).rejects.toThrow('got "http://127.0.0.1:1"');
  });

  test('fails when the folder holds no synthesized app', async () => {
    const nothing = { assembly: temporaryDirectory() };
    await expect(plan('dev', nothing, folderWithStack())).rejects.toThrow(
      "'assembly' must be a folder with a synthesized app",
    );
  });
});

describe('stacksIn', () => {
  test('finds the stacks of stages too, by the names and in the regions that they are deployed by', () => {
    expect(stacksIn(assembly()).map(({ name, region }) => [name, region])).toEqual([
      ['MyLake', undefined],
      ['MyDeep', 'eu-west-1'],
    ]);
  });
});

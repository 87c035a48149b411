import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { root } from '../../local/paths';
import { PYTHON_VARIABLE, basePython, ensureUv, uvEnvironment } from '../../local/toolchain/python';
import { temporaryDirectory } from '../support/temporary';

/** The newest of PyPI, which trails npm: the oldest that the package takes. */
const PYTHON_CDK = 'aws-cdk-lib==2.275.0';

const LIMIT_MS = 280_000;

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  readonly output: string;
}

/** A folder of somebody else, with nothing of this repository in it but what was installed. */
export abstract class Consumer {
  readonly directory = temporaryDirectory();

  constructor() {
    // contracts and settings are theirs; these are the same as ours, so that what comes out can be compared
    fs.cpSync(path.join(root, 'contracts'), this.file('contracts'), { recursive: true });
    fs.copyFileSync(path.join(root, 'cdk.json'), this.file('cdk.json'));
  }

  /** Runs the command line of the package. */
  abstract lakehouse(...args: string[]): Ended;

  file(...names: string[]): string {
    return path.join(this.directory, ...names);
  }

  write(name: string, lines: string[]): void {
    fs.mkdirSync(path.dirname(this.file(name)), { recursive: true });
    fs.writeFileSync(this.file(name), `${lines.join('\n')}\n`);
  }

  run(program: string, args: string[], env: NodeJS.ProcessEnv = {}): Ended {
    const { status, stdout, stderr } = spawnSync(program, args, {
      cwd: this.directory,
      encoding: 'utf8',
      timeout: LIMIT_MS,
      env: { ...process.env, CDK_OUTDIR: undefined, NODE_PATH: undefined, [PYTHON_VARIABLE]: undefined, ...env },
    });
    return { status, output: `${stdout}${stderr}` };
  }

  /** The templates in a folder, those of nested stacks too, by file name. */
  templatesIn(assembly: string): { [file: string]: string } {
    const files = fs.readdirSync(this.file(assembly)).filter((name) => name.endsWith('.template.json'));
    return Object.fromEntries(
      files.toSorted().map((name) => [name, fs.readFileSync(this.file(assembly, name), 'utf8')]),
    );
  }
}

/** An app in TypeScript, with the tarball installed and the CDK beside it. */
export class TypeScriptConsumer extends Consumer {
  constructor(tarball: string) {
    super();
    this.write('package.json', ['{ "name": "their-app", "version": "1.0.0", "private": true }']);
    const npm = process.env.npm_execpath === undefined ? ['npm'] : [process.execPath, process.env.npm_execpath];
    const [program = 'npm', ...before] = npm;
    // what the package needs beside itself is what every CDK app has; it is not fetched again
    const args = ['install', tarball, '--offline', '--legacy-peer-deps', '--no-audit', '--no-fund', '--ignore-scripts'];
    succeeded(this.run(program, [...before, ...args]));
    for (const name of ['aws-cdk-lib', 'constructs', '@types/node', 'undici-types']) {
      const target = this.file('node_modules', name);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.symlinkSync(path.join(root, 'node_modules', name), target);
    }
  }

  /** Checks and compiles files into `out`. */
  compile(...files: string[]): Ended {
    const compilerOptions = { target: 'es2022', module: 'node16', strict: true, types: ['node'], outDir: 'out' };
    this.write('tsconfig.json', [JSON.stringify({ compilerOptions, files })]);
    return this.run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json']);
  }

  /** Runs their tests. */
  jest(): Ended {
    const jest = path.join(root, 'node_modules/jest/bin/jest.js');
    return this.run(process.execPath, [jest, '--rootDir', this.directory, '--ci=false', '--testMatch', '**/*.test.js']);
  }

  lakehouse(...args: string[]): Ended {
    return this.run(this.file('node_modules', '.bin', 'lakehouse'), args);
  }
}

/** An app in Python, with the wheel and the CDK of PyPI in an environment of its own. */
export class PythonConsumer extends Consumer {
  /** Installs the wheel. */
  static async create(wheel: string): Promise<PythonConsumer> {
    const consumer = new PythonConsumer();
    const uv = await ensureUv();
    succeeded(consumer.run(uv, ['venv', '--python', basePython(), '.venv'], uvEnvironment()));
    const install = ['pip', 'install', '--python', consumer.program('python'), wheel, PYTHON_CDK];
    succeeded(consumer.run(uv, install, uvEnvironment()));
    return consumer;
  }

  program(name: string): string {
    return this.file('.venv', 'bin', name);
  }

  lakehouse(...args: string[]): Ended {
    // as apps do by themselves; programs unpack the whole CDK each time
    return this.run(this.program('lakehouse'), args, { JSII_RUNTIME_PACKAGE_CACHE: 'enabled' });
  }
}

/** Fails with what the program wrote when it failed. */
export function succeeded({ status, output }: Ended): string {
  if (status !== 0) {
    throw new Error(`ended with ${status}:\n${output}`);
  }
  return output;
}

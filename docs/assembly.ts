import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '..');

/** What jsii writes. */
const ASSEMBLY = '.jsii';

/** What jsii reads, beside the packages. */
const INPUTS = ['lib', 'package.json', 'tsconfig.json', 'README.md', 'LICENSE'];

export interface Docs {
  readonly summary?: string;
  readonly remarks?: string;
  readonly default?: string;
}

export interface Member {
  readonly name: string;
  readonly docs?: Docs;
  readonly static?: boolean;
  /** The type that it is inherited from, whose documentation it has. */
  readonly overrides?: string;
}

/** As jsii writes a type. */
export interface TypeReference {
  readonly primitive?: string;
  readonly fqn?: string;
  readonly collection?: { readonly kind: 'array' | 'map'; readonly elementtype: TypeReference };
}

export interface Property extends Member {
  readonly type: TypeReference;
  readonly optional?: boolean;
  readonly immutable?: boolean;
  readonly locationInModule?: { readonly line: number };
}

export interface Parameter {
  readonly name: string;
  readonly type: { readonly fqn?: string };
  readonly optional?: boolean;
}

export interface Method extends Member {
  readonly parameters?: Parameter[];
  readonly returns?: { readonly type: { readonly fqn?: string } };
}

/** A public type, as jsii describes it. */
export interface ApiType {
  readonly fqn: string;
  readonly name: string;
  readonly kind: 'class' | 'interface' | 'enum';
  readonly namespace?: string;
  /** Whether it is an interface of values only. */
  readonly datatype?: boolean;
  readonly docs?: Docs;
  readonly base?: string;
  readonly interfaces?: string[];
  readonly initializer?: Method;
  readonly properties?: Property[];
  readonly methods?: Method[];
  readonly members?: Member[];
}

/** The public API. */
export interface Assembly {
  readonly types: { readonly [fqn: string]: ApiType };
  readonly submodules: { readonly [name: string]: unknown };
}

/** The public API; compiled once for the same sources, because that takes longer than all tests of it. */
export function readAssembly(): Assembly {
  const kept = path.join(ROOT, 'node_modules', '.cache', 'cdk-lakehouse', `${fingerprint()}${ASSEMBLY}`);
  if (!fs.existsSync(kept)) {
    fs.mkdirSync(path.dirname(kept), { recursive: true });
    // Renamed when it is whole, because tests of another run may be reading.
    const part = `${kept}.${process.pid}`;
    const directory = compiled();
    fs.copyFileSync(path.join(directory, ASSEMBLY), part);
    fs.rmSync(directory, { recursive: true, force: true });
    fs.renameSync(part, kept);
  }
  return JSON.parse(fs.readFileSync(kept, 'utf8'));
}

/** Changes with whatever jsii reads. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const files = INPUTS.flatMap((input) =>
    fs.statSync(path.join(ROOT, input)).isDirectory()
      ? fs
          .readdirSync(path.join(ROOT, input), { recursive: true, encoding: 'utf8' })
          .map((name) => path.join(input, name))
      : [input],
  );
  for (const file of [...files, 'package-lock.json'].filter((name) => fs.statSync(path.join(ROOT, name)).isFile())) {
    hash.update(`${file}\0`).update(fs.readFileSync(path.join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 16);
}

/** A folder with the compiled sources. */
function compiled(): string {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'cdk-lakehouse-api-'));
  for (const name of INPUTS) {
    fs.cpSync(path.join(ROOT, name), path.join(directory, name), { recursive: true });
  }
  const packages = path.join(ROOT, 'node_modules');
  fs.symlinkSync(packages, path.join(directory, 'node_modules'));
  const jsii = path.join(packages, 'jsii', 'bin', 'jsii');
  const { status, stdout, stderr } = spawnSync(process.execPath, [jsii, '--silence-warnings=JSII6'], {
    cwd: directory,
    encoding: 'utf8',
  });
  if (status !== 0) {
    throw new Error(`jsii ended with ${status}:\n${stdout}${stderr}`);
  }
  return directory;
}

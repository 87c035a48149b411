import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureLibrary } from '../local/toolchain/library';

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

/** The public API, as jsii describes it. */
export async function readAssembly(): Promise<Assembly> {
  return JSON.parse(readFileSync(join(await ensureLibrary(), '.jsii'), 'utf8'));
}

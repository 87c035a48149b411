import * as fs from 'node:fs';
import { resolve } from 'node:path';
import { type Problem, didYouMean } from '../private';
import type { LakehouseConfig } from './lakehouse-config';

/** The schema, beside the sources from which `npm run docs` writes it. */
const SCHEMA = resolve(__dirname, '..', '..', 'lib', 'config', 'config-schema.json');

/** What this library uses of JSON Schema; `npm run docs` writes the schema from the interfaces of the sections. */
export interface Shape {
  readonly type: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: string[];
  readonly properties?: { readonly [member: string]: Shape };
  readonly required?: string[];
  readonly items?: Shape;
  readonly additionalProperties?: boolean | Shape;
}

/** What the whole is called. */
export const ROOT = 'config';

/** A value that is not what the schema says. */
export interface ShapeProblem extends Problem {
  /** Whether it is a setting that there is not, and the others can be read all the same. */
  readonly isUnknown: boolean;
}

let loaded: Shape | undefined;

/** The shape of a config, with what each member means; read when it is first asked for. */
export function configShape(): Shape {
  const shape: Shape = loaded ?? JSON.parse(fs.readFileSync(SCHEMA, 'utf8'));
  loaded = shape;
  return shape;
}

/**
 * Members that no section has, that are missing, or that hold the wrong kind of value. TypeScript refuses them in a
 * literal, but values also come from files and from Python.
 */
export function shapeProblems(config: LakehouseConfig): ShapeProblem[] {
  return problemsOf(ROOT, config, configShape());
}

function problemsOf(path: string, value: unknown, shape: Shape): ShapeProblem[] {
  if (!isOfType(value, shape.type)) {
    const remedy = 'correct it or leave it out';
    return [{ path, must: NOUNS[shape.type] ?? shape.type, got: value, remedy, isUnknown: false }];
  }
  if (Array.isArray(value)) {
    const { items } = shape;
    return items === undefined ? [] : value.flatMap((item, index) => problemsOf(`${path}[${index}]`, item, items));
  }
  return typeof value === 'object' && value !== null ? membersOf(path, value, shape) : [];
}

function membersOf(path: string, value: object, { properties, required = [], additionalProperties }: Shape) {
  const prefix = path === ROOT ? '' : `${path}.`;
  const given = Object.entries(value).filter(([, member]: [string, unknown]) => member !== undefined);
  const missing = required
    .filter((member) => !given.some(([name]) => name === member))
    .map((member) => missingMember(`${prefix}${member}`));
  const found = given.flatMap(([member, got]: [string, unknown]): ShapeProblem[] => {
    const shape = properties?.[member] ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
    return shape === undefined
      ? [unknownMember(`${prefix}${member}`, got, Object.keys(properties ?? {}))]
      : problemsOf(`${prefix}${member}`, got, shape);
  });
  return [...missing, ...found];
}

function missingMember(path: string): ShapeProblem {
  return { path, must: 'given', got: undefined, remedy: 'it has no default', isUnknown: false };
}

const NOUNS: { readonly [type: string]: string } = {
  string: 'a text',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a section with members',
};

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function unknownMember(path: string, got: unknown, known: string[]): ShapeProblem {
  const member = path.split('.').at(-1) ?? path;
  return {
    path,
    must: 'left out, because there is no such setting',
    got,
    remedy: /^auto_?terminat|^idle/i.test(member)
      ? 'a standing cluster never ends by itself: managed scaling shrinks it to its core, and CloudFormation owns the rest'
      : didYouMean(member, known),
    isUnknown: true,
  };
}

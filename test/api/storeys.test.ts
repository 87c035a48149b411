import * as fs from 'node:fs';
import * as path from 'node:path';

const LIB = path.resolve(__dirname, '..', '..', 'lib');

/** The rooms in the order of the house: each may use those before it, and nothing behind their front doors. */
const ROOMS = [
  'private',
  'contracts',
  'foundation',
  'storage',
  'catalog',
  'streaming',
  'processing',
  'orchestration',
  'quality',
  'governance',
  'consumption',
  'observability',
  'cost',
  'pipelines',
  'compliance',
  'testing',
  'config',
];

/** Rooms that hold plain values, so that what is not CDK can use them. */
const PURE = new Set(['private', 'contracts']);

/** What else the library is made of. */
const PACKAGES = new Set(['constructs', 'js-yaml', 'zod']);

const IMPORT = /^(?:import|export)\b[^;]*?\bfrom '([^']+)'|\b(?:import|require)\('([^']+)'\)/gm;

interface Source {
  /** The file below lib. */
  readonly file: string;
  /** The room, or nothing for the files at the top. */
  readonly room: string | undefined;
  readonly text: string;
  /** The text without comments. */
  readonly code: string;
  /** What it imports and re-exports, types too. */
  readonly imports: string[];
}

function sourceOf(file: string, text: string): Source {
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
  return {
    file,
    room: file.includes('/') ? file.split('/')[0] : undefined,
    text,
    code,
    imports: [...code.matchAll(IMPORT)].map(([, statement, call]) => statement ?? call ?? ''),
  };
}

const SOURCES = fs
  .readdirSync(LIB, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => sourceOf(file.split(path.sep).join('/'), fs.readFileSync(path.join(LIB, file), 'utf8')));

/** What a file imports against the rules of the house. */
function trespasses({ file, room, imports }: Source): string[] {
  return imports.filter((from) => !allowed(file, room, from)).map((from) => `${file}: ${from}`);
}

function allowed(file: string, room: string | undefined, from: string): boolean {
  if (!from.startsWith('.')) {
    const cdk = /^aws-cdk-lib\/(core|aws-[a-z0-9-]+)$/.test(from) || from === 'constructs';
    return cdk ? !PURE.has(room ?? '') || from === 'constructs' : from.startsWith('node:') || PACKAGES.has(from);
  }
  // Where it leads, from the top of lib: a room may have folders.
  const target = path.posix.join(path.posix.dirname(file), from);
  if (room === undefined) {
    return target === 'lakehouse-stack' || ROOMS.includes(target);
  }
  if (target.startsWith(`${room}/`)) {
    return /^[a-z0-9/-]+(\.json)?$/.test(target);
  }
  return ROOMS.includes(target) && ROOMS.indexOf(target) < ROOMS.indexOf(room);
}

/** The files whose code has the pattern, and where. */
function filesWith(pattern: RegExp, except: string[] = []): string[] {
  return SOURCES.filter(({ file, code }) => !except.includes(file) && pattern.test(code)).map(({ file }) => file);
}

describe('The house', () => {
  test('has only rooms that are known, each with a front door and a guide', () => {
    const rooms = [...new Set(SOURCES.flatMap(({ room }) => (room === undefined ? [] : [room])))];
    expect(rooms.filter((room) => !ROOMS.includes(room))).toEqual([]);
    for (const room of rooms) {
      expect(fs.readdirSync(path.join(LIB, room))).toEqual(expect.arrayContaining(['index.ts', 'README.md']));
    }
  });

  test('lets a room use earlier rooms only, and through their front door', () => {
    expect(SOURCES.flatMap(trespasses)).toEqual([]);
  });

  test.each([
    ['storage/a.ts', "import { IcebergTable } from '../catalog';"],
    ['catalog/a.ts', "import { StorageTier } from '../storage/zone-lifecycle';"],
    ['contracts/a.ts', "import { Duration } from 'aws-cdk-lib/core';"],
    ['storage/a.ts', "import { Stack } from 'aws-cdk-lib';"],
    ['storage/a.ts', "import dayjs from 'dayjs';"],
    ['storage/a.ts', "export * from '../../config';"],
    ['config/sections/a.ts', "import { StorageTier } from '../../storage/zone-lifecycle';"],
    ['storage/a.ts', "import { Key } from '../storage';"],
  ])('sees a trespass: %s with %s', (file, text) => {
    expect(trespasses(sourceOf(file, text))).toHaveLength(1);
  });

  test('throws errors of its own in one place', () => {
    expect(filesWith(/\bthrow (?!error;)/, ['private/errors.ts'])).toEqual([]);
  });

  test('reads no environment variable, writes to no console, and knows no environment by name', () => {
    // jsii names the language that an app is written in by a variable, and by nothing else
    expect(filesWith(/\bprocess\.env\b/, ['private/command.ts'])).toEqual([]);
    expect(filesWith(/\bconsole\./)).toEqual([]);
    expect(filesWith(/['"`](dev|staging|prod)['"`]/)).toEqual([]);
  });

  test('names its command in messages as what is installed calls it', () => {
    expect(filesWith(/\bnpx lakehouse/, ['private/command.ts'])).toEqual([]);
  });

  test('has rooms of short files', () => {
    const long = SOURCES.filter(({ text }) => text.split('\n').length > 400);
    expect(long.map(({ file }) => file)).toEqual([]);
  });
});

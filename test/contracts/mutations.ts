import { dump, load } from 'js-yaml';
import type { Random } from '../support/random';

/** A contract's text, changed by chance. */
export type Mutation = (text: string, random: Random) => string;

/** An object, or a list by its positions. */
type Members = Record<string, unknown>;

/** Characters that editors, copies from web pages and hostile files bring. */
const CHARACTERS = [
  '\t',
  '\0',
  '\r',
  '\u2028',
  '\uFEFF',
  '\u00A0',
  '\u200B',
  '\u202E',
  '\u0085',
  '😀',
  'é',
  'ß',
  '"',
  "'",
]
  .concat([
    '{',
    '}',
    '[',
    ']',
    ':',
    '- ',
    '#',
    '&a ',
    '*a ',
    '!!binary ',
    '!!js/function ',
    '? ',
    '| ',
    '%',
    '@',
    '`',
    '\\',
  ])
  .concat(['---\n', '...\n', '<<: *a\n', '%YAML 9.9\n']);

/** Values of every kind that a key does not expect. */
const VALUES: unknown[] = [
  null,
  '',
  ' ',
  true,
  0,
  -1,
  1.5,
  1e308,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  [],
  {},
  [[]],
  [null],
  { a: { b: null } },
  'x'.repeat(10_000),
  'two\nlines',
  "it's $& $1 %s",
  '__proto__',
  'constructor',
  'toString',
  '😀',
  '2013-02-30',
  'decimal(39, 2)',
  'decimal(99999999999999999999, 0)',
  'fixed[0]',
  'fixed[99999999999999999999]',
  `${'list<'.repeat(5_000)}int`,
  'struct<a int, a int>',
  'struct<>',
  'map<string>',
  'bucket[0]',
  'truncate[99999999999]',
  'hour',
  '(((((',
  ['id', 'id'],
];

/** Names that stand somewhere in a contract, so that a wrong key is sometimes a known one. */
const KEYS = ['name', 'value', 'property', 'physicalType', 'required', 'primaryKey', 'partitioned', 'customProperties']
  .concat([
    'renamedFrom',
    'partitionTransform',
    'sortOrder',
    'formatVersion',
    'stream',
    'source',
    'derivedFrom',
    'zone',
  ])
  .concat([
    'tableProperties',
    'quality',
    'logicalTypeOptions',
    'minimum',
    'pattern',
    '__proto__',
    'constructor',
    'nmae',
  ]);

const lines =
  (change: (all: string[], at: number, random: Random) => void): Mutation =>
  (text, random) => {
    const all = text.split('\n');
    change(all, random.below(all.length), random);
    return all.join('\n');
  };

const TEXT: Mutation[] = [
  lines((all, at) => all.splice(at, 1)),
  lines((all, at) => all.splice(at, 0, all[at] ?? '')),
  lines((all, at, random) => all.splice(random.below(all.length), 0, ...all.splice(at, 1))),
  lines((all, at, random) => all.splice(at, random.below(30))),
  lines((all, at) => (all[at] = `  ${all[at]}`)),
  lines((all, at) => (all[at] = (all[at] ?? '').replace(/^ {1,2}/, ''))),
  lines((all, at) => (all[at] = (all[at] ?? '').trim())),
  lines((all, at) => (all[at] = (all[at] ?? '').replace(/: .*$/, ':'))),
  lines((all, at, random) => (all[at] = (all[at] ?? '').replace(/: .*$/, `: ${JSON.stringify(random.pick(VALUES))}`))),
  lines((all, at, random) => (all[at] = (all[at] ?? '').replace(/\d+/, '9'.repeat(1 + random.below(400))))),
  lines((all, at) => (all[at] = (all[at] ?? '').replace(/: /, ': &a '))),
  lines((all, at) => (all[at] = (all[at] ?? '').replace(/: .*$/, ': *a'))),
  lines((all, at) => all.splice(at, 0, '<<<<<<< ours', '=======', '>>>>>>> theirs')),
  (text, random) => text.slice(0, random.below(text.length)),
  (text, random) => text.slice(random.below(text.length)),
  (text, random) => insert(text, random, random.pick(CHARACTERS)),
  (text, random) => insert(text, random, String.fromCodePoint(1 + random.below(0xd7ff))),
  (text, random) => insert(text, random, random.pick(['[', '{a: ', '- ', '? ']).repeat(1 + random.below(4_000))),
  (text) => text.replaceAll('\n', '\r\n'),
  (text, random) => `${text}\n${bomb(3 + random.below(12))}`,
  (text, random) => `${text}\ntags: &loop [${'*loop, '.repeat(1 + random.below(3))}]`,
];

const NODES: Mutation[] = [
  node((parent, key, random) => (parent[key] = random.pick(VALUES))),
  node((parent, key, random) => (parent[key] = random.pick(VALUES))),
  node((parent, key) => (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key])),
  node((parent, key) => (Array.isArray(parent) ? parent.push(parent[key]) : (parent[key] = [parent[key]]))),
  node((parent, key, random) => (parent[random.pick(KEYS)] = parent[key])),
  node((parent, _, random) => (parent[random.pick(KEYS)] = random.pick(VALUES))),
  node((parent, key, random) => {
    const slip = key.slice(0, random.below(key.length)) + key.slice(1 + random.below(key.length));
    parent[slip] = parent[key];
    delete parent[key];
  }),
];

/** A contract after one to three changes, at its text or at its nodes. */
export function mutate(text: string, random: Random): string {
  let mutated = text;
  for (let left = 1 + random.below(3); left > 0; left--) {
    mutated = random.pick(random.below(2) === 0 ? TEXT : NODES)(mutated, random);
  }
  return mutated;
}

/** A change of one member of one object or list of the document; a text that is no document stays as it is. */
function node(change: (parent: Members, key: string, random: Random) => void): Mutation {
  return (text, random) => {
    try {
      const document: unknown = load(text, { maxAliases: 0 });
      const parent = random.pick(membered(document));
      change(parent, random.pick(Object.keys(parent)), random);
      return dump(document);
    } catch {
      return text;
    }
  };
}

/** The objects and lists of a document that have members. */
function membered(value: unknown): Members[] {
  if (typeof value !== 'object' || value === null || Object.keys(value).length === 0) {
    return [];
  }
  return [value as Members, ...Object.values(value).flatMap(membered)];
}

function insert(text: string, random: Random, what: string): string {
  const at = random.below(text.length);
  return text.slice(0, at) + what + text.slice(at);
}

/** Lists of references to lists of references: nine times as many values with each level. */
function bomb(levels: number): string {
  const names = Array.from({ length: levels }, (_, level) => `bomb${level}`);
  return names
    .map((name, level) => {
      const inner = level === 0 ? 'x' : `*${names[level - 1]}`;
      return `${name}: &${name} [${Array.from({ length: 9 }, () => inner).join(', ')}]`;
    })
    .join('\n');
}

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { lakehouseProgram } from '../../bin/lakehouse';
import { generated, pages } from '../../docs/generate';
import * as lakehouse from '../../lib';
import { root } from '../../local/paths';
import { testsOfTheBrief } from '../support/brief';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...markdownIn('bench'),
  ...markdownIn('deploy'),
  ...markdownIn('docs'),
  ...markdownIn('lib'),
  ...markdownIn('local'),
  ...markdownIn('workloads'),
];

/** The Markdown files of a folder and the folders below it. */
function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

/** The anchors of a page's sections, as GitHub makes them. */
function sectionsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .replaceAll(' ', '-'),
  );
}

const shape = z.object({
  properties: z.record(z.string(), z.looseObject({ properties: z.record(z.string(), z.unknown()).optional() })),
});

/** The settings of each section of a config that has any. */
const settings = new Map(
  Object.entries(shape.parse(JSON.parse(read('lib/config/config-schema.json'))).properties).flatMap(
    ([name, { properties }]) => (properties === undefined ? [] : [[name, Object.keys(properties)]]),
  ),
);

describe('generated blocks', () => {
  test.each(pages)('%s is what npm run docs writes', (page) => {
    expect(read(page)).toBe(generated(page));
  });
});

describe('README.md', () => {
  test('stays under 200 lines', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200);
  });

  test('names a room of the library in each row, with constructs it exports', () => {
    const rooms = [...read('README.md').matchAll(/^\| `(\w+)` \| .+? \| (.+?) \|/gm)];
    const missing = rooms.flatMap(([, room = '', constructs = '']) => {
      const exported = (lakehouse as unknown as Record<string, Record<string, unknown>>)[room];
      const names = [...constructs.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
      // LakehouseConfig is a struct: there is nothing of it at run time
      return names.filter((name) => name !== 'LakehouseConfig' && exported?.[name] === undefined);
    });
    expect(rooms.map(([, room]) => room)).toEqual(
      Object.keys(lakehouse)
        .filter((name) => /^[a-z]/.test(name))
        .toSorted(byStorey),
    );
    expect(missing).toEqual([]);
  });
});

describe('docs/brief.md', () => {
  const rows = [...read('docs/brief.md').matchAll(/^\| (\d[\d, –]*) [^|]+\|([^|]*)\|([^|]*)\|/gm)];

  test('answers every row', () => {
    const numbers = rows.flatMap(([, cell = '']) =>
      cell.split(', ').flatMap((part) => {
        const [first = 0, last = first] = part.split('–').map(Number);
        return Array.from({ length: last - first + 1 }, (_, index) => first + index);
      }),
    );
    expect(numbers.toSorted((a, b) => a - b)).toEqual([...Array(41).keys()].map((n) => n + 1));
  });

  test('names constructs there are, and a command for each row', () => {
    const exported = Object.values(lakehouse).flatMap((room) => Object.keys(room as object));
    const known = new Set([...exported, 'LakehouseStack', 'LakehouseConfig']);
    const named = rows.flatMap(([, , constructs = '']) => [...constructs.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(named.filter((name) => !known.has(name ?? ''))).toEqual([]);
    expect(rows.filter(([, , , commands = '']) => !commands.includes('`'))).toEqual([]);
  });

  test.each(testsOfTheBrief())('names tests that run with all of this project: %s', (path) => {
    const files = path.endsWith('.ts') ? [path] : readdirSync(join(root, path)).map((name) => join(path, name));
    const tests = files.filter((file) => file.endsWith('.test.ts') && existsSync(join(root, file)));
    expect(tests).not.toEqual([]);
  });
});

const STOREYS = [
  'foundation',
  'storage',
  'contracts',
  'catalog',
  'streaming',
  'processing',
  'orchestration',
  'governance',
  'consumption',
  'observability',
  'cost',
  'pipelines',
  'compliance',
  'testing',
  'config',
];
const byStorey = (a: string, b: string): number => STOREYS.indexOf(a) - STOREYS.indexOf(b);

describe('documents', () => {
  test.each(documents)('%s names only npm scripts there are', (document) => {
    const named = [...read(document).matchAll(/`?npm (?:run )?([a-z][a-z:-]*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !['ci', 'install'].includes(name) && !scripts.includes(name))).toEqual([]);
  });

  test.each(documents)('%s names only verbs of the command line there are', (document) => {
    const verbs = new Set(lakehouseProgram().commands.map((command) => command.name()));
    const named = [...read(document).matchAll(/npx lakehouse ([a-z-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !verbs.has(name))).toEqual([]);
  });

  test.each(documents)('%s names only tests and examples there are', (document) => {
    const named = [...read(document).matchAll(/`(?:npx vitest run|node --import tsx) ([a-z0-9/.-]+)/g)].map(
      ([, path = '']) => path,
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test.each(documents)('%s links only to files and sections there are', (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const missing = links.filter(([, file = '', section]) => {
      const target = file === '' ? document : join(dirname(document), file);
      if (!existsSync(join(root, target))) return true;
      return section !== undefined && !sectionsOf(target).includes(section);
    });
    expect(missing.map(([link]) => link)).toEqual([]);
  });

  test.each(documents)('%s names only files there are', (document) => {
    const named = [
      ...read(document).matchAll(
        /`((?:bin|config|contracts|deploy|docs|examples|lib|local|test|workloads)\/[\w./-]+)`/g,
      ),
    ];
    const missing = named.map(([, path = '']) => path).filter((path) => !existsSync(join(root, path)));
    // a room's page also names what is beside it
    expect(missing.filter((path) => !existsSync(join(root, dirname(document), path)))).toEqual([]);
  });

  test.each(documents.filter((page) => /^docs\/(explanation|operations)\//.test(page)))(
    '%s names only settings there are',
    (document) => {
      const named = [...read(document).matchAll(/`([a-zA-Z]+)\.([a-zA-Z]+)`/g)];
      const wrong = named.filter(
        ([, section = '', setting = '']) => !(settings.get(section) ?? [setting]).includes(setting),
      );
      expect(wrong.map(([name]) => name)).toEqual([]);
    },
  );

  test('name only verbs of the CDK there are', () => {
    const help = execFileSync(process.execPath, [join(root, 'node_modules/aws-cdk/bin/cdk'), '--help'], {
      encoding: 'utf8',
    });
    const verbs = new Set([...help.matchAll(/^ {2}cdk ([a-z-]+)/gm)].map(([, verb]) => verb));
    const named = documents.flatMap((document) =>
      [...read(document).matchAll(/npx cdk ([a-z-]+)/g)].map(([, verb]) => verb),
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((verb) => !verbs.has(verb))).toEqual([]);
  });
});

describe('docs/explanation/architecture.md', () => {
  test('names only constructs there are', () => {
    const exported = Object.values(lakehouse).flatMap((room) => Object.keys(room as object));
    const known = new Set([...exported, 'LakehouseStack']);
    const table = read('docs/explanation/architecture.md').split('## What it is made of')[1]?.split('\n## ')[0] ?? '';
    const named = [...table.matchAll(/`([A-Z]\w+)`/g)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });
});

describe('docs/README.md', () => {
  test('leads to every page', () => {
    const links = [...read('docs/README.md').matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => join('docs', link));
    const linked = new Set(links);
    const written = [...markdownIn('docs'), ...markdownIn('lib'), 'deploy/README.md', 'workloads/README.md'];
    // the decisions have an index of their own, and the private helpers are nobody's to use
    const hidden = /decisions\/\d|lib\/private\/|docs\/README/;
    expect(written.filter((page) => !hidden.test(page) && !linked.has(page))).toEqual([]);
  });
});

describe('the runbook', () => {
  test('has a section for each alarm of each environment', () => {
    const baselines = join(root, 'test/stack/baselines');
    const templates = readdirSync(baselines).map((file) => readFileSync(join(baselines, file), 'utf8'));
    const named = templates.flatMap((text) =>
      [...text.matchAll(/runbook\.md#([a-z0-9-]+)/g)].map(([, name = '']) => name),
    );
    const sections = [...read('docs/operations/runbook.md').matchAll(/^## (.+)$/gm)].map(([, name = '']) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(sections).toEqual(expect.arrayContaining([...new Set(named)]));
  });
});

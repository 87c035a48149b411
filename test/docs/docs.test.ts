import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lakehouseProgram } from '../../bin/lakehouse';
import { generated, pages } from '../../docs/generate';
import * as lakehouse from '../../lib';
import { root } from '../../local/paths';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...markdownIn('docs'),
  ...markdownIn('lib'),
  ...markdownIn('workloads'),
];

/** The Markdown files of a folder and the folders below it. */
function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

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
  const rows = [...read('docs/brief.md').matchAll(/^\| (\d+) [^|]+\|([^|]*)\|([^|]*)\|/gm)];

  test('answers every row of infrastructure', () => {
    expect(rows.map(([, row]) => Number(row)).filter((row) => row <= 11)).toEqual(
      [...Array(11).keys()].map((n) => n + 1),
    );
  });

  test('names constructs there are, and a command for each row', () => {
    const exported = Object.values(lakehouse).flatMap((room) => Object.keys(room as object));
    const known = new Set([...exported, 'LakehouseStack', 'LakehouseConfig']);
    const named = rows.flatMap(([, , constructs = '']) => [...constructs.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(named.filter((name) => !known.has(name ?? ''))).toEqual([]);
    expect(rows.filter(([, , , commands = '']) => !commands.includes('`'))).toEqual([]);
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
    const named = [...read(document).matchAll(/`(?:npx jest|node --import tsx) ([a-z0-9/.-]+)/g)].map(
      ([, path = '']) => path,
    );
    expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test.each(documents)('%s links only to files there are', (document) => {
    const links = [...read(document).matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link);
    expect(links.filter((link) => !existsSync(join(root, dirname(document), link)))).toEqual([]);
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

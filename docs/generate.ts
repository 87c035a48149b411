/**
 * `npm run docs`: fills the blocks of the pages that repeat what stands elsewhere, so that they cannot disagree with it.
 * `test/docs` fails when a block is not what this would write.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { configSchema } from './config-schema';

const root = join(__dirname, '..');

/** A block of a page: everything between its opening comment and the next `<!-- end -->`. */
interface Block {
  readonly page: string;
  readonly marker: string;
  readonly content: () => string;
}

const unheldShape = z.array(z.object({ type: z.string(), property: z.string(), reason: z.string() }));

const blocks: Block[] = [
  example('README.md', 'ts', 'examples/whole-lakehouse.ts'),
  example('README.md', 'python', 'examples/whole_lakehouse.py'),
  example('docs/how-to/install.md', 'python', 'examples/whole_lakehouse.py'),
  { page: 'docs/local.md', marker: 'unheld', content: unheldTable },
];

/** A file of `examples`, as a page shows it. */
function example(page: string, language: string, file: string): Block {
  return { page, marker: `example: ${file}`, content: () => `\`\`\`${language}\n${read(file)}\`\`\`\n` };
}

function unheldTable(): string {
  const rows = unheldShape
    .parse(JSON.parse(read('local/readback/unheld.json')))
    .map(({ type, property, reason }) => `| \`${type}\` | \`${property}\` | ${reason} |\n`);
  return `| type | property | why |\n|---|---|---|\n${rows.join('')}`;
}

/** The page as it should be. */
export function generated(page: string): string {
  return blocks
    .filter((block) => block.page === page)
    .reduce((text, { marker, content }) => {
      const opening = `<!-- ${marker} -->\n`;
      const start = text.indexOf(opening) + opening.length;
      const end = text.indexOf('<!-- end -->', start);
      if (start < opening.length || end < 0) throw new Error(`${page} must hold ${opening.trim()} and an end`);
      return text.slice(0, start) + content() + text.slice(end);
    }, read(page));
}

/** The file that repeats the interfaces of `lib/config`, for editors and for checks of values that no compiler sees. */
export const SCHEMA_FILE = 'lib/config/config-schema.json';

/** The pages that hold generated blocks. */
export const pages = [...new Set(blocks.map(({ page }) => page))];

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

if (require.main === module) {
  for (const page of pages) writeFileSync(join(root, page), generated(page));
  void configSchema().then((schema) => writeFileSync(join(root, SCHEMA_FILE), schema));
}

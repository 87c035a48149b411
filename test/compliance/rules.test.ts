import * as fs from 'node:fs';
import * as path from 'node:path';
import { LakehouseChecks } from '../../lib/compliance';

const ROOM = path.resolve(__dirname, '..', '..', 'lib', 'compliance');
const CHECKS = LakehouseChecks.all();
const README = fs.readFileSync(path.join(ROOM, 'README.md'), 'utf8');

/** The names of the files of a folder that end so, without the end. */
function filesIn(folder: string, end: string): string[] {
  const files = fs.readdirSync(folder).filter((file) => file.endsWith(end));
  return files.map((file) => file.slice(0, -end.length)).toSorted();
}

describe('The rules', () => {
  const ids = CHECKS.map(({ id }) => id).toSorted();

  test('are each a file of its name with tests of its name, and all are in use', () => {
    expect(filesIn(path.join(ROOM, 'rules'), '.ts')).toEqual(ids);
    expect(filesIn(path.join(__dirname, 'rules'), '.test.ts')).toEqual(ids);
  });

  test('say what is wrong, what to do and where it is written', () => {
    for (const { description, remedy, source } of CHECKS) {
      expect(description).toMatch(/^[A-Z].{30,}\.$/);
      expect(remedy).toMatch(/^[A-Z].{10,}\.$/);
      expect(source).toMatch(/^https:\/\/(docs\.aws\.amazon\.com|github\.com)\//);
    }
  });

  test('are all in the table of the README, with their severity', () => {
    const rows = [...README.matchAll(/^\| `([a-z-]+)` \| (error|warning) \|/gm)].map(([, id, severity]) => [
      id,
      severity,
    ]);
    expect(rows).toEqual(CHECKS.map(({ id, severity }) => [id, severity]));
  });
});

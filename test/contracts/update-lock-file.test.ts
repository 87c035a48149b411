import * as fs from 'node:fs';
import * as path from 'node:path';
import { SchemaLock } from '../../lib/contracts';
import { updateLockFile } from '../../lib/contracts/update-lock-file';
import { KEY, column, directory, directoryOf, document, messageOf, problemsOf } from './lake';

const FILE = 'schema.lock.json';

/** A lock file with that text, and what reading it is refused for. */
function refused(text: string): string[] {
  return problemsOf(() => SchemaLock.fromDirectory(directory({ [FILE]: text })));
}

describe('updateLockFile', () => {
  test('creates the lock, and changes nothing the second time', () => {
    const root = directoryOf({ columns: [KEY, column('fare', 'double')] });
    expect(updateLockFile(root)).toEqual({
      file: 'contracts/schema.lock.json',
      written: true,
      changes: ['silver.trips: + table of 2 columns'],
    });
    expect(updateLockFile(root)).toMatchObject({ written: false, changes: [] });
    expect(fs.readdirSync(root)).toEqual([FILE, 'silver']);
  });

  test('records what changed and leaves the rest byte for byte', () => {
    const root = directoryOf({ columns: [KEY] }, { dataset: 'zones', columns: [KEY] });
    updateLockFile(root);
    const before = fs.readFileSync(path.join(root, FILE), 'utf8').split('\n');
    const grown = document({ columns: [KEY, column('tip', 'int')] });
    fs.writeFileSync(path.join(root, 'silver/trips.yaml'), JSON.stringify(grown));
    expect(updateLockFile(root).changes).toEqual(['silver.trips: + column tip int (id 2)']);
    const after = fs.readFileSync(path.join(root, FILE), 'utf8').split('\n');
    expect(after.filter((line) => !before.includes(line))).toEqual([
      '        { "id": 1, "name": "id", "type": "long", "required": true, "key": true },',
      '        { "id": 2, "name": "tip", "type": "int" }',
    ]);
  });

  test('leaves the file as it is when a change can never be deployed', () => {
    const root = directoryOf({ columns: [KEY, column('fare', 'double')] });
    updateLockFile(root);
    const before = fs.readFileSync(path.join(root, FILE), 'utf8');
    const narrowed = document({ columns: [KEY, column('fare', 'float')] });
    fs.writeFileSync(path.join(root, 'silver/trips.yaml'), JSON.stringify(narrowed));
    expect(messageOf(() => updateLockFile(root))).toContain(`'silver.trips.fare' must be double or wider, got "float"`);
    expect(fs.readFileSync(path.join(root, FILE), 'utf8')).toBe(before);
  });
});

describe('a lock file that cannot be trusted', () => {
  test('fails when it is missing', () => {
    expect(messageOf(() => SchemaLock.fromDirectory(directory({ 'silver/.keep': '' })))).toBe(
      `'schema lock' must be a committed file, got "no contracts/schema.lock.json"; ` +
        "run 'npx lakehouse lock' and commit the file",
    );
  });

  test('fails when it holds a merge conflict', () => {
    const text = '{\n<<<<<<< ours\n"version": 1\n=======\n"version": 1\n>>>>>>> theirs\n}';
    expect(refused(text)).toEqual([
      `contracts/schema.lock.json:2:1: 'schema lock' must be free of merge conflicts, ` +
        `got "a conflict marker in line 2"; take the lock of the branch that is deployed, then run 'npx lakehouse lock'`,
    ]);
  });

  test.each([
    ['is cut off', '{"version": 1, "tables": {', 'must be JSON'],
    ['is empty', '', 'must be JSON'],
    ['has another version', '{"version": 2, "tables": {}}', 'must be a lock of version 1'],
    ['has an unknown key', '{"version": 1, "tables": {}, "x": 1}', 'must be a lock of version 1'],
    [
      'has a column without an id',
      JSON.stringify({
        version: 1,
        tables: { t: { stack: 'a', path: 'a/t', formatVersion: 2, columns: [{ name: 'x' }], partitionFields: [] } },
      }),
      'got "tables.t.columns.0.id',
    ],
  ])('fails when it %s', (_, text, message) => {
    expect(refused(text)).toEqual([expect.stringContaining(message)]);
  });

  test('fails when a merge gave one id to two fields', () => {
    const root = directoryOf({ columns: [KEY, column('fare', 'double')] });
    updateLockFile(root);
    const file = path.join(root, FILE);
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"id": 2', '"id": 1'));
    expect(problemsOf(() => SchemaLock.fromDirectory(root))).toEqual([
      `contracts/schema.lock.json: 'silver.trips.fare' must be given an id no other field has or had, got 1; ` +
        "take that table's entry of the branch that is deployed, then run 'npx lakehouse lock'",
    ]);
  });
});

import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { DataContracts, SchemaLock } from '../../lib/contracts';
import { updateLockFile } from '../../lib/contracts/update-lock-file';
import { KEY, column, directory, directoryOf, document, messageOf, problemsOf } from './lake';

const FILE = 'schema.lock.json';

/** A lock file with that text, and what reading it is refused for. */
function refused(text: string): string[] {
  return problemsOf(() => SchemaLock.fromDirectory(directory({ [FILE]: text })));
}

const REMEDY = "take that table's entry of the branch that is deployed, then run 'npx lakehouse lock'";

/** The directory of a lock of two tables, after a change of its text. */
function merged(change: (text: string) => string): string {
  const at = column('at', 'date', { partitioned: true });
  const root = directoryOf({ columns: [KEY, column('fare', 'double'), at] }, { dataset: 'zones', columns: [KEY] });
  updateLockFile(root);
  const file = path.join(root, FILE);
  const text = fs.readFileSync(file, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  fs.writeFileSync(file, changed);
  return root;
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

  test('leaves the file as it is when version control ended its lines otherwise', () => {
    const root = directoryOf({ columns: [KEY] });
    updateLockFile(root);
    const text = fs.readFileSync(path.join(root, FILE), 'utf8').replaceAll('\n', '\r\n');
    fs.writeFileSync(path.join(root, FILE), text);
    expect(updateLockFile(root)).toMatchObject({ written: false, changes: [] });
    expect(fs.readFileSync(path.join(root, FILE), 'utf8')).toBe(text);
  });

  test('is written whole by two processes at once', async () => {
    const root = directoryOf({ columns: [KEY] });
    updateLockFile(root);
    const lock = path.join(root, FILE);
    const text = fs.readFileSync(lock, 'utf8');
    const program = `const { writeFile } = require('./lib/private/write-file.ts');
      for (let i = 0; i < 500; i++) writeFile(${JSON.stringify(lock)}, ${JSON.stringify(text)});`;
    await Promise.all([1, 2].map(() => promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', program])));
    expect(fs.readFileSync(lock, 'utf8')).toBe(text);
    expect(fs.readdirSync(root)).toEqual([FILE, 'silver']);
  }, 60_000);

  test('writes nothing and tells what is missing when it only checks', () => {
    const root = directoryOf({ columns: [KEY] });
    expect(problemsOf(() => updateLockFile(root, { check: true }))).toEqual([
      '\'contracts/schema.lock.json\' must be what the contracts say, got "without silver.trips: + table of 1 columns"; ' +
        "run 'npx lakehouse lock' and commit the file",
    ]);
    expect(fs.readdirSync(root)).toEqual(['silver']);
    updateLockFile(root);
    expect(updateLockFile(root, { check: true })).toMatchObject({ written: false, changes: [] });
    const lock = path.join(root, FILE);
    fs.writeFileSync(lock, fs.readFileSync(lock, 'utf8').replace('  ', '    '));
    expect(messageOf(() => updateLockFile(root, { check: true }))).toContain(
      'got "without its lines as they are written"',
    );
  });

  test('takes the place of no folder, and says why it cannot be written', () => {
    const root = directory({ [`${FILE}/kept`]: '', 'silver/trips.yaml': JSON.stringify(document({ columns: [KEY] })) });
    expect(messageOf(() => updateLockFile(root))).toBe(
      `'schema lock' must be a file, got "contracts/schema.lock.json, a folder"; move it away`,
    );
    expect(fs.readdirSync(root)).toEqual([FILE, 'silver']);
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
    ['is binary', '\0\u0001', 'must be JSON'],
    ['begins with a mark of its byte order', '\uFEFF{"version": 1, "tables": {}}', 'must be JSON'],
    ['is a list', '[]', 'got "the file: Invalid input: expected object, received array"'],
    ['is null', 'null', 'must be a lock of version 1, got "the file: '],
    ['has tables in a list', '{"version": 1, "tables": []}', 'got "tables: '],
    ['has no version', '{"tables": {}}', 'must be a lock of version 1, got "version: '],
    [
      'is of a later release',
      '{"version": 2, "tables": {}, "more": true}',
      'must be a lock of version 1, got 2; use the release of cdk-lakehouse that wrote it, or a newer one',
    ],
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

  test.each<[string, (text: string) => string, string]>([
    [
      'one id to two fields',
      (text) => text.replace('"id": 2', '"id": 1'),
      `contracts/schema.lock.json: 'silver.trips.fare' must be given an id no other field has or had, got 1; ${REMEDY}`,
    ],
    [
      'one name to two fields',
      (text) => text.replace('"name": "fare"', '"name": "id"'),
      `contracts/schema.lock.json: 'silver.trips.id' must be the name of one field in use, got 2; ${REMEDY}`,
    ],
    [
      'a partition field a column that is not there',
      (text) => text.replace('"column": 3', '"column": 7'),
      `contracts/schema.lock.json: 'silver.trips.at' must be made of a column of the table, got 7; ${REMEDY}`,
    ],
    [
      'two entries to one table',
      (text) => text.replace('"silver.zones": {', '"silver.trips": {'),
      `contracts/schema.lock.json:17:1: 'silver.trips' must be listed once, got "a second entry in line 17"; ${REMEDY}`,
    ],
  ])('fails when a merge gave %s', (_, change, message) => {
    expect(problemsOf(() => SchemaLock.fromDirectory(merged(change)))).toEqual([message]);
  });

  test('fails at synth when it is not sorted, and is sorted by the command that writes it', () => {
    const root = merged((text) => text.replace('"id": 1,', '"id": 9,'));
    const contracts = DataContracts.fromDirectory(root);
    expect(problemsOf(() => SchemaLock.fromDirectory(root).check(contracts))).toEqual([
      `contracts/schema.lock.json: 'silver.trips' must be sorted, so that two branches that change one table conflict, ` +
        `got "2 after 9"; run 'npx lakehouse lock'`,
    ]);
    expect(updateLockFile(root)).toMatchObject({ written: true, changes: [] });
    expect(SchemaLock.fromDirectory(root).check(contracts)).toBeUndefined();
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataContracts, SchemaLock } from '../../lib/contracts';
import { KEY, type TestColumn, column, directory, directoryOf, document, problemsOf } from './lake';

/** A column that refers to that one. */
function referringTo(to: string): TestColumn {
  return column('city', 'string', { relationships: [{ type: 'foreignKey', to }] });
}

describe('what cannot be read', () => {
  test.each([
    ['', 'null'],
    ['trips', '"trips"'],
    ['- trips', '["trips"]'],
  ])('a contract that is %j is refused once, as a whole', (text, got) => {
    const lake = directory({ 'silver/trips.yaml': text });
    expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
      `contracts/silver/trips.yaml:1:1: 'the contract' must be an object, got ${got}; ` +
        'write the contract of a dataset, or remove the file',
    ]);
  });

  test.each(['silver/cities.yaml', 'silver/cities.yml', 'silver/old/cities.yaml', 'cities.yaml'])(
    'a wrong contract %s makes nothing wrong that refers to its dataset',
    (file) => {
      const windows = { orderingColumn: 'id', derivedFrom: { dataset: 'cities', allowedLatenessMinutes: 1 } };
      const lake = directory({
        [file]: 'kind: [',
        'silver/trips.yaml': JSON.stringify(document({ columns: [KEY, referringTo('cities.name')] })),
        'silver/fares.yaml': JSON.stringify(document({ dataset: 'fares', columns: [KEY, referringTo('citis.name')] })),
        'silver/hours.yaml': JSON.stringify(document({ dataset: 'hours', columns: [KEY], custom: windows })),
      });
      expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
        expect.stringContaining(`'contracts/${file}' must be`),
        expect.stringContaining(
          `'relationships.to' must be a dataset of zone silver, got "citis"; did you mean 'cities'?`,
        ),
      ]);
    },
  );

  test('a contract in another encoding is told with the line, one in UTF-8 with its mark is read', () => {
    const text = JSON.stringify(document({ columns: [KEY], custom: {} }), undefined, 2);
    const lake = directory({ 'silver/trips.yaml': `\uFEFF${text}` });
    expect(DataContracts.fromDirectory(lake).get('silver.trips').title).toBe('trips');
    fs.writeFileSync(path.join(lake, 'silver/trips.yaml'), `# one\n# Zürich\n${text}`, 'latin1');
    expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
      `contracts/silver/trips.yaml:2:1: 'contracts/silver/trips.yaml' must be text in UTF-8, got ` +
        '"another encoding in line 2"; save it as UTF-8',
    ]);
  });

  test('a folder in the place of a contract is a problem among the others', () => {
    const lake = directory({ 'silver/trips.yaml/readme.md': '', 'silver/broken.yaml': 'kind: [' });
    expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
      expect.stringMatching(/^contracts\/silver\/broken\.yaml:1:\d+: /),
      expect.stringMatching(/^'contracts\/silver\/trips\.yaml' must be a file that can be read, got "silver\/trips/),
    ]);
  });

  test.each(['- ', '[', '{a: '])(
    'values nested by the thousand (%j) are a document that is not well formed',
    (nesting) => {
      const lake = directory({ 'silver/trips.yaml': nesting.repeat(20_000) });
      const problems = problemsOf(() => DataContracts.fromDirectory(lake));
      expect(problems.join('\n')).toContain('values nested too deeply');
      for (const text of problems) {
        expect(text).toMatch(/^contracts\/silver\/trips\.yaml:1:\d+: '.*' must be a well-formed YAML document, got/);
      }
    },
  );

  test.each([
    ['two documents', '---\na: 1\n---\nb: 2\n', '1:1', 'more than one document'],
    ['a list that holds itself', 'a: &a [*a]\n', '1:1', 'references that come to too many values'],
    ['more references than anybody needs', `a: &a 1\nb: [${'*a, '.repeat(101)}]\n`, '2:406', 'aliases exceeded'],
  ])('%s is no document of one contract', (_, text, place, reason) => {
    const lake = directory({ 'silver/trips.yaml': text });
    expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
      expect.stringMatching(
        new RegExp(`^contracts/silver/trips\\.yaml:${place}: .* must be a well-formed YAML document, got "${reason}`),
      ),
    ]);
  });

  test.each([
    ['a value by its quotation mark', { physicalType: 'integr' }, '"integr"'],
    ['a list by its bracket', { physicalType: ['int'] }, '['],
    ['an unknown key by its own', { physicalTyp: 'int' }, '"physicalTyp"'],
  ])('%s is told where it begins', (_, changes, begin) => {
    const text = JSON.stringify(document({ columns: [KEY, column('city', 'int', changes)] }), undefined, 2);
    const key = Object.keys(changes)[0] ?? '';
    const lines = text.split('\n');
    const line = lines.findLastIndex((one) => one.includes(`"${key}"`));
    const lake = directory({ 'silver/trips.yaml': text });
    const place = `contracts/silver/trips.yaml:${line + 1}:${(lines[line] ?? '').indexOf(begin) + 1}: `;
    const problems = problemsOf(() => DataContracts.fromDirectory(lake));
    expect(problems.filter((one) => one.startsWith(place))).toHaveLength(1);
  });

  test.each([['two\nlines'], ["it's"], ['$&'], ['x'.repeat(300)]])(
    'a column named %j is told by its position',
    (name) => {
      const lake = directoryOf({ columns: [KEY, column(name, 'integr')] });
      const problems = problemsOf(() => DataContracts.fromDirectory(lake));
      expect(problems[0]).toContain("'properties[1].name' must be a name of");
      expect(problems.every((text) => /^contracts\/silver\/trips\.yaml:\d+:\d+: '/.test(text))).toBe(true);
    },
  );

  test('a dataset whose name is none is refused once, in one line', () => {
    const lake = directory({
      'silver/trips.yaml': JSON.stringify(document({ dataset: 'two\nlines', columns: [KEY] })),
    });
    expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
      expect.stringContaining(`'name' must be a name of a-z, 0-9 and _ that begins with a letter, got "two\\nlines"`),
    ]);
  });

  test('a number that no computer counts exactly is told from those it does', () => {
    const lake = directoryOf({
      columns: [KEY, column('city', 'string', { logicalTypeOptions: { maxLength: 2 ** 53 } })],
    });
    expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
      expect.stringContaining(
        `'city.logicalTypeOptions.maxLength' must be at most 9007199254740991, got 9007199254740992; correct it`,
      ),
    ]);
  });

  test('a folder in the place of the lock is no lock', () => {
    const lake = directoryOf({ columns: [KEY] });
    fs.mkdirSync(path.join(lake, 'schema.lock.json'));
    expect(() => SchemaLock.fromDirectory(lake)).toThrow("'schema lock' must be a committed file, got");
  });
});

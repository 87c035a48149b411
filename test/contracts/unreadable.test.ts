import * as fs from 'node:fs';
import * as path from 'node:path';
import { DataContracts, SchemaLock } from '../../lib/contracts';
import { directory, directoryOf, KEY, problemsOf } from './lake';

describe('what cannot be read', () => {
  test('an empty contract is named as a whole', () => {
    const lake = directory({ 'silver/trips.yaml': '' });
    expect(problemsOf(() => DataContracts.fromDirectory(lake))[0]).toBe(
      "contracts/silver/trips.yaml:1:1: 'the contract' must be an object, got null; correct it",
    );
  });

  test('a folder in the place of a contract is a problem among the others', () => {
    const lake = directory({ 'silver/trips.yaml/readme.md': '', 'silver/broken.yaml': 'kind: [' });
    expect(problemsOf(() => DataContracts.fromDirectory(lake))).toEqual([
      expect.stringMatching(/^contracts\/silver\/broken\.yaml:1:\d+: /),
      expect.stringMatching(/^'contracts\/silver\/trips\.yaml' must be a file that can be read, got "silver\/trips/),
    ]);
  });

  test('a folder in the place of the lock is no lock', () => {
    const lake = directoryOf({ columns: [KEY] });
    fs.mkdirSync(path.join(lake, 'schema.lock.json'));
    expect(() => SchemaLock.fromDirectory(lake)).toThrow("'schema lock' must be a committed file, got");
  });
});

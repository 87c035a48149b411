import * as fs from 'node:fs';
import * as path from 'node:path';
import { ContractFile } from '../../lib/contracts/contract-file';

describe('ContractFile', () => {
  test('reads scalars by the core schema of YAML 1.2, as the jobs do', () => {
    const fixture = path.join(__dirname, 'fixtures/core-schema');
    const file = new ContractFile('core-schema.yaml', fs.readFileSync(`${fixture}.yaml`, 'utf8'));
    expect(file.problems).toEqual([]);
    expect(file.value).toEqual(JSON.parse(fs.readFileSync(`${fixture}.json`, 'utf8')));
  });

  test.each([
    ['a:\tb', '1:3', 'a tab where spaces belong'],
    ['a: "\t" # \t\nb: c\t# d', '2:5', 'a tab where spaces belong'],
    ['a: 1\n\t\n', '2:1', 'a tab where spaces belong'],
    ['a: b\u2028c', '1:5', 'the character U+2028'],
    ['a: "\u0085"', '1:5', 'the character U+0085'],
    ['a: b # \u0007', '1:8', 'the character U+0007'],
    ['a: b # \u007f', '1:8', 'the character U+007F'],
    ['a: 9007199254740992\nb: [-9007199254740993]', '2:5', '-9007199254740993, an integer that a double rounds'],
    ['a: 0x20000000000001', '1:4', '0x20000000000001, an integer that a double rounds'],
  ])('has no value for %j, which the jobs read otherwise or not at all', (text, place, got) => {
    const file = new ContractFile('trips.yaml', text);
    expect(file.value).toBeUndefined();
    expect(file.problems).toEqual([
      `trips.yaml:${place}: 'trips.yaml' must be a well-formed YAML document, got "${got}"; correct the syntax`,
    ]);
  });

  test('has no value for an integer that is more than a double can be', () => {
    expect(new ContractFile('trips.yaml', `a: 1${'0'.repeat(400)}`).value).toBeUndefined();
  });

  test.each([
    'a: "b\tc" # d\te',
    "a: 'b\tc'",
    'a: |\n  b\tc\nd: >\n  \te\n',
    '# \t\na: "b\n  \tc"',
    'a: "#\t"',
    '{"a":"\t"}',
    'a: "9007199254740993"',
  ])('takes as the jobs do %j', (text) => {
    expect(new ContractFile('trips.yaml', text).problems).toEqual([]);
  });
});

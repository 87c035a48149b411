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
});

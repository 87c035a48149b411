import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2019 from 'ajv/dist/2019';
import { load } from 'js-yaml';
import { STANDARD, contractSchema } from '../../local/generate/contract-schema';
import { root } from '../../local/paths';
import odcs from '../contracts/fixtures/odcs-3.2.0.schema.json';
import { KEY, column, custom, document } from '../contracts/lake';

/** The standard asks for the logical type too. */
const ID = { ...KEY, logicalType: 'integer' };
const SILVER = join(root, 'contracts/silver');

describe('the schema of contracts for editors', () => {
  const ajv = new Ajv2019({ strict: false, validateFormats: false }).addSchema(odcs, STANDARD);
  const accepts = ajv.compile(contractSchema());

  test.each(readdirSync(SILVER))('accepts %s', (file) => {
    accepts(load(readFileSync(join(SILVER, file), 'utf8')));
    expect(accepts.errors).toBeNull();
  });

  test.each<[string, object]>([
    ['a zone that there is not', document({ columns: [ID], zone: 'platinum' })],
    ['a format that there is not', document({ columns: [ID], custom: { formatVersion: 4 } })],
    ['a stream without partitions', document({ columns: [ID], custom: { stream: { topic: 'trips' } } })],
    ['a source with a strange key', document({ columns: [ID], custom: { source: { naem: 'x' } } })],
    [
      'a column that was named by a number',
      document({ columns: [ID, column('a', 'int', { logicalType: 'integer', ...custom('renamedFrom', 1) })] }),
    ],
    ['a column without a type', document({ columns: [{ ...ID, physicalType: undefined as never }] })],
    ['what the standard refuses', { ...document({ columns: [ID] }), kind: 'Contract' }],
  ])('refuses %s', (_, wrong) => {
    expect(accepts(JSON.parse(JSON.stringify(wrong)))).toBe(false);
  });

  test('leaves the custom properties of others alone', () => {
    accepts(document({ columns: [ID], custom: { costCenter: 12 } }));
    expect(accepts.errors).toBeNull();
  });
});

import * as fs from 'node:fs';
import * as path from 'node:path';
import Ajv from 'ajv/dist/2020';
import { environments } from '../../config';
import { configSchema } from '../../docs/config-schema';
import { SCHEMA_FILE } from '../../docs/generate';

const file = fs.readFileSync(path.resolve(__dirname, '..', '..', SCHEMA_FILE), 'utf8');

describe('The schema of a config', () => {
  test('is what npm run docs writes', async () => {
    expect(file).toBe(await configSchema());
  });

  test.each(environments.names())('takes %s', (name) => {
    const validate = new Ajv({ strict: false }).compile(JSON.parse(file) as object);
    validate(JSON.parse(JSON.stringify(environments.load(name))));
    expect(validate.errors).toBeNull();
  });

  test('refuses a setting that there is not, and a name that there is not', () => {
    const validate = new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(file) as object);
    validate({ environment: 'a1', region: 'eu-west-1', availabilityZones: [], batch: { release: 'emr-1', cores: 3 } });
    expect(validate.errors?.map(({ instancePath, keyword }) => `${instancePath} ${keyword}`)).toEqual([
      '/batch additionalProperties',
      '/batch/release enum',
    ]);
  });

  test('says of every setting what it means', () => {
    const silent = [...file.matchAll(/"description": "([^"]*)"/g)].filter(([, text = '']) => text.length < 8);
    expect(silent).toEqual([]);
  });
});

import { environments } from '../../config';
import { explainConfig } from '../../local/config-explain';

interface Row {
  readonly setting: string;
  readonly value: unknown;
  readonly from: string;
}

const rows = (environment: string, setting?: string): Row[] =>
  JSON.parse(explainConfig(environment, { setting, json: true })) as Row[];

const first = (setting: string): Row | undefined => rows('prod', setting)[0];

describe('lakehouse config explain', () => {
  test.each(environments.names())('says of %s what is set, and shows every value that is', (name) => {
    const { kafka } = environments.load(name);
    const found = rows(name, 'kafka.storageGib');
    expect(found).toEqual([expect.objectContaining({ value: kafka?.storageGib, from: 'config' })]);
  });

  test('tells a default from a value, and a section that is left out', () => {
    expect(first('kafka.version')).toMatchObject({ value: '3.9.x.kraft', from: 'default' });
    expect(first('storage.silver')).toMatchObject({ value: 'Intelligent-Tiering at 30 days', from: 'default' });
    expect(first('lakeFormation')).toMatchObject({ value: 'IAM alone says who may read', from: 'left out' });
  });

  test('shows one section with its members alone', () => {
    const settings = rows('prod', 'kafka').map(({ setting }) => setting);
    expect(settings[0]).toBe('kafka');
    expect(settings.slice(1).every((setting) => setting.startsWith('kafka.'))).toBe(true);
    expect(settings.length).toBeGreaterThan(4);
  });

  test('is a table for people', () => {
    const text = explainConfig('dev', { setting: 'athena' });
    expect(text).toContain("environment 'dev'");
    expect(text).toMatch(/^athena\.scanLimitGib +10 +config +GiB that one query/m);
  });

  test('fails on a setting that there is not, and suggests the nearest', () => {
    expect(() => explainConfig('dev', { setting: 'kafak' })).toThrow(
      "'setting' must be a setting of the config, got \"kafak\"; did you mean 'kafka'?",
    );
  });
});

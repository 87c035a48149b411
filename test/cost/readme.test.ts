import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CostAssumptions, CostEstimate } from '../../lib/cost';
import { ENVIRONMENTS, lakehouseAppOf } from '../support/environments';
import { temporaryDirectory } from '../support/temporary';

const README = readFileSync(join(__dirname, '../../lib/cost/README.md'), 'utf8');

/** The rows with assumptions in JSON, and what they say is saved. */
const ROWS = [...README.matchAll(/^\| [^|]*`(\{.*\})`.*? \| (\d+ %) \| (\d+ %) \| (\d+ %) \|$/gm)].map(
  ([, json = '', ...shares]): [string, string[]] => [json, shares],
);

const singleSpaced = (text: string): string => text.replace(/ +/g, ' ');

describe('the README of cost', () => {
  const assemblies = new Map<string, string>();

  beforeAll(() => {
    for (const environment of ENVIRONMENTS) {
      const { directory } = lakehouseAppOf(environment, { outdir: temporaryDirectory() }).app.synth();
      assemblies.set(environment, directory);
    }
  }, 60_000);

  const estimate = (environment: string, assumptions?: CostAssumptions): CostEstimate =>
    CostEstimate.fromDirectory(assemblies.get(environment) ?? '', assumptions);

  test('has rows that can be repeated', () => expect(ROWS).toHaveLength(6));

  test.each(ROWS)('says what is saved with %s', (json, shares) => {
    const assumptions: CostAssumptions = JSON.parse(json);
    const saved = ENVIRONMENTS.map((name) => `${Math.round(estimate(name, assumptions).savedShare * 100)} %`);
    expect(shares).toEqual(saved);
  });

  test('shows lines that the command prints', () => {
    const [, example = ''] = /\$ npx lakehouse cost prod\n(.*?)```/s.exec(README) ?? [];
    const shown = example.split('\n').filter((line) => !['', '…'].includes(line));
    const printed = singleSpaced(estimate('prod').toTable()).split('\n');
    expect(shown.length).toBeGreaterThan(5);
    expect(printed).toEqual(expect.arrayContaining(shown.map(singleSpaced)));
  });
});

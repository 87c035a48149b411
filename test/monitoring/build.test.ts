import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { root } from '../../local/paths';
import { files } from '../../monitoring/build';

const panelShape = z.object({
  title: z.string(),
  type: z.string(),
  targets: z.array(z.object({ expr: z.string(), refId: z.string() })).optional(),
});
const dashboardShape = z.object({ panels: z.array(panelShape) });
const catalogueShape = z.object({ metrics: z.array(z.object({ name: z.string(), emittedBy: z.array(z.string()) })) });

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('The files for Prometheus and Grafana', () => {
  test.each(Object.entries(files))('%s is what npm run monitoring writes', (path, content) => {
    expect(read(path)).toBe(content());
  });
});

describe('The dashboard', () => {
  const { panels } = dashboardShape.parse(JSON.parse(read('monitoring/grafana/lakehouse.json')));
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)).join('\n');

  test('shows every metric of the catalogue that a job emits', () => {
    const { metrics } = catalogueShape.parse(load(read('contracts/metrics.yaml')));
    const missing = metrics
      .filter(({ emittedBy }) => !emittedBy.includes('supervisor'))
      .map(({ name }) => `lakehouse_${name.replaceAll(/(?<!^)(?=[A-Z])/g, '_').toLowerCase()}`)
      .filter((name) => !queries.includes(name));
    expect(missing).toEqual([]);
  });

  test('has a query for each panel, and tells the queries of a panel apart', () => {
    const shown = panels.filter(({ type }) => type !== 'row');
    const references = shown.map(({ targets = [] }) => targets.map(({ refId }) => refId));
    expect(references.filter((ids) => ids.length === 0 || new Set(ids).size < ids.length)).toEqual([]);
  });
});

describe('The promises', () => {
  test('are those of the contracts', () => {
    const { groups } = z
      .object({
        groups: z.array(
          z.object({ rules: z.array(z.object({ expr: z.string(), labels: z.object({ dataset: z.string() }) })) }),
        ),
      })
      .parse(load(read('monitoring/prometheus/promises.yaml')));
    const promised = groups.flatMap(({ rules }) => rules.map(({ expr, labels }) => [labels.dataset, expr]));
    expect(Object.fromEntries(promised)).toMatchObject({ flights: 'vector(86400)', airlines: 'vector(2592000)' });
  });
});

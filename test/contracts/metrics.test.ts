import * as fs from 'node:fs';
import * as path from 'node:path';
import { load } from 'js-yaml';

interface Metric {
  readonly name: string;
  readonly unit: string;
  readonly dimensions: string[];
  readonly emittedBy: string[];
  readonly description: string;
}

describe('the metric catalogue', () => {
  const text = fs.readFileSync(path.join(__dirname, '../../contracts/metrics.yaml'), 'utf8');
  const catalogue = load(text) as { namespace: string; metrics: Metric[] };

  test('names each metric once, in one namespace', () => {
    expect(catalogue.namespace).toBe('Lakehouse');
    const names = catalogue.metrics.map((metric) => metric.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['RowsRead', 'RowsRejected', 'RunsFailed']));
  });

  test('has of a stream what alarms ask of every dataset', () => {
    const streamed = catalogue.metrics.filter(({ emittedBy }) => emittedBy.includes('stream')).map(({ name }) => name);
    expect(streamed).toEqual(expect.arrayContaining(['DatasetLoaded', 'RowsRejected']));
  });

  test('gives units and dimensions that CloudWatch and the dashboard know', () => {
    for (const metric of catalogue.metrics) {
      expect(['Count', 'Bytes', 'Seconds', 'Percent']).toContain(metric.unit);
      expect(metric.dimensions).toEqual(['Environment', metric.name.startsWith('Run') ? 'Pipeline' : 'Dataset']);
      expect(metric.description).not.toBe('');
      expect(metric.emittedBy).not.toEqual([]);
    }
  });
});

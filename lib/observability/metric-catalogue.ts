import * as fs from 'node:fs';
import * as path from 'node:path';
import { load } from 'js-yaml';
import { z } from 'zod';
import { didYouMean, fail } from '../private';

/** The catalogue that jobs, alarms and dashboards share. */
const CATALOGUE = path.resolve(__dirname, '..', '..', 'contracts', 'metrics.yaml');

const metricShape = z.object({
  name: z.string(),
  unit: z.string(),
  dimensions: z.array(z.string()),
  /** The jobs that emit it. */
  emittedBy: z.array(z.string()).min(1),
  description: z.string(),
});

const catalogueShape = z.object({ namespace: z.string(), metrics: z.array(metricShape) });

/** A metric that jobs emit. */
export type CatalogueMetric = z.infer<typeof metricShape>;

type Catalogue = z.infer<typeof catalogueShape>;

let loaded: Catalogue | undefined;

/** The catalogue, read once: it is part of this package and does not change while an app runs. */
export function metricCatalogue(): Catalogue {
  loaded ??= catalogueShape.parse(load(fs.readFileSync(CATALOGUE, 'utf8')));
  return loaded;
}

/** The metric of that name and those dimensions; an unknown one is an error that names the nearest. */
export function catalogueMetric(name: string, dimensions: string[]): CatalogueMetric {
  const metrics = metricCatalogue().metrics.filter((metric) => metric.dimensions.join() === dimensions.join());
  const names = metrics.map((metric) => metric.name);
  return (
    metrics.find((metric) => metric.name === name) ??
    fail({
      path: 'name',
      must: `a metric with the dimensions ${dimensions.join(' and ')}`,
      got: name,
      remedy: didYouMean(name, names),
    })
  );
}

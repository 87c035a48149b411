import * as fs from 'node:fs';
import * as path from 'node:path';
import { CfnResource, Stack } from 'aws-cdk-lib/core';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import { CostEstimate } from '../../lib/cost';
import { writeManyDatasets } from '../support/many-datasets';
import { lakeOf } from '../support/many-lake';
import { warningsOf } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

/** The nested stack and logical id of each table, by database and name. */
function placesOf(stack: Stack): Map<string, string> {
  const tables = stack.node.findAll().filter((each) => each instanceof CfnTable);
  return new Map(
    tables.map((table) => [
      `${table.databaseName}.${table.name}`,
      `${Stack.of(table).node.path} ${stack.resolve(Stack.of(table).getLogicalId(table))}`,
    ]),
  );
}

interface Template {
  readonly Resources: { readonly [id: string]: { readonly Type: string } };
}

describe('A lakehouse of 500 datasets', () => {
  const directory = temporaryDirectory();
  writeManyDatasets(directory, { datasets: 500 });
  const { app, stack } = lakeOf(directory);

  test('is one deployable stack: none of its templates over 450 resources or 1 MB, all of them under 2500', () => {
    const { directory: out } = app.synth();
    const files = fs.readdirSync(out).filter((file) => file.endsWith('.template.json'));
    const texts = files.map((file) => fs.readFileSync(path.join(out, file), 'utf8'));
    const counts = texts.map((text): number => Object.keys((JSON.parse(text) as Template).Resources).length);
    expect(Math.max(...counts)).toBeLessThanOrEqual(450);
    expect(counts.reduce((sum, count) => sum + count)).toBeLessThanOrEqual(2500);
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThan(1_000_000);
    expect(placesOf(stack).size).toBe(1500);
    expect(warningsOf(stack).filter((text) => !text.includes('nobodyIsTold'))).toEqual([
      expect.stringMatching(/^\/Lakehouse: 2\d{3} resources of all stacks, .*nearLimit:resources-of-all-stacks\]$/),
    ]);
  });

  test('has an estimate, in which a query of an alarm reads a metric of each dataset', () => {
    const { directory: out } = app.synth();
    const { lines } = CostEstimate.fromDirectory(out);
    const alarms = lines.find(({ item }) => item === 'alarms');
    // one is stale by itself, and three queries go through all
    expect(alarms?.quantity).toBeGreaterThanOrEqual(500 + 3 * 500);
    expect(alarms?.quantity).toBeLessThan(2100);
  });

  test('tells of each dataset that is stale', () => {
    const alarms = stack.node
      .findAll()
      .filter((each) => CfnResource.isCfnResource(each) && each.node.path.includes('Stale/'));
    expect(alarms).toHaveLength(500);
  });
});

describe('A domain that has filled a nested stack', () => {
  test('goes on in a second one, and datasets that are added move no table, wherever they come in the order', () => {
    const directory = temporaryDirectory();
    writeManyDatasets(directory, { datasets: 40, domains: ['sales'] });
    const before = placesOf(lakeOf(directory).stack);
    expect(countsIn(before)).toEqual({ 'Lakehouse/Catalog/Sales': 99, 'Lakehouse/Catalog/Sales-2': 21 });
    writeManyDatasets(directory, { datasets: 3, first: 40, domains: ['sales'] });
    const after = placesOf(lakeOf(directory).stack);
    expect(after.size).toBe(before.size + 9);
    expect([...before].filter(([table, place]) => after.get(table) !== place)).toEqual([]);
  });
});

/** How many tables each nested stack has. */
function countsIn(places: Map<string, string>): { [stack: string]: number } {
  const counts: { [stack: string]: number } = {};
  for (const place of places.values()) {
    const [stack = ''] = place.split(' ');
    counts[stack] = (counts[stack] ?? 0) + 1;
  }
  return counts;
}

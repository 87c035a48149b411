import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { environments } from '../../config';
import type { LakehouseConfig } from '../../lib/config';
import { DataContracts } from '../../lib/contracts';
import { LakehouseStack } from '../../lib/lakehouse-stack';
import { ReplacementGuard } from '../../lib/testing';
import { root } from '../../local/paths';
import { fixtureDependencies } from '../support/dependencies';
import { temporaryDirectory } from '../support/temporary';

const runbook = readFileSync(join(root, 'docs/operations/runbook.md'), 'utf8');
const contracts = DataContracts.fromDirectory(join(root, 'contracts'));
const dependencies = fixtureDependencies();
const prod = environments.load('prod');

function lakeOf(values: Partial<LakehouseConfig> = {}): LakehouseStack {
  const config = { ...prod, ...values };
  return new LakehouseStack(new App(), 'Lakehouse-prod', { config, contracts, dependencies });
}

/** A section of the runbook by its name. */
function section(name: string): string {
  return runbook.split(/^## /m).find((text) => text.startsWith(`${name}\n`)) ?? '';
}

describe('To replace a cluster, the runbook', () => {
  const named = [...section('missing-blocks').matchAll(/`(batch|streaming)\.(\w+)`/g)];
  const settings = named.map(([, cluster = '', setting = '']): [string, string] => [cluster, setting]);
  const deployed = join(temporaryDirectory(), 'prod.template.json');

  beforeAll(() => ReplacementGuard.writeBaseline(deployed, lakeOf()));

  test('names a setting of each cluster that stands', () => {
    expect(settings.map(([cluster]) => cluster)).toEqual(['batch', 'streaming']);
  });

  test.each(settings)('names %s.%s, which replaces that cluster and loses nothing else', (cluster, setting) => {
    const before = new Map(Object.entries(prod[cluster === 'batch' ? 'batch' : 'streaming'] ?? {}));
    const values = { [cluster]: { ...Object.fromEntries(before), [setting]: Number(before.get(setting)) + 1 } };
    const found = ReplacementGuard.compare(deployed, lakeOf(values)).findings;
    expect(found.map(({ type, kind }) => [type, kind])).toEqual([['AWS::EMR::Cluster', 'REPLACED']]);
    expect(found[0]?.logicalId).toMatch(cluster === 'batch' ? /^BatchCluster/ : /^StreamingCluster/);
    // the steps say so: CloudFormation cannot end a cluster that is protected
    expect(found[0]?.reason).toContain('is protected against termination');
    expect(section('missing-blocks')).toContain('--no-termination-protected');
  });

  test('leaves the sections where they are, because sources need a cluster and logs keep their names', () => {
    expect(() => lakeOf({ batch: undefined })).toThrow("'sources' must be left out where nothing loads them");
    const left = ReplacementGuard.compare(deployed, lakeOf({ streaming: undefined })).findings;
    expect(left.map(({ logicalId }) => logicalId)).toContainEqual(expect.stringMatching(/SupervisorLogs/));
    expect(section('cluster-gone')).toContain('[missing-blocks](#missing-blocks)');
    expect(section('cluster-gone')).not.toMatch(/remove the \w+ section/);
  });
});

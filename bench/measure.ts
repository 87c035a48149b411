/** What the benchmarks measure with. */
import * as fs from 'node:fs';
import type { App } from 'aws-cdk-lib/core';

export interface Measured {
  /** Milliseconds of CPU. */
  readonly cpu: number;
  /** Milliseconds that passed. */
  readonly clock: number;
}

export function measure(work: () => void): Measured {
  const [began, used] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(used);
  return { cpu: (user + system) / 1000, clock: performance.now() - began };
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** What every app of this repository is made with, but for the copies of assets: see README.md. */
export function appIn(outdir: string): App {
  const settings: { context: { [key: string]: unknown } } = JSON.parse(fs.readFileSync('cdk.json', 'utf8'));
  const context = { ...settings.context, 'aws:cdk:disable-asset-staging': true };
  // loaded here, so that the first time holds what it costs
  const core: typeof import('aws-cdk-lib/core') = require('aws-cdk-lib/core');
  return new core.App({ outdir, context, builtinCloudFormationValidation: false });
}

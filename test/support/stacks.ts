import { App, Stack } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from '../../lib/config';

/** An empty stack that knows its region, as every real one does. */
export function testStack(id = 'Test'): Stack {
  return new Stack(new App(), id, { env: { region: 'us-east-1' } });
}

/** The least a config can say. */
export const MINIMAL_CONFIG: LakehouseConfig = {
  environment: 'test',
  region: 'us-east-1',
  availabilityZones: ['us-east-1a', 'us-east-1b'],
};

/** A config that satisfies every rule of production. */
export const PRODUCTION_CONFIG: LakehouseConfig = {
  ...MINIMAL_CONFIG,
  account: '123456789012',
  production: true,
  availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
};

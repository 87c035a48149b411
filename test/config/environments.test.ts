import { RemovalPolicy } from 'aws-cdk-lib/core';
import { environments } from '../../config';
import { validateConfig } from '../../lib/config';

describe('environments', () => {
  test.each(environments.names())('%s is valid', (name) => {
    expect(() => validateConfig(environments.load(name))).not.toThrow();
    expect(environments.load(name).environment).toBe(name);
  });

  test('differ in size, retention and protection', () => {
    const [dev, staging, prod] = ['dev', 'staging', 'prod'].map((name) => environments.load(name));
    expect([dev, staging, prod].map((config) => config?.batch?.coreUnits)).toEqual([1, 2, 4]);
    expect([dev, staging, prod].map((config) => config?.network?.natGateways)).toEqual([1, 1, 3]);
    expect([dev, staging, prod].map((config) => config?.availabilityZones.length)).toEqual([2, 3, 3]);
    expect([dev, staging, prod].map((config) => config?.production ?? false)).toEqual([false, false, true]);
    expect([dev, staging, prod].map((config) => config?.removalPolicy)).toEqual([
      RemovalPolicy.DESTROY,
      undefined,
      undefined,
    ]);
  });

  test('name the account where a wrong one would do harm', () => {
    expect(environments.load('dev').account).toBeUndefined();
    expect(environments.load('staging').account).toMatch(/^\d{12}$/);
    expect(environments.load('prod').account).toMatch(/^\d{12}$/);
  });

  test('fail on an unknown name and suggest the nearest', () => {
    expect(() => environments.load('prdo')).toThrow(
      "'env' must be the name of an environment, got \"prdo\"; did you mean 'prod'?",
    );
  });

  test.each([undefined, ''])('list what there is when none is named (%p)', (name) => {
    expect(() => environments.load(name)).toThrow(/name one: known are dev, staging, prod$/);
  });
});

import { type CfnResource, Stack } from 'aws-cdk-lib/core';

/**
 * The properties of a resource as the template will have them, assignments and overrides alike: for rules that nothing in the
 * props can break, but an escape hatch or an aspect can.
 *
 * @internal
 */
export function renderedProperties<Properties extends object>(resource: CfnResource): Partial<Properties> {
  const template: { Resources: { [id: string]: { Properties?: Partial<Properties> } } } = Stack.of(resource).resolve(
    Reflect.apply(Reflect.get(resource, '_toCloudFormation'), resource, []),
  );
  return Object.values(template.Resources)[0]?.Properties ?? {};
}

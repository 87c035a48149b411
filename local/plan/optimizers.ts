import { TableOptimizerType } from '@aws-sdk/client-glue';
import { isJson } from '../../lib/compliance/values';

/** The settings of an optimizer that a table has: whether it is on, and how it works. Templates and Glue have one form. */
export function optimizerSettings(type: string, configuration: unknown): { [setting: string]: string } {
  const found = Object.fromEntries(leaves(configuration).map(({ name, value }) => [`${type} ${name}`, value]));
  const { [`${type} enabled`]: isEnabled, ...rest } = found;
  return { [type]: isEnabled === 'true' ? 'on' : 'off', ...rest };
}

/** The types of optimizers that settings are of. */
export function optimizerTypes(settings: { readonly [setting: string]: string } = {}): TableOptimizerType[] {
  return Object.values(TableOptimizerType).filter((type) => Object.hasOwn(settings, type));
}

/** The values of a configuration with their own names; who it works as is another resource's. */
function leaves(value: unknown): { readonly name: string; readonly value: string }[] {
  return Object.entries(isJson(value) ? value : {}).flatMap(([key, member]) => {
    const name = key.charAt(0).toLowerCase() + key.slice(1);
    if (isJson(member)) {
      return leaves(member);
    }
    return name === 'roleArn' || member === undefined
      ? []
      : [{ name, value: typeof member === 'string' ? member : JSON.stringify(member) }];
  });
}

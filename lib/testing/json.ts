import { sorted } from '../private';

/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | Members;

/** An object as JSON has it. */
export interface Members {
  [key: string]: Json | undefined;
}

/** Whether the value is an object, and no list. */
export function isMembers(value: Json | undefined): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value at a path of names and positions; undefined when there is none. */
export function at(value: Json | undefined, ...path: string[]): Json | undefined {
  return path.reduce<Json | undefined>((found, step) => childOf(found, step), value);
}

function childOf(value: Json | undefined, step: string): Json | undefined {
  if (Array.isArray(value)) {
    return value[Number(step)];
  }
  return isMembers(value) ? value[step] : undefined;
}

/** The same value with its keys in order, so that equal values are equal texts. */
export function inOrder(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(inOrder);
  }
  if (!isMembers(value)) {
    return value;
  }
  return Object.fromEntries(
    sorted(Object.entries(value), ([key]) => key).flatMap(([key, member]) =>
      member === undefined ? [] : [[key, inOrder(member)]],
    ),
  );
}

/** A plain value as text: true and "true" are one to CloudFormation. */
export function plain(value: Json | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

/** A value in a message: short, and nothing for what is not set. */
export function brief(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

import type { z } from 'zod';
import { closest, didYouMean } from '../private';
import { type ContractFile, isRecord } from './contract-file';
import type { DocumentPath } from './yaml-places';
import { CUSTOM_PROPERTY } from './contract-schema';

type Issue = z.core.$ZodIssue;

/** Reads the value at a path by a schema; notes what is wrong with it and returns undefined when something is. */
export function readBy<T extends z.ZodType>(file: ContractFile, path: DocumentPath, schema: T): z.infer<T> | undefined {
  const result = schema.safeParse(file.valueAt(path));
  if (!result.success) {
    for (const issue of result.error.issues) {
      noteIssue(file, path, issue);
    }
  }
  return result.data;
}

/** Notes every key of the object at a path that is not known; true when there is none. */
export function refuseUnknownKeys(file: ContractFile, path: DocumentPath, known: string[]): boolean {
  const value = file.valueAt(path);
  const keys = isRecord(value) && !Array.isArray(value) ? Object.keys(value) : [];
  const unknown = keys.filter((name) => !known.includes(name));
  unknown.forEach((key) => file.reportKey(path, key, didYouMean(key, known)));
  return unknown.length === 0;
}

/**
 * Reads the custom properties listed at a path by a schema each.
 *
 * A property that is not known is left to other tools, unless its name is so near a known one that it must be a slip.
 */
export function readCustomProperties<S extends Record<string, z.ZodType>>(
  file: ContractFile,
  path: DocumentPath,
  schemas: S,
): { [K in keyof S]?: z.infer<S[K]> } {
  const values: { [K in keyof S]?: z.infer<S[K]> } = {};
  const listed = file.valueAt(path);
  for (const index of Array.isArray(listed) ? listed.keys() : []) {
    const name = readBy(file, [...path, index], CUSTOM_PROPERTY)?.property;
    if (name === undefined) {
      continue;
    }
    if (isKeyOf(schemas, name)) {
      if (Object.hasOwn(values, name)) {
        file.report([...path, index, 'property'], 'listed once', 'drop one of the two');
      }
      values[name] = readBy(file, [...path, index, 'value'], schemas[name]);
    } else if (closest(name, Object.keys(schemas)) !== undefined) {
      file.report([...path, index, 'property'], 'a known property', didYouMean(name, Object.keys(schemas)));
    }
  }
  return values;
}

/** Where the value of a custom property of the document stands. */
export function customPath(file: ContractFile, property: string): DocumentPath {
  const listed = file.valueAt(['customProperties']);
  const names: unknown[] = Array.isArray(listed) ? listed : [];
  const index = names.findIndex((_, position) => file.valueAt(['customProperties', position, 'property']) === property);
  return index < 0 ? ['customProperties', property] : ['customProperties', index, 'value'];
}

function isKeyOf<S extends object>(schemas: S, name: string): name is Extract<keyof S, string> {
  return Object.hasOwn(schemas, name);
}

function noteIssue(file: ContractFile, base: DocumentPath, issue: Issue): void {
  const path = [...base, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  switch (issue.code) {
    case 'unrecognized_keys':
      for (const key of issue.keys) {
        file.reportKey(path, key, 'drop it or correct its name');
      }
      return;
    case 'invalid_type':
      file.report(path, article(issue.expected), file.valueAt(path) === undefined ? 'add it' : 'correct it');
      return;
    case 'invalid_value': {
      const values = issue.values.map(String);
      const got = file.valueAt(path);
      const remedy = typeof got === 'string' ? didYouMean(got, values) : got === undefined ? 'add it' : 'choose one';
      file.report(path, values.length === 1 ? values.join() : `one of ${values.join(', ')}`, remedy);
      return;
    }
    case 'invalid_union':
      file.report(path, 'a single value', 'correct it');
      return;
    case 'too_big':
    case 'too_small': {
      const limit = issue.code === 'too_big' ? `at most ${issue.maximum}` : `at least ${issue.minimum}`;
      const [must = limit, remedy = 'correct it'] = issue.message.includes('; ') ? issue.message.split('; ') : [];
      file.report(path, must, remedy);
      return;
    }
    default: {
      const [must, remedy] = issue.message.split('; ');
      file.report(path, must ?? issue.message, remedy ?? 'correct it');
    }
  }
}

function article(type: string): string {
  const name = type === 'record' ? 'object' : type === 'int' ? 'whole number' : type;
  return `${/^[aeiou]/.test(name) ? 'an' : 'a'} ${name}`;
}

import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fail, sorted } from '../private';

/** A resource as its template declares it. */
export interface TemplateResource {
  readonly id: string;
  /** The id as people know it: without the hash that the CDK adds. */
  readonly name: string;
  readonly type: string;
  readonly properties: unknown;
}

/** The texts of all templates of a cloud assembly, those of nested stacks too. */
export function templatesIn(directory: string): string[] {
  const files = existsSync(directory) && statSync(directory).isDirectory() ? readdirSync(directory) : [];
  const templates = sorted(
    files.filter((name) => name.endsWith('.template.json')),
    (name) => name,
  );
  if (templates.length === 0) {
    const remedy = 'synthesize the app and name its output, for example cdk.out';
    fail({ path: 'directory', must: 'a folder with synthesized templates', got: directory, remedy });
  }
  return templates.map((name) => readFileSync(join(directory, name), 'utf8'));
}

/** All resources of templates, in order. */
export function resourcesOf(templates: string[]): TemplateResource[] {
  return templates.flatMap((text, index) =>
    Object.entries(membersOf(at(parsed(text, index), 'Resources'))).map(([id, resource]) => ({
      id,
      name: id.replace(/(?<=.)[0-9A-F]{8}$/, ''),
      type: textAt(resource, 'Type') ?? '',
      properties: at(resource, 'Properties'),
    })),
  );
}

function parsed(text: string, index: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const got = text.slice(0, 40);
    return fail({
      path: `templates[${index}]`,
      must: 'a CloudFormation template in JSON',
      got,
      remedy: 'synthesize the app',
    });
  }
}

/** The value at a path of members and positions; undefined when there is none. */
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((found, step) => membersOf(found)[step], value);
}

/** The text at a path; undefined when there is none, an intrinsic function included. */
export function textAt(value: unknown, ...path: (string | number)[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The number at a path, which may be written as a text. */
export function numberAt(value: unknown, ...path: (string | number)[]): number | undefined {
  const found = at(value, ...path);
  const number = typeof found === 'string' && found.trim() !== '' ? Number(found) : found;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** The items at a path; none when there is no list. */
export function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? [...found] : [];
}

/** A text that may be joined of parts; what is only known when it is deployed stands as its reference. */
export function joinedText(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const parts = listAt(value, 'Fn::Join', 1);
  return parts.length > 0
    ? parts.map(joinedText).join(textAt(value, 'Fn::Join', 0) ?? '')
    : (JSON.stringify(value) ?? '').replaceAll(/["\\]/g, '');
}

/** What a text says in JSON; undefined when it is not JSON. */
export function parsedText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Every value inside a value, itself first. */
export function valuesIn(value: unknown): unknown[] {
  return [value, ...Object.values(membersOf(value)).flatMap(valuesIn)];
}

/** The members of an object; none when it is none. */
export function membersOf(value: unknown): { [name: string | number]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

import * as path from 'node:path';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, ResourceProperties, TypeDefinition } from '@aws-cdk/service-spec-types';

/** The file that the library reads. */
export const CREATE_ONLY_FILE = path.resolve(__dirname, '..', '..', 'lib', 'testing', 'create-only.json');

/** What changes of a property do: `yes` replaces the resource, `maybe` depends on more than the property. */
export interface CreateOnlyPath {
  /** The names that lead to the property; `*` is any element of a list or any key of a map. */
  readonly steps: string[];
  readonly replaces: 'yes' | 'maybe';
}

interface TypeUse {
  readonly definition: TypeDefinition;
  /** `*` for each list or map in between. */
  readonly steps: string[];
}

const database = loadAwsServiceSpecSync();

/** Every resource type with create-only properties, and the paths to them, as AWS's resource schemas have them. */
export function createOnlyPaths(): Map<string, CreateOnlyPath[]> {
  const found = new Map<string, CreateOnlyPath[]>();
  for (const resource of database.all('resource')) {
    const more = resource.additionalReplacementProperties ?? [];
    const paths = [
      ...pathsIn(resource.properties, [], []),
      ...more.map((steps): CreateOnlyPath => ({ steps, replaces: 'yes' })),
    ];
    if (paths.length > 0) {
      found.set(resource.cloudFormationType, paths);
    }
  }
  return new Map([...found].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** All resource types that AWS has. */
export function knownTypes(): Set<string> {
  return new Set(database.all('resource').map(({ cloudFormationType }) => cloudFormationType));
}

/** The types that the resource database itself calls stateful. */
export function statefulInDatabase(): string[] {
  return database
    .all('resource')
    .flatMap(({ isStateful, cloudFormationType }) => (isStateful ? [cloudFormationType] : []));
}

/** The text of the library's file: a line for each type, a path for each word, `?` where it depends. */
export function createOnlyText(): string {
  const lines = [...createOnlyPaths()].map(([type, paths]) => {
    const words = paths.map(({ steps, replaces }) => `${steps.join('/')}${replaces === 'maybe' ? '?' : ''}`);
    return `  ${JSON.stringify(type)}: ${JSON.stringify([...new Set(words)].toSorted().join(' '))}`;
  });
  return `{\n${lines.join(',\n')}\n}\n`;
}

/** Below a property that always replaces there is nothing more to know; a type within itself is followed once. */
function pathsIn(properties: ResourceProperties, prefix: string[], seen: string[]): CreateOnlyPath[] {
  return Object.entries(properties).flatMap(([name, property]) => {
    const steps = prefix.concat(name);
    const replaces = replacesOf(property);
    if (replaces === 'yes') {
      return [{ steps, replaces }];
    }
    const below = typesIn(property.type)
      .filter(({ definition }) => !seen.includes(definition.$id))
      .flatMap((use) => pathsIn(use.definition.properties, steps.concat(use.steps), seen.concat(use.definition.$id)));
    const always = below.filter((path_) => path_.replaces === 'yes');
    if (replaces === 'no' || (property.type.type === 'ref' && always.length > 0)) {
      // of an object whose properties say it themselves they say it better: termination protection of a cluster is no loss
      return below;
    }
    const here: CreateOnlyPath[] = [{ steps, replaces }];
    return here.concat(always);
  });
}

function replacesOf({ causesReplacement = 'no' }: Property): 'yes' | 'maybe' | 'no' {
  return causesReplacement;
}

function typesIn(type: PropertyType): TypeUse[] {
  switch (type.type) {
    case 'ref':
      return [{ definition: database.get('typeDefinition', type.reference.$ref), steps: [] }];
    case 'array':
    case 'map':
      return typesIn(type.element).map(({ definition, steps }) => ({ definition, steps: ['*', ...steps] }));
    case 'union':
      return type.types.flatMap(typesIn);
    default:
      return [];
  }
}

/** The JSON Schema of a config, from the interfaces of `lib/config` as jsii describes them: one place says what a setting is. */
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { KafkaMonitoring, KafkaVersion } from '../lib/streaming';
import { EmrRelease, InstanceArchitecture } from '../lib/processing';
import { StorageTier } from '../lib/storage';
import type { Shape } from '../lib/config/shape';
import { type ApiType, type Assembly, type Property, type TypeReference, readAssembly } from './assembly';

/** What members hold that are names of something. */
const NAMES: { readonly [member: string]: string[] } = {
  release: EmrRelease.knownLabels(),
  architecture: InstanceArchitecture.names(),
  tier: StorageTier.names(),
  'KafkaConfig.version': KafkaVersion.knownVersions(),
  monitoring: Object.values(KafkaMonitoring),
};

/** The schema as the file holds it. */
export async function configSchema(): Promise<string> {
  const assembly = await readAssembly();
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'LakehouseConfig',
    ...struct('LakehouseConfig', assembly),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function struct(name: string, assembly: Assembly): Shape {
  const type = assembly.types[`cdk-lakehouse.config.${name}`];
  if (type === undefined) throw new Error(`there is no ${name} in the public API`);
  const properties = propertiesOf(type, assembly);
  const described = properties.map((property) => [property.name, member(name, property, assembly)] as const);
  return {
    type: 'object',
    description: type.docs?.summary,
    additionalProperties: false,
    required: properties.filter(({ optional }) => optional !== true).map((property) => property.name),
    properties: Object.fromEntries(described),
  };
}

/** As they stand in the source, not by the alphabet; those of what it extends come first. */
function propertiesOf({ interfaces = [], properties = [] }: ApiType, assembly: Assembly): Property[] {
  const inherited = interfaces.flatMap((fqn) => {
    const base = assembly.types[fqn];
    return base === undefined ? [] : propertiesOf(base, assembly);
  });
  return [...inherited, ...properties.toSorted((a, b) => lineOf(a) - lineOf(b))];
}

const lineOf = ({ locationInModule }: Property): number => locationInModule?.line ?? 0;

function member(owner: string, property: Property, assembly: Assembly): Shape {
  const { summary, remarks, default: fallback } = property.docs ?? {};
  const names = NAMES[`${owner}.${property.name}`] ?? NAMES[property.name];
  return {
    ...typeOf(property.type, assembly),
    ...(names === undefined ? {} : { enum: names }),
    description: [summary, remarks].filter(Boolean).join(' ').replaceAll(/\s+/g, ' '),
    ...defaultOf(fallback),
  };
}

/** A default that is a value is one in the schema too; one in words goes by the name of a comment. */
function defaultOf(text: string | undefined): { readonly default?: unknown } | { readonly $comment: string } {
  if (text === undefined) return {};
  if (/^'[^']*'$/.test(text)) return { default: text.slice(1, -1) };
  if (/^(\d[\d.]*|true|false)$/.test(text)) return { default: JSON.parse(text) as unknown };
  return {
    $comment: `default: ${text.replace(/^- /, '').replace('RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE', RETAINED)}`,
  };
}

const RETAINED = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

function typeOf({ primitive, fqn, collection }: TypeReference, assembly: Assembly): Shape {
  if (collection !== undefined) {
    const inner = typeOf(collection.elementtype, assembly);
    return collection.kind === 'array'
      ? { type: 'array', items: inner }
      : { type: 'object', additionalProperties: inner };
  }
  if (fqn === 'aws-cdk-lib.RemovalPolicy') return { type: 'string', enum: Object.values(RemovalPolicy) };
  return fqn === undefined ? { type: primitive ?? 'string' } : struct(fqn.split('.').at(-1) ?? '', assembly);
}

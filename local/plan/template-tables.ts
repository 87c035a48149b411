import { z } from 'zod';
import { type TemplateResource, Templates } from '../../lib/compliance/template';
import { dig, isJson, isLiteral, textOf } from '../../lib/compliance/values';
import { parseJson } from '../json';
import { type TableName, keyOf } from './table-name';
import { optimizerSettings } from './optimizers';
import type { TableDefinition } from './definition';
import { readFields, readType } from './iceberg-json';
import type { StackTemplates } from './stack-templates';

/** An Iceberg table of a template. */
export interface DeclaredTable extends TableName {
  /** Template and logical id: another one is another resource to CloudFormation. */
  readonly address: string;
  /** Whether the table stays when it leaves the template. */
  readonly isRetained: boolean;
  readonly definition: TableDefinition;
}

/** What templates declare. */
export interface Declared {
  readonly tables: DeclaredTable[];
  /** The names of the Glue databases, also of those without tables. */
  readonly databases: string[];
}

const number = z.coerce.number();
const flag = z.union([z.boolean(), z.stringbool()]).default(false);

const inputShape = z.object({
  Version: number.default(2),
  IcebergTableInput: z.object({
    Location: z.string(),
    Schema: z.object({
      Fields: z.array(
        z.object({ Id: number, Name: z.string(), Type: z.string(), Required: flag, Doc: z.string().optional() }),
      ),
      IdentifierFieldIds: z.array(number).default([]),
    }),
    PartitionSpec: z
      .object({
        Fields: z.array(
          z.object({ FieldId: number.optional(), SourceId: number, Transform: z.string(), Name: z.string() }),
        ),
      })
      .default({ Fields: [] }),
    WriteOrder: z
      .object({
        Fields: z.array(
          z.object({ SourceId: number, Transform: z.string(), Direction: z.string(), NullOrder: z.string() }),
        ),
      })
      .default({ Fields: [] }),
    Properties: z.record(z.string(), z.coerce.string()).default({}),
  }),
});

/** Where the names stand that references to resources mean. */
const NAMES: { readonly [type: string]: string[] } = {
  'AWS::Glue::Database': ['DatabaseInput', 'Name'],
  'AWS::Glue::Table': ['Name'],
  'AWS::S3::Bucket': ['BucketName'],
};

/** The first id of a partition field, where a template gives none. */
const FIRST_PARTITION_ID = 1000;

/**
 * The Iceberg tables of a stack, with every reference carried out that can be: by what is deployed, or by explicit names.
 *
 * @throws LakehouseError when a table has another form than Glue takes
 */
export function declaredIn({ sources }: StackTemplates, physicalIds: Map<string, string> = new Map()): Declared {
  const templates = new Templates(sources);
  const reader = new Reader(templates, physicalIds);
  return {
    tables: templates.ofType('AWS::Glue::Table').flatMap((resource) => reader.table(resource) ?? []),
    databases: templates.ofType('AWS::Glue::Database').flatMap((resource) => reader.nameOf(resource) ?? []),
  };
}

class Reader {
  /** What Glue does by itself for tables, by their keys. */
  private readonly optimizers = new Map<string, { [setting: string]: string }>();

  constructor(
    private readonly templates: Templates,
    private readonly physicalIds: Map<string, string>,
  ) {
    for (const { properties } of templates.ofType('AWS::Glue::TableOptimizer')) {
      const key = keyOf({ database: this.text(properties.DatabaseName), name: this.text(properties.TableName) });
      const configuration = this.settled(properties.TableOptimizerConfiguration);
      const settings = optimizerSettings(this.text(properties.Type), configuration);
      this.optimizers.set(key, { ...this.optimizers.get(key), ...settings });
    }
  }

  table(resource: TemplateResource): DeclaredTable | undefined {
    const { properties, body } = resource;
    const input = this.settled(dig(properties, 'OpenTableFormatInput', 'IcebergInput'));
    if (input === undefined) {
      return undefined;
    }
    const address = addressOf(resource);
    const name = { database: this.text(properties.DatabaseName), name: this.nameOf(resource) ?? resource.id };
    const parsed = parseJson(JSON.stringify(input), inputShape, `table '${address}'`);
    return {
      ...name,
      address,
      isRetained: textOf(body.DeletionPolicy)?.startsWith('Retain') === true,
      definition: definitionOf(parsed, this.optimizers.get(keyOf(name))),
    };
  }

  /** What a resource is called: the name that is given to it, or the one that it got. */
  nameOf(resource: TemplateResource): string | undefined {
    const given = textOf(dig(resource.properties, ...(NAMES[resource.type] ?? [])));
    const isKnown = given !== undefined && isLiteral(given);
    return isKnown ? given : this.physicalIds.get(addressOf(resource));
  }

  private text(value: unknown): string {
    return textOf(this.settled(value)) ?? '';
  }

  /** The value with its references replaced; what nobody knows before the deployment stays as `${…}`. */
  private settled(value: unknown): unknown {
    if (typeof value === 'string') {
      return value.replaceAll(/\$\{[^}]+\}/g, (reference) => {
        const resource = this.templates.referredBy(reference);
        return (resource === undefined ? undefined : this.nameOf(resource)) ?? reference;
      });
    }
    if (Array.isArray(value)) {
      return value.map((item) => this.settled(item));
    }
    return isJson(value)
      ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.settled(member)]))
      : value;
  }
}

function addressOf({ template, id }: TemplateResource): string {
  return `${template.file}#${id}`;
}

function definitionOf(
  { Version, IcebergTableInput: input }: z.infer<typeof inputShape>,
  optimizers: TableDefinition['optimizers'] = {},
): TableDefinition {
  return {
    formatVersion: Version,
    location: input.Location.replace(/\/+$/, ''),
    fields: readFields(
      input.Schema.Fields.map(({ Id, Name, Type, Required, Doc }) => ({
        id: Id,
        name: Name,
        type: readType(Type),
        required: Required,
        doc: Doc,
      })),
    ),
    identifiers: input.Schema.IdentifierFieldIds,
    partition: input.PartitionSpec.Fields.map(({ FieldId, SourceId, Transform, Name }, index) => ({
      id: FieldId ?? FIRST_PARTITION_ID + index,
      name: Name,
      source: SourceId,
      transform: Transform,
    })),
    sort: input.WriteOrder.Fields.map(({ SourceId, Transform, Direction, NullOrder }) => ({
      source: SourceId,
      transform: Transform,
      direction: Direction.toLowerCase(),
      nulls: NullOrder.toLowerCase().replace('_', '-'),
    })),
    properties: input.Properties,
    optimizers,
  };
}

import { z } from 'zod';
import { parseJson } from '../json';
import type { Field, PartitionField, SortField, TableDefinition, TableHistory } from './definition';

/** A type as Iceberg writes it: a name, or an object that holds fields with ids. */
type TypeJson = string | z.infer<typeof structShape> | ListJson | MapJson;

interface FieldJson {
  readonly id: number;
  readonly name: string;
  readonly type: TypeJson;
  readonly required: boolean;
  readonly doc?: string;
}

interface ListJson {
  readonly type: 'list';
  readonly 'element-id': number;
  readonly element: TypeJson;
  readonly 'element-required': boolean;
}

interface MapJson {
  readonly type: 'map';
  readonly 'key-id': number;
  readonly key: TypeJson;
  readonly 'value-id': number;
  readonly value: TypeJson;
  readonly 'value-required': boolean;
}

const typeShape: z.ZodType<TypeJson> = z.lazy(() => z.union([z.string(), structShape, listShape, mapShape]));

const fieldShape: z.ZodType<FieldJson> = z.object({
  id: z.int(),
  name: z.string(),
  type: typeShape,
  required: z.boolean(),
  doc: z.string().optional(),
});

const structShape = z.object({ type: z.literal('struct'), fields: z.array(fieldShape) });

const listShape = z.object({
  type: z.literal('list'),
  'element-id': z.int(),
  element: typeShape,
  'element-required': z.boolean(),
});

const mapShape = z.object({
  type: z.literal('map'),
  'key-id': z.int(),
  key: typeShape,
  'value-id': z.int(),
  value: typeShape,
  'value-required': z.boolean(),
});

const partitionShape = z.object({
  'spec-id': z.int(),
  fields: z.array(z.object({ 'field-id': z.int(), 'source-id': z.int(), name: z.string(), transform: z.string() })),
});

const orderShape = z.object({
  'order-id': z.int(),
  fields: z.array(
    z.object({ 'source-id': z.int(), transform: z.string(), direction: z.string(), 'null-order': z.string() }),
  ),
});

/** What is read of a metadata file. @see https://iceberg.apache.org/spec/#table-metadata-fields */
const metadataShape = z.object({
  'format-version': z.int(),
  location: z.string(),
  'last-column-id': z.int(),
  'current-schema-id': z.int(),
  schemas: z.array(structShape.extend({ 'schema-id': z.int(), 'identifier-field-ids': z.array(z.int()).default([]) })),
  'default-spec-id': z.int(),
  'partition-specs': z.array(partitionShape),
  'default-sort-order-id': z.int().default(0),
  'sort-orders': z.array(orderShape).default([]),
  properties: z.record(z.string(), z.string()).default({}),
});

/** A table as its metadata file has it, which knows nothing of optimizers. */
export interface TableMetadata {
  readonly definition: TableDefinition;
  readonly history: TableHistory;
}

/**
 * Reads a metadata file of a table.
 *
 * @throws LakehouseError when the text is none
 */
export function readMetadata(text: string, file: string): TableMetadata {
  const metadata = parseJson(text, metadataShape, `metadata file '${file}'`);
  const schema = metadata.schemas.find((one) => one['schema-id'] === metadata['current-schema-id']);
  const spec = metadata['partition-specs'].find((one) => one['spec-id'] === metadata['default-spec-id']);
  const order = metadata['sort-orders'].find((one) => one['order-id'] === metadata['default-sort-order-id']);
  const fields = readFields(schema?.fields ?? []);
  const partition = partitionOf(spec);
  return {
    definition: {
      formatVersion: metadata['format-version'],
      location: metadata.location.replace(/\/+$/, ''),
      fields,
      identifiers: schema?.['identifier-field-ids'] ?? [],
      partition,
      sort: sortOf(order),
      properties: metadata.properties,
      optimizers: {},
    },
    history: {
      lastId: metadata['last-column-id'],
      fields: [...metadata.schemas.flatMap((past) => readFields(past.fields)), ...fields],
      partition: [...metadata['partition-specs'].flatMap(partitionOf), ...partition],
    },
  };
}

/** The fields of a struct in order, each before those nested in it. */
export function readFields(list: readonly FieldJson[], parent?: Field): Field[] {
  return list.flatMap((json) => {
    const field = {
      id: json.id,
      name: json.name,
      path: parent === undefined ? json.name : `${parent.path}.${json.name}`,
      type: typeof json.type === 'string' ? normalized(json.type) : json.type.type,
      required: json.required,
      doc: json.doc,
      parent: parent?.id,
    };
    return [field, ...readFields(insideOf(json.type), field)];
  });
}

/** Reads a type in the form that templates have it: a name, or JSON in a text. */
export function readType(text: string): TypeJson {
  return text.startsWith('{') ? parseJson(text, typeShape, 'a type') : text;
}

/** The fields in a nested type; none in a primitive one. */
function insideOf(type: TypeJson): FieldJson[] {
  if (typeof type === 'string') {
    return [];
  }
  switch (type.type) {
    case 'struct':
      return type.fields;
    case 'list':
      return [{ id: type['element-id'], name: 'element', type: type.element, required: type['element-required'] }];
    case 'map':
      return [
        { id: type['key-id'], name: 'key', type: type.key, required: true },
        { id: type['value-id'], name: 'value', type: type.value, required: type['value-required'] },
      ];
    default:
      return [];
  }
}

/** Glue writes `decimal(10, 2)`, others leave the space out. */
function normalized(type: string): string {
  return type.replace(/^decimal\(\s*(\d+)\s*,\s*(\d+)\s*\)$/, 'decimal($1, $2)');
}

/** A field of a version 1 table that was dropped stays as `void`. */
function partitionOf(spec: z.infer<typeof partitionShape> | undefined): PartitionField[] {
  const fields = (spec?.fields ?? []).filter(({ transform }) => transform !== 'void');
  return fields.map(({ 'field-id': id, 'source-id': source, name, transform }) => ({ id, name, source, transform }));
}

function sortOf(order: z.infer<typeof orderShape> | undefined): SortField[] {
  return (order?.fields ?? []).map(({ 'source-id': source, transform, direction, 'null-order': nulls }) => ({
    source,
    transform,
    direction,
    nulls,
  }));
}

import { z } from 'zod';
import { Zone } from '../../lib/contracts';
import { COLUMN_PROPERTIES, DOCUMENT_PROPERTIES } from '../../lib/contracts/contract-schema';
import { TYPE_NAMES } from '../../lib/contracts/type-parser';

/** The standard's own schema, as it publishes it. */
export const STANDARD =
  'https://raw.githubusercontent.com/bitol-io/open-data-contract-standard/main/schema/odcs-json-schema-v3.2.0.json';

/**
 * The JSON Schema of a contract file, for editors: the standard's own, and on top of it the custom properties that are
 * read here and the types of Iceberg. It completes names; what a contract must be is checked when it is read.
 */
export function contractSchema(): object {
  const column = {
    properties: {
      physicalType: {
        description:
          'A type of Iceberg, for example decimal(10, 2), list<string>, struct<code int not null, text string>',
        anyOf: [{ enum: TYPE_NAMES }, { type: 'string' }],
      },
      customProperties: { items: customProperty(COLUMN_PROPERTIES) },
    },
    required: ['physicalType'],
  };
  const zone = z.enum(Zone.all().map(({ name }) => name));
  return {
    $schema: 'https://json-schema.org/draft/2019-09/schema',
    title: 'Data contract of a lakehouse',
    allOf: [{ $ref: STANDARD }],
    properties: {
      schema: { items: { properties: { properties: { items: column } } } },
      customProperties: { items: customProperty({ ...DOCUMENT_PROPERTIES, zone }) },
    },
    required: ['schema', 'customProperties'],
  };
}

/** A custom property: any name is allowed, and the value of one that is known has its schema. */
function customProperty(schemas: Record<string, z.ZodType>): object {
  return {
    properties: { property: { anyOf: [{ enum: Object.keys(schemas) }, { type: 'string' }] } },
    allOf: Object.entries(schemas).map(([name, schema]) => ({
      anyOf: [
        { properties: { property: { not: { const: name } } } },
        { properties: { property: { const: name }, value: withoutDialect(schema) } },
      ],
    })),
  };
}

function withoutDialect(schema: z.ZodType): object {
  const { $schema: _dialect, ...rest } = z.toJSONSchema(schema);
  return rest;
}

import { z } from 'zod';

/**
 * The parts of the Open Data Contract Standard 3 that are read here, as zod schemas.
 *
 * Where a schema gives a message, it reads `what the value must be; remedy`. Keys of the standard that nothing here reads
 * are allowed, and listed below so that a mistyped key is told from one of the standard's own.
 *
 * @see https://bitol-io.github.io/open-data-contract-standard/
 */

const NAME = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'a name of a-z, 0-9 and _ that begins with a letter; rename it')
  .max(200, 'a name of at most 200 characters; shorten it');

const POSITION = z.int().min(1, 'a position of at least 1; count from 1');

/** A custom property: what the standard lacks. */
export const CUSTOM_PROPERTY = z.looseObject({ property: z.string(), value: z.unknown() });

const LIMIT = z.union([z.number(), z.string()]).optional();

/** What a column's values are held against, each alone. */
const OPTIONS = z.looseObject({
  minimum: LIMIT,
  maximum: LIMIT,
  exclusiveMinimum: LIMIT,
  exclusiveMaximum: LIMIT,
  pattern: z.string().optional(),
  minLength: z.int().min(0, 'a length of at least 0; raise it').optional(),
  maxLength: z.int().min(0, 'a length of at least 0; raise it').optional(),
});

/** The options of a column's type that are enforced here, and those that only describe. */
export const OPTION_KEYS = [...Object.keys(OPTIONS.shape), 'format', 'timezone', 'defaultTimezone'];

/** A column. */
export const PROPERTY = z.looseObject({
  name: NAME,
  logicalType: z
    .enum(['string', 'date', 'timestamp', 'time', 'number', 'integer', 'object', 'array', 'boolean', 'map', 'vector'])
    .optional(),
  physicalType: z.string(),
  required: z.boolean().optional(),
  primaryKey: z.boolean().optional(),
  primaryKeyPosition: POSITION.optional(),
  partitioned: z.boolean().optional(),
  partitionKeyPosition: POSITION.optional(),
  classification: z.string().optional(),
  description: z.string().optional(),
  logicalTypeOptions: OPTIONS.optional(),
  unique: z.boolean().optional(),
  quality: z.array(z.unknown()).optional(),
  relationships: z.array(z.unknown()).optional(),
  customProperties: z.array(CUSTOM_PROPERTY).optional(),
});

/** The document without its columns and custom properties, which are read one by one. */
export const DOCUMENT = z.looseObject({
  kind: z.literal('DataContract'),
  apiVersion: z.string().regex(/^v3\.\d+\.\d+$/, "a version 3 of the standard; write 'v3.2.0'"),
  id: z.string().min(1, 'an identifier; write one'),
  name: z.string().optional(),
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a semantic version in quotes; write for example 1.0.0'),
  status: z.string().min(1, 'a status; write for example active'),
  domain: NAME,
  description: z.looseObject({ purpose: z.string().optional() }).optional(),
  schema: z
    .array(
      z.looseObject({
        name: NAME,
        dataGranularityDescription: z.string().optional(),
        properties: z.array(z.unknown()).min(1, 'at least one column; add it'),
        quality: z.array(z.unknown()).optional(),
        relationships: z.array(z.unknown()).optional(),
      }),
    )
    .length(1, 'exactly one dataset; write one file for each dataset'),
  slaProperties: z
    .array(z.looseObject({ property: z.string(), value: z.unknown(), unit: z.string().optional() }))
    .optional(),
  customProperties: z.array(z.unknown()),
});

/** The Kafka topic a dataset comes from. */
const STREAM = z.looseObject({
  topic: z.string(),
  partitions: z.int().min(1, 'a whole number of at least 1; use at least as many as tasks read at once'),
  retentionDays: z
    .int()
    .min(1, 'a whole number of days, at least 1; leave it out for what the cluster says')
    .optional(),
  localRetentionDays: z
    .int()
    .min(1, 'a whole number of days, at least 1; leave it out to keep all records on the volumes')
    .optional(),
  cleanup: z.enum(['delete', 'compact', 'compact,delete']).optional(),
  key: z.array(z.string()).min(1, 'at least one column; leave it out for the primary key').optional(),
});

/** Every key of a stream. */
export const STREAM_KEYS = Object.keys(STREAM.shape);

/** The streamed dataset that another follows from. */
const DERIVATION = z.looseObject({
  dataset: NAME,
  allowedLatenessMinutes: z.int().min(0, 'a whole number of minutes, at least 0; most records should come within it'),
});

/** Every key of a derivation. */
export const DERIVATION_KEYS = Object.keys(DERIVATION.shape);

/** Custom properties of a document that are read here. */
export const DOCUMENT_PROPERTIES = {
  zone: z.string(),
  orderingColumn: z.string(),
  evolution: z.enum(['additive']),
  source: z.strictObject({ name: NAME, schema: z.string(), table: z.string(), watermarkColumn: z.string() }),
  stream: STREAM,
  derivedFrom: DERIVATION,
  sortOrder: z.array(
    z.strictObject({
      column: z.string(),
      direction: z.enum(['asc', 'desc']).optional(),
      nulls: z.enum(['first', 'last']).optional(),
    }),
  ),
  droppedColumns: z.array(
    z.strictObject({
      column: z.string(),
      reason: z.string().regex(/\w/, 'a reason for those who read the column; write one'),
    }),
  ),
  expectedBytesPerDay: z.number().positive('more than 0 bytes; measure or leave it out'),
  formatVersion: z.literal([2, 3]),
  maintenance: z.enum(['managed', 'job']),
  compaction: z.enum(['binpack', 'sort', 'z-order']),
  snapshotRetentionDays: z.int().min(1, 'a whole number of days, at least 1; leave it out for 7'),
  tableProperties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
};

/** Custom properties of a column that are read here. */
export const COLUMN_PROPERTIES = { partitionTransform: z.string(), renamedFrom: NAME };

/** The values of a document's custom properties. */
export type DocumentProperties = { [K in keyof typeof DOCUMENT_PROPERTIES]?: z.infer<(typeof DOCUMENT_PROPERTIES)[K]> };

/** The values of a column's custom properties. */
export type ColumnProperties = { [K in keyof typeof COLUMN_PROPERTIES]?: z.infer<(typeof COLUMN_PROPERTIES)[K]> };

/** A document that kept its schema. */
export type ContractDocument = z.infer<typeof DOCUMENT>;

/** A column that kept its schema. */
export type ContractProperty = z.infer<typeof PROPERTY>;

const ELEMENT_KEYS = [
  'id',
  'name',
  'physicalType',
  'description',
  'businessName',
  'deprecated',
  'synonyms',
  'authoritativeDefinitions',
  'tags',
  'customProperties',
];

/** Every key the standard has at the places that are read here. */
export const STANDARD_KEYS = {
  document: [
    'version',
    'kind',
    'apiVersion',
    'id',
    'name',
    'tenant',
    'tags',
    'status',
    'servers',
    'dataProduct',
    'description',
    'domain',
    'context',
    'schema',
    'support',
    'price',
    'team',
    'roles',
    'slaDefaultElement',
    'slaProperties',
    'authoritativeDefinitions',
    'customProperties',
    'contractCreatedTs',
  ],
  dataset: [
    ...ELEMENT_KEYS,
    'logicalType',
    'physicalName',
    'dataGranularityDescription',
    'properties',
    'relationships',
    'quality',
    'context',
  ],
  column: [
    ...ELEMENT_KEYS,
    'primaryKey',
    'primaryKeyPosition',
    'logicalType',
    'logicalTypeOptions',
    'physicalName',
    'required',
    'unique',
    'semanticType',
    'partitioned',
    'partitionKeyPosition',
    'classification',
    'encryptedName',
    'transformSourceObjects',
    'transformLogic',
    'transformDescription',
    'examples',
    'enum',
    'criticalDataElement',
    'relationships',
    'quality',
    'properties',
    'items',
    'map',
  ],
};

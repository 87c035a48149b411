import type { TemplateResource, Templates } from './template';
import { dig, textOf } from './values';

/** An Iceberg table of the templates and where its files are. */
export interface LocatedTable {
  readonly table: TemplateResource;
  /** The bucket's name, or a reference to it. */
  readonly bucket: string;
  /** The prefix of its files, with a slash at the end. */
  readonly prefix: string;
}

/** Whether a table of the Glue catalog is an Iceberg table. */
export function isIceberg({ type, properties }: TemplateResource): boolean {
  const kind = textOf(dig(properties, 'TableInput', 'Parameters', 'table_type')) ?? '';
  return (
    type === 'AWS::Glue::Table' &&
    (dig(properties, 'OpenTableFormatInput', 'IcebergInput') !== undefined || kind.toUpperCase() === 'ICEBERG')
  );
}

/** The Iceberg tables whose place is in the templates. */
export function locatedTables(templates: Templates): LocatedTable[] {
  return templates
    .ofType('AWS::Glue::Table')
    .filter(isIceberg)
    .flatMap((table) => {
      const { properties } = table;
      const location =
        textOf(dig(properties, 'OpenTableFormatInput', 'IcebergInput', 'IcebergTableInput', 'Location')) ??
        textOf(dig(properties, 'TableInput', 'StorageDescriptor', 'Location'));
      const [, bucket, prefix = ''] = /^s3[an]?:\/\/(\$\{[^}]+\}|[^/]+)\/?(.*?)\/*$/.exec(location ?? '') ?? [];
      return bucket === undefined ? [] : [{ table, bucket, prefix: prefix === '' ? '' : `${prefix}/` }];
    });
}

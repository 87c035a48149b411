import { gunzipSync } from 'node:zlib';
import {
  GetTableCommand,
  GetTableOptimizerCommand,
  type GetTableOptimizerResponse,
  type Table,
  type TableOptimizerType,
  paginateGetTables,
} from '@aws-sdk/client-glue';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { collected } from '../aws';
import type { Aws } from './aws';
import type { TableDefinition } from './definition';
import { type TableMetadata, readMetadata } from './iceberg-json';
import { optimizerSettings } from './optimizers';
import { type TableName, keyOf } from './table-name';

/** How many metadata files are read at a time. */
const AT_A_TIME = 16;

/** A table of the live catalog: its metadata, or why it has none. */
export type LiveTable = { readonly metadata: TableMetadata; readonly wrong?: undefined } | { readonly wrong: string };

/** A table that is read with the optimizers it should have, by type. */
export interface WantedTable extends TableName {
  readonly optimizers?: readonly TableOptimizerType[];
}

/** The Glue catalog of an account and region, of some databases. */
export class LiveCatalog {
  private constructor(
    private readonly aws: Aws,
    private readonly tables: Map<string, Table>,
  ) {}

  /** Lists the tables of databases; one that is not there has none. */
  static async of(aws: Aws, databases: Iterable<string>): Promise<LiveCatalog> {
    const tables = new Map<string, Table>();
    for (const database of databases) {
      for (const table of await tablesOf(aws, database)) {
        tables.set(keyOf({ database, name: table.Name ?? '' }), table);
      }
    }
    return new LiveCatalog(aws, tables);
  }

  /** The tables that were listed. */
  names(): TableName[] {
    return [...this.tables.values()].map(({ DatabaseName: database = '', Name: name = '' }) => ({ database, name }));
  }

  /** Tables as they are, by key; one that is not there is left out. */
  async read(wanted: readonly WantedTable[]): Promise<Map<string, LiveTable>> {
    const found = new Map<string, LiveTable>();
    const waiting = [...wanted];
    const work = async (): Promise<void> => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
        const table = await this.readOne(name);
        if (table !== undefined) {
          found.set(keyOf(name), table);
        }
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, work));
    return found;
  }

  private async readOne(name: WantedTable): Promise<LiveTable | undefined> {
    const table = this.tables.get(keyOf(name)) ?? (await this.hidden(name));
    if (table === undefined) {
      return undefined;
    }
    const { table_type: type = '', metadata_location: file } = table.Parameters ?? {};
    if (type.toUpperCase() !== 'ICEBERG' || file === undefined) {
      return { wrong: `it is no Iceberg table but ${table.TableType ?? 'one without a type'}` };
    }
    const text = await this.metadataFile(file, keyOf(name));
    if (text === undefined) {
      return { wrong: `its metadata file ${file} is not there` };
    }
    const { definition, history } = readMetadata(text, file);
    return { metadata: { definition: { ...definition, optimizers: await this.optimizersOf(name, table) }, history } };
  }

  /** Lake Formation leaves out of a list what one may not see, but refuses it when it is asked for by name. */
  private async hidden({ database, name }: TableName): Promise<Table | undefined> {
    const call = { action: 'glue:GetTable', resource: `table '${database}.${name}'` };
    const send = () => this.aws.glue.send(new GetTableCommand({ DatabaseName: database, Name: name }));
    const { Table: table } = await this.aws.call<{ Table?: Table }>(call, send, ifMissing({}));
    return table;
  }

  /** The settings of optimizers; one that is not there is off. */
  private async optimizersOf(
    { database, name, optimizers = [] }: WantedTable,
    { CatalogId }: Table,
  ): Promise<TableDefinition['optimizers']> {
    const found = optimizers.map(async (type) => {
      const call = { action: 'glue:GetTableOptimizer', resource: `the ${type} of table '${database}.${name}'` };
      const names = { CatalogId, DatabaseName: database, TableName: name };
      const command = new GetTableOptimizerCommand({ ...names, Type: type });
      const { TableOptimizer: optimizer } = await this.aws.call<Pick<GetTableOptimizerResponse, 'TableOptimizer'>>(
        call,
        () => this.aws.glue.send(command),
        ifMissing({}),
      );
      return optimizerSettings(type, optimizer?.configuration);
    });
    return Object.assign({}, ...(await Promise.all(found)));
  }

  private async metadataFile(file: string, key: string): Promise<string | undefined> {
    const [, Bucket = '', Key = ''] = /^s3[an]?:\/\/([^/]+)\/(.+)$/.exec(file) ?? [];
    const call = { action: 's3:GetObject', resource: `${file}, the metadata of table '${key}'` };
    const send = async (): Promise<Uint8Array | undefined> => {
      const { Body } = await this.aws.s3.send(new GetObjectCommand({ Bucket, Key }));
      return Body?.transformToByteArray();
    };
    const bytes = await this.aws.call(call, send, ifMissing(new Uint8Array()));
    if (bytes === undefined || bytes.length === 0) {
      return undefined;
    }
    const isZipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return Buffer.from(isZipped ? gunzipSync(bytes) : bytes).toString('utf8');
  }
}

function tablesOf(aws: Aws, database: string): Promise<Table[]> {
  const call = { action: 'glue:GetTables', resource: `database '${database}'` };
  const pages = paginateGetTables({ client: aws.glue }, { DatabaseName: database });
  return aws.call(call, () => collected(pages, ({ TableList }) => TableList), ifMissing<Table[]>([]));
}

/** A value for what is not there. */
function ifMissing<T>(value: T): (name: string) => T | undefined {
  return (name) => (/^(EntityNotFoundException|NoSuchKey|NoSuchBucket|NotFound)$/.test(name) ? value : undefined);
}

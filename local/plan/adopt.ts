import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { adoptTable, lockedTables } from '../../lib/contracts/adopt-table';
import { Zone } from '../../lib/contracts/zone';
import { COMMAND } from '../../lib/private/command';
import { LakehouseError, didYouMean, problem } from '../../lib/private/errors';
import { contractOf } from './adopted-contract';
import { lockEntryOf } from './adopted-lock';
import type { AwsPlace } from '../aws';
import { Aws } from './aws';
import { LiveCatalog } from './catalog';
import { type TableName, keyOf } from './table-name';
import type { TableMetadata } from './iceberg-json';

/** What `lakehouse adopt` takes. */
export interface AdoptOptions extends AwsPlace {
  /** The zone that the table belongs to. */
  readonly zone: string;
  /** The data domain; that of the table's folder `<domain>/<table>` when undefined. */
  readonly domain?: string;
  /** The folder of contracts. */
  readonly contracts: string;
}

/**
 * Writes a contract and the lock entry of an Iceberg table that exists already, with the ids that it has.
 *
 * @param table database and name, `sales.orders`
 * @returns what was written, a line each
 * @throws LakehouseError when the table is none, cannot be said by a contract, or has a contract already
 */
export async function adopt(table: string, options: AdoptOptions): Promise<string[]> {
  const name = nameIn(table);
  const zone = zoneOf(options.zone);
  const key = `${zone.name}.${name.name}`;
  const file = join(options.contracts, zone.name, `${name.name}.yaml`);
  refuseExisting(options.contracts, key, file);
  const metadata = await read(name, options);
  const domain = options.domain ?? domainOf(metadata, name);
  const text = contractOf({ zone: zone.name, domain, name: name.name, table: metadata.definition });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { flag: 'wx' });
  try {
    adoptTable(options.contracts, key, lockEntryOf(metadata));
  } catch (error) {
    rmSync(file);
    throw error;
  }
  return [
    `✓ ${file} written: complete it with owner, rules and objectives`,
    `✓ schema.lock.json has ${key} with the ids of ${table}`,
    `${COMMAND} plan says what differs; the table is at ${metadata.definition.location}, and its files do not move`,
  ];
}

function nameIn(table: string): TableName {
  const [database = '', name = '', ...more] = table.split('.');
  if (database === '' || name === '' || more.length > 0) {
    const remedy = 'write for example sales.orders';
    throw new LakehouseError(
      problem({ path: 'table', must: 'the names of a database and a table', got: table, remedy }),
    );
  }
  return { database, name };
}

function zoneOf(text: string): Zone {
  const names = Zone.withTables().map(({ name }) => name);
  const zone = Zone.withTables().find(({ name }) => name === text);
  if (zone === undefined) {
    const remedy = didYouMean(text, names);
    throw new LakehouseError(problem({ path: '--zone', must: 'a zone that holds tables', got: text, remedy }));
  }
  return zone;
}

function refuseExisting(contracts: string, key: string, file: string): void {
  if (existsSync(file)) {
    const remedy = `edit it, and run '${COMMAND} lock'`;
    throw new LakehouseError(problem({ path: 'contract', must: 'not there yet', got: file, remedy }));
  }
  if (Object.hasOwn(lockedTables(contracts), key)) {
    const remedy = 'choose another zone: a contract asks for that table already, or did';
    throw new LakehouseError(problem({ path: 'schema lock', must: `without ${key}`, got: key, remedy }));
  }
}

async function read(name: TableName, place: AwsPlace): Promise<TableMetadata> {
  const aws = await Aws.of(place);
  try {
    const catalog = await LiveCatalog.of(aws, [name.database]);
    const live = (await catalog.read([name])).get(keyOf(name));
    if (live?.wrong === undefined && live !== undefined) {
      return live.metadata;
    }
    const known = catalog.names().map(keyOf);
    const remedy = live === undefined ? didYouMean(keyOf(name), known) : live.wrong;
    const got = keyOf(name);
    throw new LakehouseError(problem({ path: 'table', must: 'an Iceberg table of the catalog', got, remedy }));
  } finally {
    aws.close();
  }
}

function domainOf({ definition: { location } }: TableMetadata, { name }: TableName): string {
  const [, domain, folder] = /^s3[an]?:\/\/[^/]+\/([^/]+)\/([^/]+)$/.exec(location) ?? [];
  if (domain === undefined || folder !== name) {
    const must = 'named for a table that is not in a folder <domain>/<table> of its bucket';
    const remedy = `choose one, for example sales; the table is at ${location}`;
    throw new LakehouseError(problem({ path: '--domain', must, got: undefined, remedy }));
  }
  return domain;
}

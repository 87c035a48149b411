import * as glue from 'aws-cdk-lib/aws-glue';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as iam from 'aws-cdk-lib/aws-iam';
import { Annotations, CfnResource, Duration, type NestedStack, RemovalPolicy, Stack, Token } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import {
  type DataContracts,
  type LockedIds,
  Maintainer,
  SchemaLock,
  type TableSpec,
  Zone,
  smallPartitions,
} from '../contracts';
import { RememberingNestedStack, onceInRegion } from '../foundation';
import { didYouMean, fail, sorted } from '../private';
import type { ILakeStorage } from '../storage';
import { type IIcebergTable, IcebergTable } from './iceberg-table';
import type { IcebergTableProps } from './iceberg-table-props';
import { LakeCatalogGrants } from './lake-catalog-grants';
import { optimizerRole } from './optimizer-role';
import { TableOptimizers } from './table-optimizers';

/** Properties of a LakeCatalog. */
export interface LakeCatalogProps {
  /** The buckets of the lake's zones. */
  readonly zones: ILakeStorage;

  /** The contracts that ask for the tables. */
  readonly contracts: DataContracts;

  /**
   * The ids of columns and partition fields, and the places of tables.
   *
   * @default - `schema.lock.json` in the contracts' directory
   */
  readonly schemaLock?: SchemaLock;

  /**
   * What the names of the databases begin with; the zone follows: a-z, 0-9 and _.
   *
   * @default 'lakehouse'
   */
  readonly databasePrefix?: string;

  /**
   * What happens to databases and tables when they leave the stack. The tables' files stay in any case.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * The tables of a lake: one Glue database for each zone with tables, and the Iceberg tables that the contracts ask for.
 *
 * The tables of a domain are in a nested stack of their own, which the schema lock remembers: a table that moves to
 * another stack would be deleted and made again.
 *
 * Tables whose contract does not leave that to the job `maintain` are looked after by Glue, with one role for each zone.
 *
 * Fails when the contracts disagree with the schema lock, all problems at once. Warns of datasets whose declared volume leaves
 * partitions under 1 GB.
 */
export class LakeCatalog extends Construct {
  /** Permissions on all tables. */
  public readonly grants: LakeCatalogGrants;

  private readonly zones: ILakeStorage;
  private readonly prefix: string;
  private readonly removalPolicy: RemovalPolicy;
  private readonly databases = new Map<Zone, glue.CfnDatabase>();
  private readonly tables = new Map<string, IcebergTable>();
  private readonly optimizerRoles = new Map<Zone, iam.Role>();

  constructor(scope: Construct, id: string, props: LakeCatalogProps) {
    super(scope, id);
    this.prefix = props.databasePrefix ?? 'lakehouse';
    checkPrefix(this, this.prefix);
    for (const wrong of onceInRegion(this, { path: 'databasePrefix', got: this.prefix })) {
      fail(wrong, this);
    }
    const lock = props.schemaLock ?? SchemaLock.fromDirectory(props.contracts.directory);
    lock.check(props.contracts);

    this.zones = props.zones;
    this.removalPolicy = retaining(props.removalPolicy ?? RemovalPolicy.RETAIN);
    for (const zone of Zone.withTables()) {
      this.databases.set(zone, this.defineDatabase(zone));
    }
    this.grants = LakeCatalogGrants.fromLakeCatalog(this);
    this.defineTables(props.contracts.tables().map((spec) => ({ spec, ids: lock.idsOf(spec) })));
    warnOfSmallPartitions(this, props.contracts);
  }

  /**
   * The Glue database of a zone.
   *
   * Fails when the zone holds no tables.
   *
   * @param zone bronze, silver or gold
   */
  public database(zone: Zone): glue.IDatabaseRef {
    const names = Zone.withTables().map(({ name }) => name);
    const remedy = `choose one of ${names.join(', ')}`;
    return (
      this.databases.get(zone) ?? fail({ path: 'zone', must: 'a zone that holds tables', got: zone.name, remedy }, this)
    );
  }

  /**
   * The name of a zone's Glue database, a plain text known at synthesis: `<prefix>_<zone>`.
   *
   * Fails when the zone holds no tables.
   *
   * @param zone bronze, silver or gold
   */
  public databaseName(zone: Zone): string {
    this.database(zone);
    return `${this.prefix}_${zone.name}`;
  }

  /**
   * The bucket that holds the files of a zone's tables.
   *
   * @param zone bronze, silver or gold
   */
  public bucket(zone: Zone): s3.IBucket {
    return this.zones.bucket(zone);
  }

  /**
   * A table by zone and name.
   *
   * Fails when no contract asks for it.
   *
   * @param zone bronze, silver or gold
   * @param name the table's name, for example `flights` or `flights__dlq`
   */
  public table(zone: Zone, name: string): IIcebergTable {
    const key = `${zone.name}.${name}`;
    const table = this.tables.get(key);
    if (table === undefined) {
      const remedy = didYouMean(key, [...this.tables.keys()]);
      fail({ path: 'table', must: 'a table that a contract asks for', got: key, remedy }, this);
    }
    return table;
  }

  /** All tables, sorted by zone and name. */
  public allTables(): IIcebergTable[] {
    return sorted(this.tables, ([key]) => key).map(([, table]) => table);
  }

  /** The roles that Glue takes to look after tables, by zone; none for a zone whose tables it leaves alone. */
  public maintainers(): { [zone: string]: iam.IRole } {
    return Object.fromEntries([...this.optimizerRoles].map(([{ name }, role]) => [name, role]));
  }

  private defineDatabase(zone: Zone): glue.CfnDatabase {
    const database = new glue.CfnDatabase(this, `${capitalized(zone.name)}Database`, {
      catalogId: Stack.of(this).account,
      databaseInput: {
        name: `${this.prefix}_${zone.name}`,
        description: `Zone ${zone.name}: ${zone.description}`,
        locationUri: `s3://${this.bucket(zone).bucketName}/`,
      },
    });
    // Glue deletes a database together with its tables, those made by jobs too.
    database.applyRemovalPolicy(this.removalPolicy);
    return database;
  }

  private defineTables(planned: PlannedTable[]): void {
    const stacks = new Map<string, NestedStack>();
    for (const table of planned) {
      const stack = stacks.get(table.ids.stack) ?? this.defineStack(table.ids.stack, table.spec.domain);
      stacks.set(table.ids.stack, stack);
      // Ids come from the names alone, so that no other table's logical id moves when one is added.
      const id = capitalized(`${table.spec.zone.name}_${table.spec.name}`);
      const defined = new IcebergTable(stack, id, this.tableProps(table));
      this.tables.set(table.spec.key, defined);
      if (table.spec.maintenance.by === Maintainer.MANAGED) {
        this.maintain(defined, table.spec);
      }
    }
    for (const stack of stacks.values()) {
      this.letMaintain(stack);
    }
  }

  /** Glue tries a role when an optimizer is made, so what it may do comes before the tables. */
  private letMaintain(stack: NestedStack): void {
    const resources = [...this.optimizerRoles.values()].flatMap((role) => role.node.findAll());
    for (const resource of resources.filter((node) => CfnResource.isCfnResource(node))) {
      stack.nestedStackResource?.addResourceDependency(resource);
    }
  }

  private maintain(table: IcebergTable, { zone, maintenance }: TableSpec): void {
    new TableOptimizers(table, 'Optimizers', {
      table,
      role: this.optimizerRoles.get(zone) ?? this.defineOptimizerRole(zone),
      compaction: maintenance.compaction,
      snapshotRetention: Duration.days(maintenance.snapshotRetentionDays),
    });
  }

  private defineOptimizerRole(zone: Zone): iam.Role {
    const role = optimizerRole(
      this,
      `${capitalized(zone.name)}Optimizers`,
      `Glue looks after the tables of ${zone.name}`,
    );
    this.optimizerRoles.set(zone, role);
    this.grants.readWrite(role, { zones: [zone] });
    return role;
  }

  private defineStack(name: string, domain: string): NestedStack {
    const stack = new RememberingNestedStack(this, capitalized(name), {
      description: `Tables of the domain ${domain}`,
    });
    // Tables take their databases' names as plain texts, which CloudFormation cannot see through.
    for (const database of this.databases.values()) {
      stack.nestedStackResource?.addResourceDependency(database);
    }
    return stack;
  }

  private tableProps({ spec, ids }: PlannedTable): IcebergTableProps {
    return {
      databaseName: this.databaseName(spec.zone),
      tableName: spec.name,
      bucket: this.bucket(spec.zone),
      prefix: ids.path,
      columns: spec.columns.map(({ name, type, required, doc }) => ({
        id: ids.columnIds[name] ?? 0,
        name,
        type,
        required,
        doc,
        nestedIds: type.isPrimitive ? {} : nestedIds(name, ids),
      })),
      partitionFields: spec.partitionFields.map(({ column, transform }, index) => ({
        id: ids.partitionFields[index]?.id ?? 0,
        name: ids.partitionFields[index]?.name,
        column,
        transform,
      })),
      sortFields: spec.sortFields,
      identifierColumns: spec.identifierColumns,
      properties: spec.properties,
      formatVersion: ids.formatVersion,
      comment: spec.comment,
      removalPolicy: this.removalPolicy,
    };
  }
}

interface PlannedTable {
  readonly spec: TableSpec;
  readonly ids: LockedIds;
}

function checkPrefix(scope: Construct, prefix: string): void {
  if (!Token.isUnresolved(prefix) && /^[a-z][a-z0-9_]{0,100}$/.test(prefix)) {
    return;
  }
  const must = 'up to 101 characters of a-z, 0-9 and _ that begin with a letter, known at synthesis';
  fail({ path: 'databasePrefix', must, got: prefix, remedy: 'Athena and Spark read no other names' }, scope);
}

function warnOfSmallPartitions(scope: Construct, contracts: DataContracts): void {
  for (const contract of contracts.all()) {
    const text = smallPartitions(contract);
    if (text !== undefined) {
      Annotations.of(scope).addWarningV2(`cdk-lakehouse:smallPartitions:${contract.key}`, text);
    }
  }
}

/** The ids of the fields nested in a column, by their names from the column on. */
function nestedIds(column: string, ids: LockedIds): { [path: string]: number } {
  const start = `${column}.`;
  const entries = Object.entries(ids.columnIds).filter(([path]) => path.startsWith(start));
  return Object.fromEntries(entries.map(([path, id]) => [path.slice(start.length), id]));
}

/** What is left behind by a failed first deploy goes, so that the deploy can be tried again. */
function retaining(policy: RemovalPolicy): RemovalPolicy {
  return policy === RemovalPolicy.RETAIN ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : policy;
}

function capitalized(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

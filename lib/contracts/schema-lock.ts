import { readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { COMMAND, didYouMean, fail, failAll, problem } from '../private';
import type { DataContracts } from './data-contracts';
import { evolveTable, newTable } from './lock-evolution';
import { LOCK_FILE, type LockedTable, type LockedTables, parseLock, renderLock } from './lock-file';
import type { TableSpec } from './table-spec';

/** What to run when the lock is behind the contracts. */
const LOCK = `run '${COMMAND} lock' and commit the file`;

/**
 * Tables in one nested stack. CloudFormation allows 500 resources a stack; a table may bring three optimizers, and a
 * live table can never move to another stack, so the room is reserved from the start: 396, short of the 400 that are warned of.
 */
const TABLES_PER_STACK = 99;

/**
 * Columns and nested fields of them. A template takes 1 MB; a field with a description is 150 bytes of it, and tables have more of
 * them in later years.
 */
const FIELDS_PER_STACK = 3000;

/** The ids and places the schema lock gives a table. */
export interface LockedIds {
  /** The nested stack that holds the table. */
  readonly stack: string;

  /** The folder within the zone's bucket. */
  readonly path: string;

  /** The Iceberg format version. */
  readonly formatVersion: number;

  /** Ids of columns and nested fields by name; a nested field's names are joined by dots, `reasons.element.rule`. */
  readonly columnIds: { [name: string]: number };

  /** Partition fields in the order of the table's specification. */
  readonly partitionFields: LockedPartition[];
}

/** A partition field's id and name. */
export interface LockedPartition {
  /** The id, at least 1000. */
  readonly id: number;

  /** The name, which stays when the source column is renamed. */
  readonly name: string;
}

/** A lock brought up to its contracts. */
export interface SchemaLockUpdate {
  /** The lock as it should be. */
  readonly lock: SchemaLock;

  /** What changed, one line each; empty when nothing did. */
  readonly changes: string[];
}

/**
 * The committed memory of every column id, partition field id, format version and place a table ever had.
 *
 * Iceberg tells columns by id. A re-used id shows a dropped column's data under a new name, and Glue does not refuse
 * it; so ids come from this file alone, and synthesis refuses contracts that disagree with it.
 *
 * @see https://iceberg.apache.org/spec/#schema-evolution
 */
export class SchemaLock {
  /**
   * Reads the lock of a contract directory, `schema.lock.json`.
   *
   * Fails when the file is missing or corrupt, or holds a merge conflict, a table, a name or an id twice.
   *
   * @param directory the contract directory
   */
  public static fromDirectory(directory: string): SchemaLock {
    const name = `${basename(resolve(directory))}/${LOCK_FILE}`;
    const path = join(directory, LOCK_FILE);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
      fail({ path: 'schema lock', must: 'a committed file', got: `no ${name}`, remedy: LOCK });
    }
    const { tables, problems, disorder } = parseLock(name, readFileSync(path, 'utf8'));
    failAll(`schema lock '${name}'`, problems);
    return new SchemaLock(name, tables, disorder);
  }

  /** A lock that knows no table yet. */
  public static empty(): SchemaLock {
    return new SchemaLock(LOCK_FILE, {});
  }

  private constructor(
    private readonly name: string,
    private readonly tables: LockedTables,
    private readonly disorder: string[] = [],
  ) {}

  /**
   * The ids and places of a table.
   *
   * Fails when the lock does not know it.
   *
   * @param table a table the contracts ask for
   */
  public idsOf(table: TableSpec): LockedIds {
    const locked = this.find(table.key);
    if (locked === undefined) {
      const names = Object.keys(this.tables);
      fail({
        path: 'table',
        must: `in ${this.name}`,
        got: table.key,
        remedy: `${didYouMean(table.key, names)}; ${LOCK}`,
      });
    }
    const ids = new Map(locked.columns.filter((column) => !column.retired).map(({ name, id }) => [name, id]));
    const partitionFields = table.partitionFields.map(({ column, transform }) => {
      const field = locked.partitionFields.find(
        (item) => item.column === ids.get(column) && item.transform === transform.toString(),
      );
      return (
        field ?? fail({ path: table.key, must: `in ${this.name}`, got: transform.fieldName(column), remedy: LOCK })
      );
    });
    return {
      stack: locked.stack,
      path: locked.path,
      formatVersion: locked.formatVersion,
      columnIds: Object.fromEntries(ids),
      partitionFields: partitionFields.map(({ id, name }) => ({ id, name })),
    };
  }

  /**
   * Refuses contracts that disagree with the lock, all problems at once; changes nothing.
   *
   * Fails for what can never be deployed (narrowed types, required columns added, moved tables) with the way out, and for
   * legal changes that the lock does not hold yet with the command that records them.
   */
  public check(contracts: DataContracts): void {
    const specs = contracts.tables();
    const problems = specs.flatMap((spec) => this.checkTable(spec));
    const wanted = new Set(specs.map((spec) => spec.key));
    const gone = Object.keys(this.tables).filter((key) => !wanted.has(key) && !this.tables[key]?.retired);
    const goneProblems = gone.map((path) =>
      problem({ path, must: 'retired in the lock', got: 'no contract', remedy: LOCK }),
    );
    failAll(`schema lock '${this.name}'`, [...this.disorder, ...problems, ...goneProblems]);
  }

  /**
   * The lock that follows from the contracts: ids for new columns after the last one ever used, retired ones kept.
   *
   * Fails for what can never be deployed, all problems at once.
   */
  public update(contracts: DataContracts): SchemaLockUpdate {
    const next: LockedTables = { ...this.tables };
    const changes: string[] = [];
    const problems: string[] = [];
    const specs = contracts.tables();
    const places = new Placement(this.tables);
    for (const spec of specs) {
      const locked = this.find(spec.key);
      if (locked === undefined) {
        next[spec.key] = places.place(spec.domain, (stack) => newTable(spec, stack));
        changes.push(`${spec.key}: + table of ${spec.columns.length} columns`);
      } else {
        const evolution = evolveTable(spec, locked);
        next[spec.key] = evolution.next;
        changes.push(...evolution.changes.map((change) => `${spec.key}: ${change}`));
        problems.push(...evolution.problems);
      }
    }
    failAll(`schema lock '${this.name}'`, problems);
    const wanted = new Set(specs.map((spec) => spec.key));
    for (const [key, table] of Object.entries(this.tables).filter(([name]) => !wanted.has(name))) {
      next[key] = { ...table, retired: true };
      changes.push(...(table.retired === true ? [] : [`${key}: - table retired, its data and ids are kept`]));
    }
    return { lock: new SchemaLock(this.name, next), changes };
  }

  /** The lock as the text of its file. */
  public render(): string {
    return renderLock(this.tables);
  }

  private checkTable(spec: TableSpec): string[] {
    const locked = this.find(spec.key);
    const place = spec.declaredAt === undefined ? '' : `${spec.declaredAt}: `;
    if (locked === undefined) {
      return [`${place}${problem({ path: spec.key, must: `in ${this.name}`, got: 'no entry', remedy: LOCK })}`];
    }
    const { changes, problems } = evolveTable(spec, locked);
    const behind = changes.map(
      (got) => `${place}${problem({ path: spec.key, must: `as ${this.name} has it`, got, remedy: LOCK })}`,
    );
    // A change that can never be deployed comes with its own remedy; to record it would be the wrong advice.
    return problems.length > 0 ? problems : behind;
  }

  private find(key: string): LockedTable | undefined {
    return Object.hasOwn(this.tables, key) ? this.tables[key] : undefined;
  }
}

/** Which nested stack a new table comes to; a table that has one keeps it. */
class Placement {
  private readonly stacks = new Map<string, { tables: number; fields: number }>();

  constructor(tables: LockedTables) {
    Object.values(tables).forEach((table) => this.count(table));
  }

  /** Places a table into its domain's first nested stack with room; a domain that fills one goes on in `<domain>-2`. */
  public place(domain: string, tableIn: (stack: string) => LockedTable): LockedTable {
    for (let number = 1; ; number++) {
      const table = tableIn(number === 1 ? domain : `${domain}-${number}`);
      if (this.hasRoomFor(table)) {
        this.count(table);
        return table;
      }
    }
  }

  /** A stack without tables takes any one. */
  private hasRoomFor({ stack, columns }: LockedTable): boolean {
    const { tables, fields } = this.stacks.get(stack) ?? { tables: 0, fields: 0 };
    return tables === 0 || (tables < TABLES_PER_STACK && fields + columns.length <= FIELDS_PER_STACK);
  }

  private count({ stack, columns }: LockedTable): void {
    const { tables, fields } = this.stacks.get(stack) ?? { tables: 0, fields: 0 };
    this.stacks.set(stack, { tables: tables + 1, fields: fields + columns.length });
  }
}

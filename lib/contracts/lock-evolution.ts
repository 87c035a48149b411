import { didYouMean, problem } from '../private';
import { type LockedColumn, type LockedPartitionField, type LockedTable } from './lock-file';
import { type WantedField, wantedFields, widens } from './lock-fields';
import { freeName, lockedColumn, retiredField } from './lock-rows';
import type { TableSpec } from './table-spec';

/** The first id of a partition field in Iceberg. */
const FIRST_PARTITION_ID = 1000;

/** What it takes to bring a locked table to its contract. */
export interface TableEvolution {
  /** The table as the lock should have it. */
  readonly next: LockedTable;
  /** What changes, in words; empty when the lock agrees with the contract. */
  readonly changes: string[];
  /** What must not change. */
  readonly problems: string[];
}

/** Compares a table with its entry in the lock. */
export function evolveTable(spec: TableSpec, locked: LockedTable): TableEvolution {
  return new Evolution(spec, locked).run();
}

/** The entry of a table that was never locked. */
export function newTable(spec: TableSpec, stack: string): LockedTable {
  const path = `${spec.domain}/${spec.name}`;
  const empty = { stack, path, formatVersion: spec.formatVersion, columns: [], partitionFields: [] };
  return new Evolution(spec, empty).run().next;
}

class Evolution {
  private readonly changes: string[] = [];
  private readonly problems: string[] = [];
  private readonly isNew: boolean;
  private readonly live: Map<string, LockedColumn>;
  private lastId: number;

  constructor(
    private readonly spec: TableSpec,
    private readonly locked: LockedTable,
  ) {
    this.isNew = locked.columns.length === 0;
    this.live = new Map(locked.columns.filter((column) => !column.retired).map((column) => [column.name, column]));
    this.lastId = Math.max(0, ...locked.columns.map((column) => column.id));
  }

  public run(): TableEvolution {
    this.checkFixed();
    const wanted = wantedFields(this.spec);
    const matches = new Map(wanted.map((field) => [field.path, this.match(field)]));
    const added = this.add(wanted.filter((field) => matches.get(field.path) === undefined));
    const kept = wanted.flatMap((field) => {
      const before = matches.get(field.path);
      return before === undefined ? [] : [this.keep(field, before)];
    });
    const columns = [...kept, ...added];
    const ids = new Set(columns.map((column) => column.id));
    const left = this.locked.columns.filter((column) => !ids.has(column.id));
    const gone = new Set(left.filter((column) => !column.retired).map((column) => column.name));
    const rest = left.map((column) => (column.retired === true ? column : this.retire(column, gone)));
    const partitionFields = this.partition(columns);
    const next = { ...this.locked, columns: [...columns, ...rest], partitionFields, retired: undefined };
    if (this.locked.retired === true) {
      this.changes.push('brought back');
    }
    return { next, changes: this.changes, problems: this.problems };
  }

  /** Files already written are where they are and as they are. */
  private checkFixed(): void {
    const path = `${this.spec.domain}/${this.spec.name}`;
    if (this.locked.path !== path) {
      this.refuse('location', `'${this.locked.path}' for ever`, {
        got: path,
        remedy: `set the domain back to ${this.locked.path.split('/')[0]}, files of a live table do not move`,
      });
    }
    if (this.locked.formatVersion !== this.spec.formatVersion) {
      this.refuse('formatVersion', `${this.locked.formatVersion} for ever`, {
        got: this.spec.formatVersion,
        remedy: 'set it back, Glue cannot change it after creation',
      });
    }
  }

  /** The live field a wanted one continues: by its name, or by the name it declares to have had. */
  private match(field: WantedField): LockedColumn | undefined {
    const same = this.live.get(field.path);
    const former = field.renamedFrom;
    if (former === undefined || this.isNew || same?.formerly?.includes(former)) {
      return same;
    }
    const before = this.live.get(former);
    if (before !== undefined && same === undefined) {
      return before;
    }
    if (field.depth === 0) {
      const names = [...this.live.keys()].filter((name) => !name.includes('.'));
      const must = same === undefined ? 'the name of a column in use' : `absent, ${field.path} was there before`;
      const remedy = same === undefined ? didYouMean(former, names) : 'drop renamedFrom';
      this.refuse(`${field.path}.renamedFrom`, must, { got: former, remedy, field });
    }
    return same;
  }

  /** Ids are given level by level, columns first, as Iceberg itself does. */
  private add(fields: WantedField[]): LockedColumn[] {
    const depths = [...new Set(fields.map((field) => field.depth))];
    const byLevel = depths.flatMap((depth) => fields.filter((field) => field.depth === depth));
    const fresh = new Set(fields.map((field) => field.path));
    return byLevel.map((field) => {
      const parent = field.path.split('.').slice(0, -1).join('.');
      const known = !this.isNew && !fresh.has(parent);
      if (field.required && known) {
        const remedy = 'make it optional, rows already written have no value for it';
        this.refuse(field.path, 'optional when added to a table that exists', { got: 'required', remedy, field });
      }
      this.lastId += 1;
      if (!this.isNew) {
        this.changes.push(`+ column ${field.path} ${field.type} (id ${this.lastId})`);
      }
      return lockedColumn(field, this.lastId, undefined);
    });
  }

  private keep(field: WantedField, before: LockedColumn): LockedColumn {
    const renamed = before.name !== field.path;
    if (renamed) {
      this.rename(field, before);
    }
    if (before.type !== field.type) {
      this.changeType(field, before);
    }
    if (field.required !== (before.required ?? false)) {
      if (field.required) {
        const remedy = 'make it optional again, rows already written may have none';
        this.refuse(field.path, 'optional as it was', { got: 'required', remedy, field });
      }
      this.changes.push(`~ column ${field.path} becomes ${field.required ? 'required' : 'optional'}`);
    }
    if (field.key !== (before.key ?? false)) {
      this.changes.push(`~ column ${field.path} ${field.key ? 'joins' : 'leaves'} the key`);
    }
    const formerly = renamed ? [...(before.formerly ?? []), before.name] : before.formerly;
    return lockedColumn(field, before.id, formerly);
  }

  private rename(field: WantedField, before: LockedColumn): void {
    const reason = field.depth === 0 ? field.column.renameReason : undefined;
    if (field.depth === 0 && reason === undefined) {
      const remedy = 'add description: with the reason, for those who read the column';
      const must = 'described with a reason';
      this.refuse(`${field.path}.renamedFrom`, must, { got: before.name, remedy, field });
    }
    this.changes.push(`~ rename ${before.name} to ${field.path} (id ${before.id} kept)${because(reason)}`);
  }

  private changeType(field: WantedField, before: LockedColumn): void {
    if (!widens(before.type, field.type) || field.path.split('.').includes('key')) {
      const remedy = 'set it back, or add a column of another name; int may become long, float double, a decimal wider';
      this.refuse(field.path, `${before.type} or wider`, { got: field.type, remedy, field });
    }
    this.changes.push(`~ widen ${field.path} from ${before.type} to ${field.type} (id ${before.id} kept)`);
  }

  /** Retires a column for ever; `gone` are the names of all that go with this change. */
  private retire(column: LockedColumn, gone: Set<string>): LockedColumn {
    const partition = this.locked.partitionFields.find((field) => !field.retired && field.column === column.id);
    if (partition !== undefined) {
      const remedy = `drop the partition field first and deploy, then drop the column`;
      this.refuse(column.name, `kept while partition field ${partition.name} uses it`, { got: 'no column', remedy });
    }
    if (column.key === true) {
      const remedy = 'take it out of the key first and deploy, then drop the column';
      this.refuse(column.name, 'kept while the key uses it', { got: 'no column', remedy });
    }
    const used = partition !== undefined || column.key === true;
    const reason = this.spec.droppedColumns?.find((item) => item.column === column.name)?.reason;
    if (reason === undefined && !used && this.needsDeclaration(column.name, gone)) {
      const keep = isOurs(column.name)
        ? 'put source, stream or derivedFrom back'
        : 'name it in renamedFrom of its successor';
      const remedy = `${keep}, or add to customProperties: ${declaration(column.name)}`;
      this.refuse(column.name, 'kept, renamed or declared as dropped with a reason', { got: 'no column', remedy });
    }
    this.changes.push(`- column ${column.name} (id ${column.id} retired)${because(reason)}`);
    return { ...column, key: undefined, retired: true };
  }

  /**
   * What a contract declares is told to its readers, and parts go with the whole. Of the columns of our own we may drop one, but they
   * go together when a dataset is no longer loaded, which its contract has decided.
   */
  private needsDeclaration(name: string, gone: Set<string>): boolean {
    const parent = name.split('.').slice(0, -1).join('.');
    const isLoaded = this.spec.columns.some((column) => isOurs(column.name));
    return !gone.has(parent) && !(isOurs(name) && isLoaded);
  }

  private partition(columns: LockedColumn[]): LockedPartitionField[] {
    const ids = new Map(columns.map((column) => [column.name, column.id]));
    const known = this.locked.partitionFields;
    const next: LockedPartitionField[] = [];
    let lastId = Math.max(FIRST_PARTITION_ID - 1, ...known.map((field) => field.id));
    for (const { column, transform } of this.spec.partitionFields) {
      const source = ids.get(column) ?? 0;
      // A field that comes back is the same field to Iceberg, so its id comes back with it.
      const before = known.find((field) => field.column === source && field.transform === transform.toString());
      lastId += before === undefined ? 1 : 0;
      const id = before?.id ?? lastId;
      const name = before?.name ?? freeName(transform.fieldName(column), id, known);
      if (!this.isNew && (before === undefined || before.retired === true)) {
        this.changes.push(`+ partition field ${name} (id ${id})`);
      }
      next.push({ id, name, column: source, transform: transform.toString() });
    }
    const used = new Set(next.map((field) => field.id));
    const rest = known.filter((field) => !used.has(field.id));
    for (const field of rest.filter((item) => !item.retired)) {
      this.changes.push(`- partition field ${field.name} (id ${field.id} retired)`);
    }
    this.checkPartitionNames(next, ids);
    return [...next, ...rest.map(retiredField)];
  }

  /** A partition field keeps its name when its column is renamed; a new column may not take that name. */
  private checkPartitionNames(fields: LockedPartitionField[], ids: Map<string, number>): void {
    for (const field of fields) {
      const id = ids.get(field.name);
      if (id !== undefined && id !== field.column) {
        const remedy = 'give the column another name, or drop the partition field first and deploy';
        this.refuse(field.name, 'a name no partition field of another column has', { got: field.name, remedy });
      }
    }
  }

  private refuse(
    what: string,
    must: string,
    { got, remedy, field }: { got: unknown; remedy: string; field?: WantedField },
  ): void {
    const place = field?.column.declaredAt ?? this.spec.declaredAt;
    const text = problem({ path: `${this.spec.key}.${what}`, must, got, remedy });
    this.problems.push(place === undefined ? text : `${place}: ${text}`);
  }
}

/** Columns of our own begin with an underscore, a contract's with a letter. */
function isOurs(name: string): boolean {
  return name.startsWith('_');
}

/** The custom property that declares a drop, to be pasted. */
function declaration(column: string): string {
  return `{ property: droppedColumns, value: [{ column: ${column}, reason: ... }] }`;
}

function because(reason: string | undefined): string {
  return reason === undefined ? '' : `: ${reason}`;
}

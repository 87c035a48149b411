import type { Random } from '../support/random';
import { KEY, type TestColumn, type TestContract, dropped, renamedFrom } from './lake';
import { type Edit, type Shape, growths, losses, randomShape, textOf, widenings } from './shapes';

/** A column of a table that changes. */
export interface EvolvingColumn {
  readonly name: string;
  readonly shape: Shape;
  readonly required?: true;
  /** The transform of its partition field, when it has one. */
  readonly transform?: string;
  /** The name it had before this step. */
  readonly renamedFrom?: string;
}

/** What the contract of a table that changes says. */
export interface EvolvingTable {
  /** All but the key, which is `id`. */
  readonly columns: readonly EvolvingColumn[];
  readonly sortedBy?: { readonly column: string; readonly direction: string };
  /** What this step drops. */
  readonly dropped?: string;
  /** Names that dropped and renamed columns had, some of which come back for other columns. */
  readonly free: readonly string[];
  /** Names that partition fields have or had, which no other column can have. */
  readonly tied: readonly string[];
}

/** A legal change; undefined when the table has nothing to change so. */
type Change = (table: EvolvingTable, random: Random, name: string) => EvolvingTable | undefined;

/** Which transforms a type is tried with; with identity a field has its column's own name, which then cannot come back. */
const TRANSFORMS: { readonly [type: string]: string[] } = {
  int: ['identity', 'bucket[4]', 'truncate[10]'],
  long: ['identity', 'bucket[4]', 'truncate[10]'],
  string: ['identity', 'bucket[4]', 'truncate[2]'],
  date: ['identity', 'month', 'year'],
  timestamptz: ['day', 'month', 'hour'],
  'decimal(9, 2)': ['identity', 'bucket[4]'],
  'decimal(12, 2)': ['identity', 'bucket[4]'],
};

/** What every table begins with. */
export const FIRST: EvolvingTable = {
  columns: [
    { name: 'code', shape: 'int', required: true },
    { name: 'at', shape: 'timestamptz' },
    {
      name: 'place',
      shape: {
        kind: 'struct',
        fields: [
          ['x', 'int'],
          ['y', 'string'],
        ],
      },
    },
  ],
  free: [],
  tied: [],
};

/** Every kind of change that the lock lets through. */
export const LEGAL: { readonly [kind: string]: Change } = {
  add: (table, random, name) => ({
    ...table,
    columns: table.columns.toSpliced(random.below(table.columns.length + 1), 0, { name, shape: randomShape(random) }),
  }),
  rename: (table, random, name) => {
    const { name: former, ...rest } = random.pick(table.columns);
    const columns = table.columns.map((item) => (item.name === former ? { ...rest, name, renamedFrom: former } : item));
    const sortedBy = table.sortedBy?.column === former ? { ...table.sortedBy, column: name } : table.sortedBy;
    return { columns, sortedBy, free: [...table.free, former], tied: table.tied };
  },
  move: (table, random) => {
    const at = random.below(table.columns.length);
    const rest = table.columns.toSpliced(at, 1);
    return { ...table, columns: rest.toSpliced(random.below(rest.length + 1), 0, ...table.columns.slice(at, at + 1)) };
  },
  widen: (table, random) => edited(table, random, (column) => widenings(column.name, column.shape))?.table,
  relax: (table, random) =>
    changed(table, random, {
      which: ({ required }) => required === true,
      to: ({ required: _required, ...rest }) => rest,
    }),
  drop: (table, random) => {
    const unused = table.columns.filter(({ transform }) => transform === undefined);
    if (unused.length === 0) {
      return undefined;
    }
    const { name } = random.pick(unused);
    const sortedBy = table.sortedBy?.column === name ? undefined : table.sortedBy;
    const columns = table.columns.filter((column) => column.name !== name);
    return { columns, sortedBy, dropped: name, free: [...table.free, name], tied: table.tied };
  },
  addField: (table, random, name) =>
    edited(table, random, (column) => growths(column.name, column.shape, [name, randomShape(random, 1)]))?.table,
  dropField: (table, random) => {
    const after = edited(table, random, (column) => losses(column.name, column.shape));
    return after && { ...after.table, dropped: after.path };
  },
  partition: (table, random) =>
    changed(table, random, {
      which: ({ shape, transform }) => transform === undefined && transformsOf(shape).length > 0,
      to: (column) => ({ ...column, transform: random.pick(transformsOf(column.shape)) }),
    }),
  unpartition: (table, random) =>
    changed(table, random, {
      which: ({ transform }) => transform !== undefined,
      to: ({ transform: _transform, ...rest }) => rest,
    }),
  sort: (table, random) => {
    const primitive = table.columns.filter(({ shape }) => typeof shape === 'string');
    const sortedBy = {
      column: random.pick([{ name: 'id' }, ...primitive]).name,
      direction: random.pick(['asc', 'desc']),
    };
    return { ...table, sortedBy: random.below(4) === 0 ? undefined : sortedBy };
  },
};

/** What later changes depend on comes more often than the rest. */
const KINDS = [...Object.keys(LEGAL), 'partition', 'partition', 'unpartition', 'drop', 'drop', 'add'];

/** One legal change by chance, and its kind. */
export function evolve(table: EvolvingTable, random: Random, fresh: string): { kind: string; table: EvolvingTable } {
  const settled: EvolvingTable = {
    columns: table.columns.map(({ renamedFrom: _renamedFrom, ...column }) => column),
    sortedBy: table.sortedBy,
    free: table.free,
    tied: [...table.tied, ...table.columns.filter(({ transform }) => transform === 'identity').map(({ name }) => name)],
  };
  for (;;) {
    const kind = random.pick(KINDS);
    const returning = freeNames(settled);
    const name = returning.length > 0 && random.below(3) === 0 ? random.pick(returning) : fresh;
    const after = LEGAL[kind]?.(settled, random, name);
    if (after !== undefined && after.columns.length > 0) {
      return { kind, table: { ...after, free: after.free.filter((item) => item !== name || kind === 'drop') } };
    }
  }
}

/** The contract of the table. */
export function contractOf(dataset: string, table: EvolvingTable): TestContract {
  const { sortedBy, dropped: gone } = table;
  return {
    zone: 'gold',
    dataset,
    columns: [KEY, ...table.columns.map(testColumn)],
    custom: {
      ...(gone === undefined ? {} : dropped(gone)),
      ...(sortedBy === undefined ? {} : { sortOrder: [sortedBy] }),
    },
  };
}

function testColumn({ name, shape, required, transform, renamedFrom: former }: EvolvingColumn): TestColumn {
  const partition = transform === undefined ? [] : [{ property: 'partitionTransform', value: transform }];
  return {
    name,
    physicalType: textOf(shape),
    required,
    partitioned: transform === undefined ? undefined : true,
    customProperties: [...partition, ...(former === undefined ? [] : [renamedFrom(former)])],
  };
}

function freeNames({ columns, free, tied }: EvolvingTable): string[] {
  return free.filter((name) => !tied.includes(name) && !columns.some((column) => column.name === name));
}

function transformsOf(shape: Shape): string[] {
  return typeof shape === 'string' ? (TRANSFORMS[shape] ?? []) : [];
}

function changed(
  table: EvolvingTable,
  random: Random,
  { which, to }: { which: (column: EvolvingColumn) => boolean; to: (column: EvolvingColumn) => EvolvingColumn },
): EvolvingTable | undefined {
  const candidates = table.columns.filter(which);
  if (candidates.length === 0) {
    return undefined;
  }
  const chosen = random.pick(candidates);
  return { ...table, columns: table.columns.map((column) => (column === chosen ? to(column) : column)) };
}

function edited(
  table: EvolvingTable,
  random: Random,
  editsOf: (column: EvolvingColumn) => Edit[],
): { table: EvolvingTable; path: string } | undefined {
  const found = table.columns.flatMap((column) => editsOf(column).map((edit) => ({ column, edit })));
  if (found.length === 0) {
    return undefined;
  }
  const { column, edit } = random.pick(found);
  const columns = table.columns.map((item) => (item === column ? { ...item, shape: edit.shape } : item));
  return { table: { ...table, columns }, path: edit.path };
}

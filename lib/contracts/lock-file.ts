import { z } from 'zod';
import { problem, sorted } from '../private';

/** The file in the contract directory. */
export const LOCK_FILE = 'schema.lock.json';

/** A column or nested field that a table has or had; its id is never given to another. */
export interface LockedColumn {
  readonly id: number;
  /** The name; a nested field's names from the column on, joined by dots. */
  readonly name: string;
  /** The primitive type, or `list`, `map` or `struct`. */
  readonly type: string;
  readonly required?: true;
  /** Whether the column is part of the primary key. */
  readonly key?: true;
  /** The names it had before, oldest first. */
  readonly formerly?: string[];
  /** Whether the table has it no more. */
  readonly retired?: true;
}

/** A partition field that a table has or had. */
export interface LockedPartitionField {
  readonly id: number;
  readonly name: string;
  /** The id of the source column. */
  readonly column: number;
  readonly transform: string;
  readonly retired?: true;
}

/** A table that was ever deployed. */
export interface LockedTable {
  /** The nested stack that holds it. */
  readonly stack: string;
  /** The folder within the zone's bucket. */
  readonly path: string;
  readonly formatVersion: number;
  readonly columns: LockedColumn[];
  readonly partitionFields: LockedPartitionField[];
  readonly retired?: true;
}

/** All tables by key. */
export type LockedTables = Record<string, LockedTable>;

const FORMAT = 1;
const ID = z.int().min(1);
const FLAG = z.literal(true).optional();

const SCHEMA = z.strictObject({
  version: z.literal(FORMAT),
  tables: z.record(
    z.string(),
    z.strictObject({
      stack: z.string().min(1),
      path: z.string().min(1),
      formatVersion: z.int(),
      columns: z.array(
        z.strictObject({
          id: ID,
          name: z.string().min(1),
          type: z.string().min(1),
          required: FLAG,
          key: FLAG,
          formerly: z.array(z.string()).optional(),
          retired: FLAG,
        }),
      ),
      partitionFields: z.array(
        z.strictObject({ id: ID, name: z.string().min(1), column: ID, transform: z.string().min(1), retired: FLAG }),
      ),
      retired: FLAG,
    }),
  ),
});

const RESTORE = 'take the file from version control';

/** What a lock file's text says, and what is wrong with it. */
export interface LockContent {
  readonly tables: LockedTables;
  readonly problems: string[];
}

/**
 * Reads the text of a lock file.
 *
 * @param name the file's path as messages show it
 */
export function parseLock(name: string, text: string): LockContent {
  const conflict = text.split('\n').findIndex((line) => /^(<{7}|={7}|>{7})/.test(line));
  if (conflict >= 0) {
    const got = `a conflict marker in line ${conflict + 1}`;
    const remedy = "take the lock of the branch that is deployed, then run 'npx lakehouse lock'";
    return refused(`${name}:${conflict + 1}:1`, 'free of merge conflicts', { got, remedy });
  }
  const value = parseJson(text);
  if (value instanceof SyntaxError) {
    return refused(`${name}:1:1`, 'JSON', { got: value.message, remedy: RESTORE });
  }
  const result = SCHEMA.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const got = `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
    return refused(`${name}:1:1`, `a lock of version ${FORMAT}`, { got, remedy: RESTORE });
  }
  return { tables: result.data.tables, problems: integrityProblems(name, result.data.tables) };
}

/**
 * Writes a lock as text: sorted, one line for each field, newest last, so that two branches that both add a column to
 * one table conflict in version control instead of sharing an id in silence.
 */
export function renderLock(tables: LockedTables): string {
  const entries = sorted(Object.entries(tables), ([key]) => key).map(
    ([key, table]) => `    ${JSON.stringify(key)}: ${renderTable(table)}`,
  );
  const body = entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n  }`;
  return `{\n  "version": ${FORMAT},\n  "tables": ${body}\n}\n`;
}

function renderTable(table: LockedTable): string {
  const lines = [
    `"stack": ${JSON.stringify(table.stack)}`,
    `"path": ${JSON.stringify(table.path)}`,
    `"formatVersion": ${table.formatVersion}`,
    ...(table.retired === true ? ['"retired": true'] : []),
    `"columns": ${renderRows(table.columns)}`,
    `"partitionFields": ${renderRows(table.partitionFields)}`,
  ];
  return `{\n${lines.map((line) => `      ${line}`).join(',\n')}\n    }`;
}

function renderRows(rows: { readonly id: number }[]): string {
  const lines = sorted(rows, (row) => row.id).map((row) => `        ${renderRow(row)}`);
  return lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n      ]`;
}

function renderRow(row: object): string {
  const members = Object.entries(row)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`);
  return `{ ${members.join(', ')} }`;
}

/** What no command writes, but an edit or a merge can. */
function integrityProblems(name: string, tables: LockedTables): string[] {
  return [...sharedIds(name, tables), ...sharedPlaces(name, tables)];
}

/** A table in the folder of another would have its live files removed by what cleans up there. */
function sharedPlaces(name: string, tables: LockedTables): string[] {
  const places = Object.entries(tables).map(([key, { path }]) => ({
    key,
    path,
    place: `${key.split('.')[0]}/${path}/`,
  }));
  let around: (typeof places)[number] | undefined;
  return sorted(places, ({ place }) => place).flatMap((table) => {
    if (around === undefined || !table.place.startsWith(around.place)) {
      around = table;
      return [];
    }
    const what = { path: `${table.key}.path`, must: 'a folder in which no other table lies', got: table.path };
    return [`${name}: ${problem({ ...what, remedy: `${around.key} has it; ${RESTORE}` })}`];
  });
}

/** An id that two fields share would show the one's old data under the other's name. */
function sharedIds(name: string, tables: LockedTables): string[] {
  const rows = Object.entries(tables).map(([key, table]) => {
    const twice = doubles(table.columns).concat(doubles(table.partitionFields));
    return twice.map((row) => shared(name, `${key}.${row.name}`, row.id));
  });
  return rows.flat();
}

function doubles(rows: { readonly id: number; readonly name: string }[]) {
  const seen = new Set<number>();
  return rows.filter(({ id }) => {
    const twice = seen.has(id);
    seen.add(id);
    return twice;
  });
}

function shared(name: string, path: string, id: number): string {
  const remedy = "take that table's entry of the branch that is deployed, then run 'npx lakehouse lock'";
  return `${name}: ${problem({ path, must: 'given an id no other field has or had', got: id, remedy })}`;
}

function refused(place: string, must: string, { got, remedy }: { got: string; remedy: string }): LockContent {
  return { tables: {}, problems: [`${place}: ${problem({ path: 'schema lock', must, got, remedy })}`] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError(String(error));
  }
}

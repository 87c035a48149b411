import { z } from 'zod';
import { COMMAND, problem, sorted } from '../private';
import { isRecord } from './contract-file';
import { RESTORE, disorder, integrityProblems } from './lock-integrity';

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

/** What a lock file's text says, and what is wrong with it. */
export interface LockContent {
  readonly tables: LockedTables;
  readonly problems: string[];
  /** What writing the file again would put right. */
  readonly disorder: string[];
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
    const remedy = `take the lock of the branch that is deployed, then run '${COMMAND} lock'`;
    return refused(`${name}:${conflict + 1}:1`, 'free of merge conflicts', { got, remedy });
  }
  const value = parseJson(text);
  if (value instanceof SyntaxError) {
    return refused(`${name}:1:1`, 'JSON', { got: value.message, remedy: RESTORE });
  }
  const must = `a lock of version ${FORMAT}`;
  const version = isRecord(value) ? value['version'] : undefined;
  if (typeof version === 'number' && version !== FORMAT) {
    const remedy = 'use the release of cdk-lakehouse that wrote it, or a newer one';
    return refused(`${name}:1:1`, must, { got: version, remedy });
  }
  const result = SCHEMA.safeParse(value);
  if (!result.success) {
    const [issue] = result.error.issues;
    const where = issue === undefined || issue.path.length === 0 ? 'the file' : issue.path.join('.');
    return refused(`${name}:1:1`, must, { got: `${where}: ${issue?.message ?? ''}`, remedy: RESTORE });
  }
  const { tables } = result.data;
  return { tables, problems: integrityProblems(name, text, tables), disorder: disorder(name, tables) };
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

function refused(place: string, must: string, { got, remedy }: { got: unknown; remedy: string }): LockContent {
  return { tables: {}, disorder: [], problems: [`${place}: ${problem({ path: 'schema lock', must, got, remedy })}`] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError(String(error));
  }
}

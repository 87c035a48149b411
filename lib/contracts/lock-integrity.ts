import { COMMAND, problem, sorted } from '../private';
import type { LockedTable, LockedTables } from './lock-file';

/** What to do about a file that was not written by the command. */
export const RESTORE = 'take the file from version control';

const TAKE = `take that table's entry of the branch that is deployed, then run '${COMMAND} lock'`;

/** What a merge by hand does to a lock that still is JSON of the right shape, and what no reader would see. */
export function integrityProblems(name: string, text: string, tables: LockedTables): string[] {
  const within = Object.entries(tables).flatMap(([key, table]) =>
    tableProblems(key, table).map((what) => `${name}: ${what}`),
  );
  return [...repeatedTables(name, text), ...within, ...sharedPlaces(name, tables)];
}

/** What stands in another order than the lock is written in; the ids are right, so that writing it again is enough. */
export function disorder(name: string, tables: LockedTables): string[] {
  const keys = Object.keys(tables);
  const lists = [
    { path: 'schema lock', values: keys },
    ...Object.entries(tables).flatMap(([path, { columns, partitionFields }]) => [
      { path, values: columns.map(({ id }) => id) },
      { path, values: partitionFields.map(({ id }) => id) },
    ]),
  ];
  return lists.flatMap(({ path, values }) => {
    const late = values.findIndex((value, index) => index > 0 && value < (values[index - 1] ?? value));
    if (late < 0) {
      return [];
    }
    const got = `${values[late]} after ${values[late - 1]}`;
    const must = 'sorted, so that two branches that change one table conflict';
    return [`${name}: ${problem({ path, must, got, remedy: `run '${COMMAND} lock'` })}`];
  });
}

/** JSON with one name twice is JSON, and the last of the two counts in silence; tables are the only objects with a name. */
function repeatedTables(name: string, text: string): string[] {
  const named = [...text.matchAll(/"([^"\\]+)"\s*:\s*\{/g)].map(({ 1: key = '', index }) => ({ key, index }));
  return repeated(named, ({ key }) => key).map(({ key, index }) => {
    const line = text.slice(0, index).split('\n').length;
    const what = { path: key, must: 'listed once', got: `a second entry in line ${line}`, remedy: TAKE };
    return `${name}:${line}:1: ${problem(what)}`;
  });
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

function tableProblems(key: string, { columns, partitionFields }: LockedTable): string[] {
  const ids = new Set(columns.map(({ id }) => id));
  const live = columns.filter(({ retired }) => retired !== true);
  // An id that two fields share would show the one's old data under the other's name.
  const shared = [...repeated(columns, ({ id }) => id), ...repeated(partitionFields, ({ id }) => id)];
  return [
    ...shared.map(({ id, name }) => fault(key, name, 'given an id no other field has or had', id)),
    ...repeated(live, ({ name }) => name).map(({ id, name }) => fault(key, name, 'the name of one field in use', id)),
    ...partitionFields
      .filter(({ column }) => !ids.has(column))
      .map(({ column, name }) => fault(key, name, 'made of a column of the table', column)),
  ];
}

function repeated<T>(rows: T[], of: (row: T) => number | string): T[] {
  const seen = new Set<number | string>();
  return rows.filter((row) => {
    const twice = seen.has(of(row));
    seen.add(of(row));
    return twice;
  });
}

function fault(key: string, name: string, must: string, got: number): string {
  return problem({ path: `${key}.${name}`, must, got, remedy: TAKE });
}

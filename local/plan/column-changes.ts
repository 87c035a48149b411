import type { Change } from './changes';
import { type Field, type TableDefinition, fieldOf, typeText } from './definition';

/** Every difference of the columns of two definitions, and of the fields nested in them, told by their ids. */
export function columnChanges(before: TableDefinition, after: TableDefinition): Change[] {
  return [
    ...after.fields.flatMap((field) => {
      const was = fieldOf(before, field.id);
      return was === undefined ? [] : keptChanges({ field: was, table: before }, { field, table: after });
    }),
    ...onlyIn(after, before).map((field): Change => {
      const type = typeText(field, after.fields);
      return {
        kind: 'column added',
        subject: field.path,
        id: field.id,
        after: field.required ? `${type}, required` : type,
      };
    }),
    ...onlyIn(before, after).map((field): Change => ({
      kind: 'column dropped',
      subject: field.path,
      id: field.id,
      before: typeText(field, before.fields),
    })),
    ...orderChanges(before, after),
  ];
}

interface Placed {
  readonly field: Field;
  readonly table: TableDefinition;
}

function keptChanges({ field: was, table: before }: Placed, { field: now, table: after }: Placed): Change[] {
  const about = { subject: now.path, id: now.id };
  const changes: Change[] = [];
  if (was.name !== now.name) {
    changes.push({ kind: 'column renamed', subject: was.path, id: now.id, before: was.path, after: now.path });
  }
  if (was.parent !== now.parent) {
    const [old, new_] = [placeOf(before, was.parent), placeOf(after, now.parent)];
    changes.push({ kind: 'column nested elsewhere', ...about, before: old, after: new_ });
  }
  if (was.type !== now.type) {
    const [old, new_] = [typeText(was, before.fields), typeText(now, after.fields)];
    changes.push({ kind: 'column type', ...about, before: old, after: new_ });
  }
  if (was.required !== now.required) {
    changes.push({ kind: 'column required', ...about, before: presence(was), after: presence(now) });
  }
  if ((was.doc ?? '') !== (now.doc ?? '')) {
    changes.push({ kind: 'column doc', ...about, before: was.doc, after: now.doc });
  }
  return changes;
}

function placeOf(table: TableDefinition, parent: number | undefined): string {
  return fieldOf(table, parent)?.path ?? 'the table';
}

function presence({ required }: Field): string {
  return required ? 'required' : 'optional';
}

/** What one table has and the other has not; of a nested column the column alone, unless the other has that. */
function onlyIn(table: TableDefinition, other: TableDefinition): Field[] {
  const lacks = (id: number | undefined) => id !== undefined && fieldOf(other, id) === undefined;
  return table.fields.filter(({ id, parent }) => lacks(id) && !lacks(parent));
}

/** The fewest columns whose moves turn one order into the other, each with the one it comes to stand behind. */
function orderChanges(before: TableDefinition, after: TableDefinition): Change[] {
  const parents = [...new Set(after.fields.map(({ parent }) => parent))];
  return parents.flatMap((parent) => {
    const among = (table: TableDefinition, other: TableDefinition) =>
      table.fields.filter((field) => {
        const same = fieldOf(other, field.id);
        return field.parent === parent && same !== undefined && same.parent === parent;
      });
    const [old, now] = [among(before, after), among(after, before)];
    const staying = longestRising(now.map(({ id }) => old.findIndex((field) => field.id === id)));
    return now.flatMap((field, index): Change[] =>
      staying.has(index)
        ? []
        : [
            {
              kind: 'column order',
              subject: field.path,
              id: field.id,
              before: behind(
                old,
                old.findIndex(({ id }) => id === field.id),
              ),
              after: behind(now, index),
            },
          ],
    );
  });
}

function behind(fields: Field[], index: number): string {
  const before = fields[index - 1];
  return before === undefined ? 'first' : `after ${before.name}`;
}

/** The positions of a longest rising part of a list of different numbers. */
function longestRising(numbers: number[]): Set<number> {
  const best: number[][] = [];
  let longest: number[] = [];
  for (const [index, number] of numbers.entries()) {
    const before = best.filter((run) => (numbers[run.at(-1) ?? 0] ?? 0) < number);
    const run = [...before.reduce<number[]>((long, one) => (one.length > long.length ? one : long), []), index];
    best.push(run);
    longest = run.length > longest.length ? run : longest;
  }
  return new Set(longest);
}

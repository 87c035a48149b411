import { widens } from '../../lib/contracts/lock-fields';
import { problem } from '../../lib/private/errors';
import { type Change, changesBetween } from './changes';
import { type TableDefinition, type TableHistory, fieldOf } from './definition';

const NEXT_ID = 'take the next free id';

/** A change of a table, and all that the table ever was. */
export interface Evolution {
  /** The table as messages show it. */
  readonly table: string;
  readonly before: TableDefinition;
  readonly after: TableDefinition;
  /** Undefined when the metadata file cannot be read. */
  readonly history?: TableHistory;
}

/** What Iceberg or Glue would refuse of a change, and what they would take and rows would be lost or misread by. */
export function illegalChanges(evolution: Evolution): string[] {
  const doubles = sharedIds(evolution);
  if (doubles.length > 0) {
    // of two fields with one id nobody can say which is the old one
    return doubles;
  }
  return [
    ...changesBetween(evolution.before, evolution.after).flatMap((change) => refusalOf(evolution, change) ?? []),
    ...reusedIds(evolution),
    ...reusedPartitionIds(evolution),
    ...brokenReferences(evolution),
  ];
}

function refusalOf({ table, after }: Evolution, change: Change): string | undefined {
  const { kind, subject, before: old } = change;
  const refuse = (path: string, must: string, remedy: string) =>
    problem({ path: `${table}.${path}`, must, got: change.after, remedy });
  switch (kind) {
    case 'location':
      return refuse('location', `${old}`, 'set it back, files of a live table do not move');
    case 'format version':
      return refuse('formatVersion', `${old}`, 'set it back, Glue cannot change it after creation');
    case 'column nested elsewhere':
      return refuse(subject, `in ${old}`, 'give the field in the new place an id of its own');
    case 'column required':
      return change.after === 'required'
        ? refuse(subject, 'optional as it was', 'make it optional again, rows already written may have none')
        : undefined;
    case 'column type':
      return widens(old ?? '', change.after ?? '') && !isMapKey(after, change.id)
        ? undefined
        : refuse(subject, `${old} or wider`, 'set it back, or add a column of another name and id');
    case 'column added':
      // what is in a wholly new column may be required, and is no change of its own
      return fieldOf(after, change.id)?.required === true
        ? refuse(
            subject,
            'optional when added to a table that exists',
            'make it optional, old rows have no value for it',
          )
        : undefined;
    default:
      return undefined;
  }
}

/** Readers of old snapshots would see the values of the old column under the new name; Glue does not refuse it. */
function reusedIds({ table, before, after, history }: Evolution): string[] {
  const added = after.fields.filter(({ id }) => fieldOf(before, id) === undefined);
  return added.flatMap((field) => {
    const past = history?.fields.filter(({ id }) => id === field.id) ?? [];
    const isBack = past.some(({ name, type }) => name === field.name && type === field.type);
    if (isBack || history === undefined || field.id > history.lastId) {
      return [];
    }
    const owner = past.at(-1);
    const got = `${field.id}, which is ${owner === undefined ? "a dropped column's" : `${owner.path}'s`}`;
    const must = 'an id that no column has or had';
    return [problem({ path: `${table}.${field.path}.id`, must, got, remedy: NEXT_ID })];
  });
}

function sharedIds({ table, after }: Evolution): string[] {
  return after.fields.flatMap((field, index) => {
    const first = after.fields.findIndex(({ id }) => id === field.id);
    const got = `${field.id}, which is ${after.fields[first]?.path}'s`;
    const must = 'an id that no other column has';
    const path = `${table}.${field.path}.id`;
    return first === index ? [] : [problem({ path, must, got, remedy: NEXT_ID })];
  });
}

/** The id of a partition field stands for its column and transform for ever. */
function reusedPartitionIds({ table, before, after, history }: Evolution): string[] {
  const known = history?.partition ?? before.partition;
  return after.partition.flatMap((field) => {
    const owner = known.find(({ id }) => id === field.id);
    if (owner === undefined || (owner.source === field.source && owner.transform === field.transform)) {
      return [];
    }
    const got = `${field.id}, which is ${owner.name}'s`;
    const must = 'an id that no other partition field has or had';
    return [problem({ path: `${table}.${field.name}.id`, must, got, remedy: NEXT_ID })];
  });
}

/** What partitions, sorts or identifies rows has to be there. */
function brokenReferences({ table, before, after }: Evolution): string[] {
  const uses: [string, number[]][] = [
    ['partition fields', after.partition.map(({ source }) => source)],
    ['sort order', after.sort.map(({ source }) => source)],
    ['identifier columns', after.identifiers],
  ];
  return uses.flatMap(([what, ids]) =>
    ids
      .filter((id) => fieldOf(after, id) === undefined)
      .map((id) => {
        const got = fieldOf(before, id)?.path ?? `id ${id}`;
        const remedy = `take it out of the ${what} and deploy first, or keep the column`;
        return problem({ path: `${table}.${what}`, must: 'made of columns of the table', got, remedy });
      }),
  );
}

function isMapKey(table: TableDefinition, id: number | undefined): boolean {
  const field = fieldOf(table, id);
  const around = fieldOf(table, field?.parent);
  return field !== undefined && ((around?.type === 'map' && field.name === 'key') || isMapKey(table, around?.id));
}

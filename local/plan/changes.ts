import { columnChanges } from './column-changes';
import { COMMENT, type PartitionField, type TableDefinition, namesOf } from './definition';

/** What can change about a table. */
export type ChangeKind =
  | 'column added'
  | 'column dropped'
  | 'column renamed'
  | 'column nested elsewhere'
  | 'column type'
  | 'column required'
  | 'column doc'
  | 'column order'
  | 'partition field added'
  | 'partition field dropped'
  | 'partition field renamed'
  | 'partition field changed'
  | 'partition order'
  | 'sort order'
  | 'identifier columns'
  | 'property'
  | 'comment'
  | 'optimizer'
  | 'location'
  | 'format version';

/** One difference between two definitions of a table. */
export interface Change {
  readonly kind: ChangeKind;
  /** The column, partition field or property; empty for what a table has one of. */
  readonly subject: string;
  /** The id of the column or partition field. */
  readonly id?: number;
  /** How it was; undefined when it was not there. */
  readonly before?: string;
  /** How it is; undefined when it is not there. */
  readonly after?: string;
}

/** Every difference from one definition of a table to another. Columns and partition fields are told by their ids. */
export function changesBetween(before: TableDefinition, after: TableDefinition): Change[] {
  return [
    ...single('format version', String(before.formatVersion), String(after.formatVersion)),
    ...single('location', before.location, after.location),
    ...columnChanges(before, after),
    ...partitionChanges(before, after),
    // by ids, so that a renamed column changes neither
    ...(sortKey(before) === sortKey(after) ? [] : single('sort order', sortText(before), sortText(after))),
    ...(identifierKey(before) === identifierKey(after)
      ? []
      : single('identifier columns', identifierText(before), identifierText(after))),
    ...valueChanges('property', before.properties, after.properties),
    ...optimizerChanges(before, after),
  ];
}

/** The change of what a table has one of. */
function single(kind: ChangeKind, before: string, after: string): Change[] {
  return before === after ? [] : [{ kind, subject: '', before, after }];
}

function partitionChanges(before: TableDefinition, after: TableDefinition): Change[] {
  const old = new Map(before.partition.map((field) => [field.id, field]));
  const now = new Map(after.partition.map((field) => [field.id, field]));
  const made = after.partition.flatMap((field): Change[] => {
    const { id, name: subject } = field;
    const was = old.get(id);
    if (was === undefined) {
      return [{ kind: 'partition field added', subject, id, after: partitionText(field, after) }];
    }
    if (was.source !== field.source || was.transform !== field.transform) {
      const values = { before: partitionText(was, before), after: partitionText(field, after) };
      return [{ kind: 'partition field changed', subject: was.name, id, ...values }];
    }
    return was.name === subject
      ? []
      : [{ kind: 'partition field renamed', subject: was.name, id, before: was.name, after: subject }];
  });
  const dropped = before.partition
    .filter(({ id }) => !now.has(id))
    .map((field): Change => {
      const { id, name: subject } = field;
      return { kind: 'partition field dropped', subject, id, before: partitionText(field, before) };
    });
  const kept = ({ partition }: TableDefinition) =>
    partition.filter(({ id }) => old.has(id) && now.has(id)).map(({ id }) => now.get(id)?.name);
  return [...made, ...dropped, ...single('partition order', kept(before).join(', '), kept(after).join(', '))];
}

function partitionText({ transform, source }: PartitionField, table: TableDefinition): string {
  return `${transform} of ${namesOf(table, [source])}`;
}

function sortKey({ sort }: TableDefinition): string {
  return JSON.stringify(sort.map(({ source, transform, direction, nulls }) => [source, transform, direction, nulls]));
}

function sortText(table: TableDefinition): string {
  const fields = table.sort.map(({ source, transform, direction, nulls }) => {
    const column = namesOf(table, [source]);
    return `${transform === 'identity' ? column : `${transform}(${column})`} ${direction} ${nulls}`;
  });
  return fields.length === 0 ? 'none' : fields.join(', ');
}

/** A set to Iceberg: the order says nothing. */
function identifierKey({ identifiers }: TableDefinition): string {
  return identifiers.toSorted((a, b) => a - b).join();
}

function identifierText(table: TableDefinition): string {
  return namesOf(table, table.identifiers) || 'none';
}

/** How one works says nothing when it is not there, or only there. */
function optimizerChanges({ optimizers: before }: TableDefinition, { optimizers: after }: TableDefinition): Change[] {
  return valueChanges('optimizer', before, after).filter(({ subject }) => {
    const [type = ''] = subject.split(' ');
    return subject === type || before[type] === after[type];
  });
}

interface Values {
  readonly [name: string]: string;
}

function valueChanges(kind: ChangeKind, before: Values, after: Values): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names
    .toSorted()
    .flatMap((name): Change[] =>
      before[name] === after[name]
        ? []
        : [{ kind: name === COMMENT ? 'comment' : kind, subject: name, before: before[name], after: after[name] }],
    );
}

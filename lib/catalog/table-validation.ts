import { Token } from 'aws-cdk-lib/core';
import { didYouMean, problem, type Problem } from '../private';
import type { IcebergColumn, IcebergPartitionField, IcebergTableProps } from './iceberg-table-props';
import type { IcebergTableAttributes } from './iceberg-table';
import { nestedPaths } from './iceberg-schema';
import { propertyProblems } from './table-properties';

const FIRST_PARTITION_ID = 1000;

/**
 * Names of metadata columns that engines add to every table.
 *
 * @see https://iceberg.apache.org/spec/#reserved-field-ids
 */
const RESERVED = new Set([
  '_file',
  '_pos',
  '_deleted',
  '_spec_id',
  '_partition',
  '_change_type',
  '_change_ordinal',
  '_commit_snapshot_id',
  '_row_id',
  '_last_updated_sequence_number',
]);

/** What is wrong with a table's props; empty when nothing is. */
export function tableProblems(props: IcebergTableProps): string[] {
  const structure = [
    ...nameProblems(props),
    ...columnProblems(props.columns),
    ...partitionProblems(props),
    ...sortProblems(props),
    ...identifierProblems(props),
  ];
  return [...structure.map(problem), ...propertyProblems(props)];
}

function nameProblems(props: IcebergTableProps): Problem[] {
  const names = [
    { path: 'databaseName', got: props.databaseName },
    { path: 'tableName', got: props.tableName },
  ];
  const must = '1 to 255 characters of a-z, 0-9 and _';
  const remedy = 'Athena and Spark read no other names';
  const problems = names
    .filter(({ got }) => !Token.isUnresolved(got) && !/^[a-z0-9_]{1,255}$/.test(got))
    .map(({ path, got }) => ({ path, must, got, remedy }));
  return [...problems, ...prefixProblems(props.prefix)];
}

/** With a slash too many the location and the permissions would name another folder. */
function prefixProblems(got: string | undefined): Problem[] {
  return got === undefined || Token.isUnresolved(got) || /^[^/]+(\/[^/]+)*$/.test(got)
    ? []
    : [{ path: 'prefix', must: 'folder names joined by single slashes', got, remedy: 'drop slashes at its ends' }];
}

/** What is wrong with the names of a table that exists already: whoever made it may have taken other characters. */
export function importProblems({ databaseName, tableName, prefix }: IcebergTableAttributes): string[] {
  const names = Object.entries({ databaseName, tableName })
    .filter(([, got]) => !Token.isUnresolved(got) && !/^[^/*\s]+$/.test(got))
    .map(([path, got]) => ({ path, must: 'a name in the Glue catalog', got, remedy: 'use the name as Glue shows it' }));
  return [...names, ...prefixProblems(prefix)].map(problem);
}

function columnProblems(columns: IcebergColumn[]): Problem[] {
  if (columns.length === 0) {
    return [{ path: 'columns', must: 'at least one column', got: columns, remedy: 'add a column' }];
  }
  const badNames = columns
    .filter(({ name }) => !Token.isUnresolved(name) && !/^[a-z0-9_]{1,255}$/.test(name))
    .map(({ name }) => ({
      path: 'columns.name',
      must: '1 to 255 characters of a-z, 0-9 and _',
      got: name,
      remedy: 'Athena and Spark read no other names',
    }));
  const reserved = columns
    .filter(({ name }) => RESERVED.has(name))
    .map(({ name }) => ({
      path: 'columns.name',
      must: "a name that is not one of Iceberg's own metadata columns",
      got: name,
      remedy: 'choose another name: engines would read the metadata instead of the column, or fail',
    }));
  const ids = columns.flatMap((column) => [column.id, ...Object.values(column.nestedIds ?? {})]);
  return [
    ...badNames,
    ...reserved,
    ...columns.flatMap(nestedProblems),
    ...twice(
      'columns.name',
      columns.map((column) => column.name),
    ),
    ...twice('columns.id', ids),
    ...tooSmall('columns.id', ids, 1),
  ];
}

/** Each nested field needs an id, and each id a nested field. */
function nestedProblems(column: IcebergColumn): Problem[] {
  const wanted = nestedPaths(column.type);
  const given = Object.keys(column.nestedIds ?? {});
  const path = `columns.${column.name}.nestedIds`;
  const missing = wanted
    .filter((name) => !given.includes(name))
    .map((name) => ({ path, must: `set for ${name}`, got: given, remedy: 'add its id' }));
  const extra = given
    .filter((name) => !wanted.includes(name))
    .map((got) => ({ path, must: 'names of nested fields', got, remedy: didYouMean(got, wanted) }));
  return [...missing, ...extra];
}

function partitionProblems(props: IcebergTableProps): Problem[] {
  const fields = props.partitionFields ?? [];
  const names = fields.map((field) => field.name ?? field.transform.fieldName(field.column));
  const timed = fields.filter((field) => field.transform.isTemporal).map((field) => field.column);
  const ids = fields.map((field) => field.id);
  return [
    ...fields.flatMap((field) => partitionFieldProblems(field, props.columns)),
    ...twice('partitionFields.name', names),
    ...twice('partitionFields.id', ids),
    ...tooSmall('partitionFields.id', ids, FIRST_PARTITION_ID),
    ...twice('partitionFields.column', timed, 'keep the finest of year, month, day and hour'),
  ];
}

function partitionFieldProblems(field: IcebergPartitionField, columns: IcebergColumn[]): Problem[] {
  const { column: name, transform } = field;
  const column = columns.find((item) => item.name === name);
  if (column === undefined) {
    return [unknownColumn('partitionFields.column', name, columns)];
  }
  const problems: Problem[] = [];
  if (!transform.accepts(column.type)) {
    const remedy = `${transform.name} takes ${transform.acceptedTypes}`;
    const must = `a transform that ${column.type.toString()} can have`;
    problems.push({ path: `partitionFields.${name}`, must, got: transform.toString(), remedy });
  }
  const fieldName = field.name ?? transform.fieldName(name);
  if (columns.some((item) => item.name === fieldName) && !(fieldName === name && transform.name === 'identity')) {
    const must = 'a name that no column has';
    problems.push({ path: 'partitionFields.name', must, got: fieldName, remedy: 'give the field another name' });
  }
  return problems;
}

function sortProblems(props: IcebergTableProps): Problem[] {
  const names = (props.sortFields ?? []).map((field) => field.column);
  const problems = names.flatMap((name) => {
    const column = props.columns.find((item) => item.name === name);
    if (column === undefined) {
      return [unknownColumn('sortFields.column', name, props.columns)];
    }
    const must = 'a column of a primitive type';
    return column.type.isPrimitive ? [] : [{ path: 'sortFields.column', must, got: name, remedy: 'drop it' }];
  });
  return [...problems, ...twice('sortFields.column', names)];
}

function identifierProblems(props: IcebergTableProps): Problem[] {
  const names = props.identifierColumns ?? [];
  const path = 'identifierColumns';
  const problems = names.flatMap((got): Problem[] => {
    const column = props.columns.find((item) => item.name === got);
    if (column === undefined) {
      return [unknownColumn(path, got, props.columns)];
    }
    const { kind, isPrimitive } = column.type;
    const fits = isPrimitive && kind !== 'float' && kind !== 'double';
    return [
      ...(column.required === true ? [] : [{ path, must: 'required columns', got, remedy: `set ${got} required` }]),
      ...(fits
        ? []
        : [{ path, must: 'of types that identify a row', got, remedy: `${got} is ${column.type.toString()}` }]),
    ];
  });
  return [...problems, ...twice(path, names)];
}

function unknownColumn(path: string, got: string, columns: IcebergColumn[]): Problem {
  const names = columns.map((column) => column.name);
  return { path, must: 'a column of the table', got, remedy: didYouMean(got, names) };
}

function twice(path: string, values: (string | number)[], remedy: string = 'change one of the two'): Problem[] {
  const doubles = values.filter((value, index) => values.indexOf(value) !== index);
  return [...new Set(doubles)].map((got) => ({ path, must: 'used once', got, remedy }));
}

function tooSmall(path: string, ids: number[], least: number): Problem[] {
  return ids
    .filter((id) => !Token.isUnresolved(id) && !(Number.isSafeInteger(id) && id >= least && id <= 2_147_483_447))
    .map((got) => ({ path, must: `a whole number of at least ${least}`, got, remedy: 'take the next free one' }));
}

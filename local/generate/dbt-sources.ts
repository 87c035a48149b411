import { dump } from 'js-yaml';
import type { DataContract, DataContracts } from '../../lib/contracts';
import { Zone } from '../../lib/contracts';
import type { ColumnRules, Comparison } from '../../lib/contracts/contract-rules';
import { sparkType } from './spark-type';
import { sqlCondition } from './sql';

/** The first line of the file of a dbt project. */
export const HEADER = '# Written from the contracts by `lakehouse generate`; a test fails when the two differ.\n';

/** dbt's names of the bounds of numbers, and of the lengths of texts. */
const BOUNDS = [
  ['minimum', 'min'],
  ['maximum', 'max'],
  ['exclusiveMinimum', 'above'],
  ['exclusiveMaximum', 'below'],
] as const;
const LENGTHS = [
  ['minLength', 'min'],
  ['maxLength', 'max'],
] as const;

/** The periods dbt counts freshness in, the longest first, in seconds. */
const PERIODS = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
] as const;

type Arguments = Record<string, unknown>;

/**
 * dbt's description of silver: columns, tests and freshness, as YAML.
 *
 * There is a test per kind of rule instead of one per column, because each reads the table once. The tests are those of
 * the package `expectations` beside the project.
 */
export function dbtSources(contracts: DataContracts): string {
  const source = {
    name: 'silver',
    description: 'Tables by contract: cleaned rows, the newest version of each',
    schema: '{{ var("silver") }}',
    config: { loaded_at_field: '_extracted_at' },
    tables: contracts.inZone(Zone.SILVER).map((contract) => literal(table(contract))),
  };
  return HEADER + dump({ sources: [source] }, { lineWidth: -1, noRefs: true });
}

/** The same, to dbt, which takes every text of a project for a template: a brace that begins something in Jinja is given by it. */
function literal(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(/\{(?=[{%#])/g, "{{ '{' }}");
  }
  if (Array.isArray(value)) {
    return value.map(literal);
  }
  return value !== null && typeof value === 'object'
    ? Object.fromEntries(Object.entries(value).map(([key, each]) => [key, literal(each)]))
    : value;
}

function table(contract: DataContract): object {
  return {
    name: contract.dataset,
    description: contract.grain ?? contract.purpose,
    config: { freshness: freshness(contract.freshnessSeconds) },
    data_tests: tests(contract),
    columns: contract.columns.map(({ name, type, doc }) => ({
      name,
      description: doc ?? '',
      data_type: sparkType(type),
    })),
  };
}

function freshness(seconds: number | undefined): object | null {
  const [period, length] = PERIODS.find(([, each]) => seconds !== undefined && seconds % each === 0) ?? [];
  return seconds === undefined || length === undefined ? null : { error_after: { count: seconds / length, period } };
}

function tests({ dataset, keyColumns, _rules: rules }: DataContract): object[] {
  const { columns, uniques, relationships, queries } = rules;
  const ranges = {
    ...ofColumns(columns, renamed(BOUNDS)),
    ...ofColumns(columns, renamed(LENGTHS), (name) => `length(${name})`),
  };
  const counts = rules.rowCounts.map((expected) => ({ query: 'select count(*) from ${table}', expected }));
  const found = [
    test(dataset, 'key_is_unique', 'expect_unique_key', { columns: keyColumns }),
    ...uniques.map((group) => test(dataset, `${group.join('_')}_is_unique`, 'expect_unique_key', { columns: group })),
    test(dataset, 'required_are_present', 'expect_columns_not_null', {
      columns: columns.filter(({ present }) => present).map(({ name }) => name),
    }),
    test(dataset, 'values_in_range', 'expect_columns_between', { ranges }),
    test(dataset, 'values_in_set', 'expect_columns_in_set', { sets: ofColumns(columns, (each) => each.validValues) }),
    test(dataset, 'texts_match', 'expect_columns_to_match', { patterns: ofColumns(columns, (each) => each.pattern) }),
    ...relationships.map(({ columns: from, dataset: other, references }) =>
      test(dataset, `${from.join('_')}_refers_to_${other}`, 'expect_references', {
        columns: from,
        to: `source('silver', '${other}')`,
        references,
      }),
    ),
    test(dataset, 'numbers_as_expected', 'expect_query_results', { queries: [...counts, ...queries].map(query) }),
  ];
  return distinct(found.flatMap((each) => each ?? []));
}

/** Tests under names of their own, which dbt asks for: two columns may refer to one dataset by the same words. */
function distinct(found: readonly Test[]): object[] {
  const seen = new Map<string, number>();
  return found.map(({ expectation, name, given }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { [`expectations.${expectation}`]: { name: count === 1 ? name : `${name}_${count}`, arguments: given } };
  });
}

/** A test by one of the expectations. */
interface Test {
  readonly expectation: string;
  readonly name: string;
  readonly given: Arguments;
}

/** A test with its arguments; undefined when it would have nothing to look at. */
function test(dataset: string, name: string, expectation: string, given: Arguments): Test | undefined {
  const empty = Object.values(given).some((value) => Object.keys(value ?? {}).length === 0);
  return empty ? undefined : { expectation, name: `silver_${dataset}_${name}`, given };
}

/** What the macro `expect_query_results` takes: the table's name is its own to write. */
function query({ query: text, expected }: { readonly query: string; readonly expected: Comparison }): Arguments {
  return { query: text.replaceAll('${table}', '<table>'), must: sqlCondition(expected) };
}

function ofColumns<T>(
  columns: readonly ColumnRules[],
  read: (column: ColumnRules) => T | undefined,
  named: (name: string) => string = (name) => name,
): Record<string, T> {
  return Object.fromEntries(
    columns.flatMap((column): [string, T][] => {
      const value = read(column);
      return value === undefined ? [] : [[named(column.name), value]];
    }),
  );
}

/** What a column has of some rules, under dbt's names. */
function renamed(names: typeof BOUNDS | typeof LENGTHS): (column: ColumnRules) => Arguments | undefined {
  return (column) => {
    const given = names.flatMap(([key, name]) => (column[key] === undefined ? [] : [[name, column[key]]]));
    return given.length === 0 ? undefined : Object.fromEntries(given);
  };
}
